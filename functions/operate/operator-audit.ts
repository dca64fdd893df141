import type { OperatorAction } from "../../shared/profile/operations.ts";
import type { HistoryEvent } from "../../shared/store/history.ts";
import type { OnboardingKey } from "../../shared/store/keys.ts";
import type { Records } from "../../shared/store/records.ts";
import type { Vault, VaultName } from "../../shared/store/vault.ts";
import type { Sleep } from "../environment.ts";
import { RIGHT_MS } from "./unless-held.ts";

/** What is written down of operators: what they do to an onboarding, and what they do to dead letters. */
type AuditedAction = OperatorAction | "redrive";

/** Who asked for what, and why. `reason` is free text that may name the customer. */
export interface Asked {
  /** Names this one request in everything that is written of it. */
  id: string;
  action: AuditedAction;
  who: string;
  subject?: string | undefined;
  ticket?: string | undefined;
  /** Of a dead letter: which queue's. */
  queue?: string | undefined;
  reason: string;
}

export interface AuditDeps {
  records: Records;
  vault: Pick<Vault, "put">;
  /**
   * Removes a reason that was put beside an erasure. For whoever may outlive the right to put it there (`RIGHT_MS`), or
   * goes by a clock of his own; a function does neither.
   */
  takeBack?: (key: OnboardingKey, name: VaultName) => Promise<void>;
  now: () => number;
  sleep: Sleep;
}

/** The line of each action that was done. */
const doneKinds = {
  recheck: "RecheckedByOperator",
  "resend-link": "LinkResentByOperator",
  remind: "RemindedByOperator",
  recapture: "RecaptureAskedByOperator",
  approve: "ApprovedByOperator",
  reject: "RejectedByOperator",
  cancel: "CancelledByOperator",
  purge: "PurgedByOperator",
  hold: "HeldByOperator",
  release: "ReleasedByOperator",
  restart: "RestartedByOperator",
  redrive: "RedrivenByOperator",
} as const satisfies Record<AuditedAction, string>;

const PAUSE_MS = 100;
const MAX_TRIES = 20;

/**
 * Writes down that something is asked for, before anything is done about it; `ended` then writes what came of it. The
 * reason's text goes into the vault, where the onboarding's purge erases it; of an onboarding that has none, or is being
 * purged, it is kept nowhere (`reasonKept`).
 *
 * @throws whatever keeps a line from being written: then nothing may be done.
 */
export const audited = async (key: OnboardingKey, asked: Asked, deps: AuditDeps) =>
  writtenDown(
    (id, event) => deps.records.record(key, id, event),
    asked,
    await keepReason(key, asked, deps),
    deps,
  );

/** The same of what is asked for of a whole queue, which is nobody's onboarding: the reason's text is kept nowhere. */
export const auditedOfQueue = (queue: string, asked: Asked, deps: Pick<AuditDeps, "records" | "now">) =>
  writtenDown((id, event) => deps.records.recordOfQueue(queue, id, event), asked, false, deps);

async function writtenDown(
  record: (id: string, event: HistoryEvent) => Promise<boolean>,
  { id, action, who, subject, ticket, queue }: Asked,
  reasonKept: boolean,
  { now }: Pick<AuditDeps, "now">,
) {
  const detail = {
    action,
    who,
    ...(subject && { subject }),
    ...(ticket && { ticket }),
    ...(queue && { queue }),
    audit_id: id,
  };
  const write = async (part: "1-asked" | "2-ended", kind: string, more: HistoryEvent["detail"]) => {
    const event: HistoryEvent = { at: now(), kind, by: "operator", detail: { ...detail, ...more } };
    // False would be a repetition of this very write, whose first answer got lost.
    await record(`operator#${id}#${part}`, event);
  };
  await write("1-asked", "OperatorAsked", { reason_kept: reasonKept ? 1 : 0 });
  return {
    reasonKept,
    /** `says` must not quote anything that somebody typed. */
    ended: (result: "done" | "refused" | "failed", says: string) =>
      write(
        "2-ended",
        result === "done"
          ? doneKinds[action]
          : result === "refused"
            ? "RefusedToOperator"
            : "FailedForOperator",
        { result, says },
      ),
  };
}

/** Only while no purge can begin: what is put into the vault beside an erasure would stay for ever. */
async function keepReason(
  key: OnboardingKey,
  { id, reason }: Asked,
  { records, vault, takeBack, now, sleep }: AuditDeps,
): Promise<boolean> {
  const mayBeKept = async () => {
    const record = await records.find(key);
    return record !== null && !record.purging && record.purged_at === null;
  };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (!(await mayBeKept())) return false;
    const until = now() + RIGHT_MS;
    if (await records.mayNote(key, now(), until)) {
      const name = `reason-${id}` as const;
      await vault.put(key, name, { reason });
      await records.noted(key, until);
      // A purge that begins after this finds it there.
      if (!takeBack || (await mayBeKept())) return true;
      await takeBack(key, name);
      return false;
    }
    await sleep(PAUSE_MS);
  }
  throw new Error("another action is being written down");
}

/** The lines with the text of each reason that is still there, as `reason` of the detail. */
export const withReasons = <Line extends Pick<HistoryEvent, "kind" | "detail">>(
  key: OnboardingKey,
  lines: readonly Line[],
  vault: Pick<Vault, "get">,
): Promise<Line[]> =>
  Promise.all(
    lines.map(async (line): Promise<Line> => {
      const { audit_id, reason_kept } = line.detail;
      if (line.kind !== "OperatorAsked" || reason_kept !== 1) return line;
      const kept = (await vault.get(key, `reason-${audit_id}`)) as { reason?: unknown } | null;
      return typeof kept?.reason === "string"
        ? { ...line, detail: { ...line.detail, reason: kept.reason } }
        : line;
    }),
  );
