import { NotFound } from "../../shared/gateway/errors.ts";
import type { FullProfile } from "../../shared/gateway/profile.ts";
import { type Outcome, outcomeOf } from "../../shared/profile/next.ts";
import { readTruth } from "../../shared/profile/status.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import { announce } from "../events/announce.ts";
import { COPY_TIMEOUT_MS, copyFiles } from "../gateway/copy-files.ts";
import { fetchResult } from "../gateway/fetch-result.ts";
import type { DepsWith } from "../step.ts";
import { outcomeEvents } from "./outcome.ts";

/** Of the function's 60 seconds, so long after its start nothing is copied any more: the outcome must get out. */
const COPIED_BY_MS = 45_000;

/**
 * Fetches the whole result of a completed profile (E3, or E18) into the vault, copies the files that it points to before
 * their URLs expire, and announces how it ended (contract §10.4, step 7): what the record is to say of that. `started` is
 * when the step began.
 *
 * @throws NotFound when the profile is not completed
 */
export async function keepResult(
  record: ProfileRecord,
  started: number,
  deps: DepsWith<"vault" | "publish" | "cipherOf" | "fetchFile">,
): Promise<Pick<ProfileRecord, "status" | "reviewer_action"> & { outcome: Outcome }> {
  const result = await fetchResult(record, deps);
  const { status, reviewer_action } = readTruth(result);
  // Somebody else purged it already: there is nothing left to fetch, only to say.
  if (status !== "completed" && status !== "purged") throw new NotFound("the profile is not completed", null);
  if (status === "completed") {
    await deps.vault.put(record, "result", result);
    await keepFiles(record, result, started + COPIED_BY_MS, deps);
  }
  const outcome = outcomeOf({ status: "completed", reviewer_action });
  const about = { ...record, status: "completed", reviewer_action } as const;
  await announce(deps, outcomeEvents[outcome], about, { once: "outcome" });
  return { status, reviewer_action, outcome };
}

/** The files of a result, and beside them the object that says which is which and why one is not there. */
async function keepFiles(
  record: ProfileRecord,
  result: FullProfile,
  latest: number,
  deps: DepsWith<"vault" | "cipherOf" | "fetchFile">,
): Promise<void> {
  const { vault, fetchFile, now, log } = deps;
  const files = await copyFiles(record, result, Math.min(latest, now() + COPY_TIMEOUT_MS), {
    vault,
    fetchFile,
    now,
    refetch: () => fetchResult(record, deps),
  });
  if (files.length > 0) await vault.put(record, "files", { files });
  const why = Map.groupBy(files, (file) => ("not_copied" in file ? file.not_copied : "copied"));
  for (const [kind, { length }] of why)
    log.info("files of the result", { profile_id: record.profile_id, kind, count: length });
}
