import { type KeyInUse, type KeyKind, keysInUse } from "../../../shared/store/key-ages.ts";
import type { Stage } from "../../config.ts";
import { type Finding, unknown, wrong } from "./finding.ts";
import { type StageToMend, typed } from "./typed.ts";

const words: Record<KeyKind, string> = {
  caller: "api-keys",
  webhook: "webhook URLs",
  content: "content keys",
};

const DAY_MS = 86_400_000;

/** Keys that are older than the stage allows, and those whose age nobody knows, by kind and account. */
export function judgeKeyAges(
  stage: StageToMend & Pick<Stage, "maxKeyAgeDays">,
  secrets: Parameters<typeof keysInUse>[0],
  now: number,
): Finding[] {
  const groups = Map.groupBy(keysInUse(secrets), ({ kind, accountId }) => `${words[kind]} of ${accountId}`);
  return [...groups].flatMap(([check, keys]): Finding[] => {
    const old = keys.filter(
      ({ issued_at }) => issued_at !== null && now - issued_at > stage.maxKeyAgeDays * DAY_MS,
    );
    const undated = keys.filter(({ issued_at }) => issued_at === null);
    return [
      ...(old.length > 0
        ? [wrong(check, `${old.length} in use for more than ${stage.maxKeyAgeDays} days`, mend(stage, keys))]
        : []),
      ...(undated.length > 0
        ? [
            unknown(
              check,
              `${undated.length} issued before dates were kept, so nobody knows how old`,
              mend(stage, keys),
            ),
          ]
        : []),
    ];
  });
}

function mend(stage: StageToMend, [first]: readonly KeyInUse[]): string {
  const { setup, revokeCallers, rotateWebhooks, rotateKeys } = typed(stage);
  if (!first) return "";
  const { kind, accountId } = first;
  if (kind === "content") return rotateKeys(accountId);
  return kind === "caller"
    ? `${setup(accountId)}, hand the new one over, then ${revokeCallers(accountId)}`
    : `${rotateWebhooks(accountId)}, hand the new ones over, then once more`;
}
