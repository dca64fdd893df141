import { nextCheckSeconds } from "../../shared/profile/checks.ts";
import { afterNews, givesUp } from "../../shared/profile/next.ts";
import { isClosed } from "../../shared/profile/status.ts";
import { ERASURE_FAILS } from "../../shared/profile/stuck.ts";
import type { Claim } from "../../shared/store/claims.ts";
import { withExecutions, withPublish } from "../aws-parts.ts";
import { announce } from "../events/announce.ts";
import type { ExecutionState } from "../executions.ts";
import { recordCreated } from "../intake/record-created.ts";
import { commonDeps, type DepsWith, type Step, stepGrants, toStepHandler } from "../step.ts";
import { hearEarly } from "../webhooks/hear-webhook.ts";
import { parkUnless } from "./park.ts";

/** Asks a person, and waits for the profile to move on; its deadline closes it as far as the gateway allows. */
export const attention: Step<"publish" | "executions"> = {
  name: "Attention",
  file: "attention",
  grants: [...stepGrants, "records:history", "events:publish", "executions:resume"],
  async run(state, deps, taskToken) {
    // Caught faults come with the failed step's own input, which names no reason and another next step.
    const fault = state.next !== "attention";
    const missed = (state.missed ?? 0) + (fault ? 1 : 0);
    const claim = await deps.records.claimOf(state);
    if (claim && !claim.profile_id) return putOff(claim, state, deps);
    // OpenCapture may have failed for good between the profile and its record.
    if (claim?.profile_id && (await recordCreated(deps.records, claim, claim.profile_id)))
      await hearEarly(state, claim.profile_id, deps);
    let entry: string | null = null;
    return parkUnless("Attention", state, deps, taskToken, async ({ record, status, truth, workflow }) => {
      // What a person was to be asked about ended in the moment before: nobody is asked, and the end is no news to wait for.
      const isEnded = truth.status !== null && (isClosed(truth.status) || truth.status === "purged");
      if (!fault && isEnded) return { next: afterNews(record, status, workflow.maxRounds) };
      if (entry !== null && status !== entry) return { next: afterNews(record, status, workflow.maxRounds) };
      entry = status;
      const isDue = record.purging || (record.retain_until !== null && record.retain_until <= deps.now());
      const failed = isDue ? ERASURE_FAILS : "a step failed repeatedly";
      const reason = (fault ? undefined : state.reason) ?? failed;
      await announce(deps, "AttentionNeeded", { ...record, status }, { once: `${record.wait}`, reason });
      const fields = { reason, missed };
      // A Close is tried again as what it is: the status that it could not end leads back to where the time was over.
      const again = nextCheckSeconds(workflow.firstCheckSeconds, missed - 1);
      if (state.next === "close" && !givesUp(missed))
        return { wait: true, fields, deadlineAt: deps.now() + again * 1000 };
      // A fault may be over by the next check: the failed step is tried again then, a bounded number of times.
      if (!givesUp(missed)) return { wait: true, fields, alsoFor: fault ? [status] : [] };
      if (!record.purging) return { wait: true, fields };
      // A purge that nobody refused is tried on, at doubling intervals: no outage may keep a customer's data for long.
      const seconds = nextCheckSeconds(workflow.firstCheckSeconds, missed);
      return { wait: true, fields, deadlineAt: deps.now() + seconds * 1000 };
    });
  },
};

/**
 * The gateway could not be brought to create the profile: there is nothing to park on. A person is told, and the
 * sweeper starts the next attempt, at doubling intervals; a customer's whole time later it is given up.
 */
async function putOff(
  claim: Claim,
  state: ExecutionState,
  deps: DepsWith<"publish">,
): Promise<ExecutionState> {
  const ended = { ...state, next: "end" } as const;
  if (claim.attempt !== state.attempt) return ended;
  const { captureSeconds, firstCheckSeconds } = deps.workflowOf(claim.config_id);
  const reason = "the gateway did not create the profile";
  const once = `create-${claim.attempt}`;
  const isOver = deps.now() >= claim.created_at + captureSeconds * 1000;
  // Given up in an earlier try of this step: said at least once.
  if (claim.released || (isOver && (await deps.records.giveUp(claim, deps.now())))) {
    // What it left in the vault the sweeper erases: a repetition may be putting its own there by now.
    await announce(deps, "OnboardingFailed", claim, { once, reason });
    return ended;
  }
  await announce(deps, "AttentionNeeded", claim, { once, reason });
  const at = deps.now() + nextCheckSeconds(firstCheckSeconds, claim.attempt - 1) * 1000;
  // A caller's repetition was faster: the next try of this step parks on its profile.
  if (!(await deps.records.defer(claim, at))) throw new Error("its profile became known meanwhile");
  return ended;
}

export const handler = toStepHandler(attention, () => ({
  ...commonDeps(),
  ...withPublish(),
  ...withExecutions(),
}));
