import type { Gateway } from "../../shared/gateway/client.ts";
import { NotFound, StateConflict, Unprocessable } from "../../shared/gateway/errors.ts";
import { givesUp, nextStep, type Outcome, outcomeOf } from "../../shared/profile/next.ts";
import { isClosed, type ProfileStatus, type Truth } from "../../shared/profile/status.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import { withPublish } from "../aws-parts.ts";
import { announce } from "../events/announce.ts";
import { drives } from "../executions.ts";
import {
  commonDeps,
  type DepsWith,
  look,
  recordOf,
  type Step,
  settle,
  stepGrants,
  toStepHandler,
} from "../step.ts";
import { outcomeEvents } from "./outcome.ts";
import { goOn } from "./park.ts";

/**
 * Ends an onboarding: announces one that the gateway closed; closes one whose limit passed as the gateway allows
 * (E11 before capture, E10 `rejected` at a review, contract A-31); asks a person where it does not. Of one that has its
 * outcome it asks the gateway nothing more: that is said again, and goes on to its retention.
 */
export const close: Step<"publish"> = {
  name: "Close",
  file: "close",
  grants: [...stepGrants, "events:publish"],
  async run(state, deps) {
    const record = await recordOf(deps.records, state);
    if (!drives(state, record)) return { ...state, next: "end" };
    const gateway = await deps.gatewayOf(state.account_id);
    const { maxRounds } = deps.workflowOf(record.config_id);
    const id = record.profile_id;
    let truth = await lookOrNothing(gateway, id);
    if (record.outcome) {
      // How often its purge failed goes with it.
      const { missed } = state;
      if (truth.status === "purged") return goOn(state, record, { next: "purge", missed });
      await say(record.outcome, record, truth.status, deps);
      return goOn(state, record, { next: "retain", missed });
    }
    let limitPassed = record.limit_passed;
    // The customer was faster than the limit: that is a review, not an end.
    if (truth.status === "review_required" && record.state !== "Attention")
      return goOn(state, record, { next: "review" });

    if (
      truth.status === "capture_pending" ||
      truth.status === "review_required" ||
      truth.status === "recapture_pending"
    ) {
      const cancels = truth.status === "capture_pending";
      // Written down first: a repetition of this step finds a cancelled profile, and must know that it was us.
      if (cancels && !limitPassed) await settle(deps.records, record, { limit_passed: true });
      limitPassed ||= cancels;
      const act = cancels
        ? gateway.cancelProfile({ id })
        : gateway.completeProfile({
            id,
            body: { status: "rejected", status_description: { reason: "Time limit passed" } },
          });
      await act.catch((error: unknown) => {
        // The customer or a person was faster, or the gateway does not allow it: the look tells.
        if (!(error instanceof StateConflict || error instanceof Unprocessable || error instanceof NotFound))
          throw error;
      });
      truth = await lookOrNothing(gateway, id);
    }
    const { status } = truth;
    // How often the step behind it failed goes with it.
    if (status === "completed" || status === "purged")
      return goOn(state, record, {
        next: nextStep(status, record.rounds, maxRounds),
        missed: state.missed,
      });
    // Faster than our cancel, too.
    if (status === "review_required" && record.state !== "Attention")
      return goOn(state, record, { next: "review" });

    const missed = (state.missed ?? 0) + 1;
    const abandoned = !status || !isClosed(status);
    if (abandoned && !givesUp(missed))
      return goOn(state, record, {
        next: "attention",
        reason: "the time limit passed and the gateway did not let us close",
        missed,
      });

    const outcome = abandoned ? "failed" : outcomeOf(truth, limitPassed);
    // Written down first: whoever repeats this, or finds the profile purged meanwhile, says the same.
    await settle(deps.records, record, { status: status ?? record.status, outcome });
    await say(outcome, record, status, deps);
    return goOn(state, record, { next: "retain" });
  },
};

/** Announces how it ended. Whoever wrote that down may have died before he said it: under one id it is said again. */
async function say(
  outcome: Outcome,
  record: ProfileRecord,
  status: ProfileStatus | null,
  deps: DepsWith<"publish">,
): Promise<void> {
  const known = status ?? record.status;
  const isGivenUp = outcome === "failed" && known !== "failed";
  const reason = isGivenUp
    ? { reason: "given up: nobody attended and the gateway did not let us close" }
    : {};
  const about = { ...record, status: known };
  await announce(deps, outcomeEvents[outcome], about, { once: "outcome", ...reason });
}

/** A profile that the gateway has no more has no status that we know; it is given up like one that cannot be closed. */
async function lookOrNothing(gateway: Gateway, profile_id: string): Promise<Truth> {
  try {
    return await look(gateway, profile_id);
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    return { profile_id, reference_id: "", status: null, raw_status: "", reviewer_action: null };
  }
}

export const handler = toStepHandler(close, () => ({ ...commonDeps(), ...withPublish() }));
