import { decryptProfile } from "../../shared/gateway/encryption.ts";
import { NotFound } from "../../shared/gateway/errors.ts";
import type { FullProfile } from "../../shared/gateway/profile.ts";
import { outcomeOf } from "../../shared/profile/next.ts";
import { readTruth } from "../../shared/profile/status.ts";
import type { ProfileRecord } from "../../shared/store/records.ts";
import { announce } from "../announce.ts";
import { COPY_TIMEOUT_MS, copyFiles } from "../copy-files.ts";
import { recordOf, type Step, type StepDeps, stepGrants, toStepHandler } from "../step.ts";
import { outcomeEvents } from "./outcome.ts";
import { goOn } from "./park.ts";

/** Of the function's 60 seconds, so long after its start nothing is copied any more: the outcome must get out. */
const COPIED_BY_MS = 45_000;

/**
 * Fetches the whole result (E3, or E18) once, into the vault, copies the files that it points to before their URLs
 * expire, and announces how it ended (contract §10.4, step 7).
 */
export const complete: Step = {
  name: "Complete",
  file: "complete",
  grants: [...stepGrants, "vault:write", "events:publish"],
  async run(state, deps) {
    const started = deps.now();
    const record = await recordOf(deps.records, state);
    const result = await fetchResult(record, deps);
    const truth = readTruth(result);
    // Somebody else purged it already: there is nothing left to fetch, only to say.
    if (truth.status !== "completed" && truth.status !== "purged")
      throw new NotFound("the profile is not completed", null);
    if (truth.status === "completed") {
      await deps.vault.put(record, "result", result);
      await keepFiles(record, result, started + COPIED_BY_MS, deps);
    }
    const outcome = outcomeOf({ status: "completed", reviewer_action: truth.reviewer_action });
    const { reviewer_action } = truth;
    await announce(
      deps,
      outcomeEvents[outcome],
      { ...record, status: "completed", reviewer_action },
      { once: "outcome" },
    );
    await deps.records.settle(record, { status: truth.status, reviewer_action, outcome });
    return goOn(state, record, { next: "retain" });
  },
};

async function fetchResult(
  { account_id, profile_id: id, encrypted }: ProfileRecord,
  { gatewayOf, cipherOf }: StepDeps,
): Promise<FullProfile> {
  const gateway = await gatewayOf(account_id);
  return encrypted
    ? decryptProfile((await gateway.fetchProfileEncrypted({ id })).body, cipherOf(account_id))
    : ((await gateway.fetchProfile({ id })).body as FullProfile);
}

/** The files of a result, and beside them the object that says which is which and why one is not there. */
async function keepFiles(
  record: ProfileRecord,
  result: FullProfile,
  latest: number,
  deps: StepDeps,
): Promise<void> {
  const { vault, fetchFile, now, log } = deps;
  const files = await copyFiles(record, result, Math.min(latest, now() + COPY_TIMEOUT_MS), {
    vault,
    fetchFile,
    now,
    refetch: () => fetchResult(record, deps),
  });
  await vault.put(record, "files", { files });
  const why = Map.groupBy(files, (file) => ("not_copied" in file ? file.not_copied : "copied"));
  for (const [kind, { length }] of why)
    log.info("files of the result", { profile_id: record.profile_id, kind, count: length });
}

export const handler = toStepHandler(complete);
