import { StateConflict, Unprocessable } from "../../shared/gateway/errors.ts";
import { nextStep } from "../../shared/profile/next.ts";
import { readTruth } from "../../shared/profile/status.ts";
import { withExecutions, withPublish } from "../aws-parts.ts";
import { decideReview, recordDecision } from "../decisions/decide-review.ts";
import { factsOf } from "../decisions/facts.ts";
import { announce } from "../events/announce.ts";
import { fetchResult } from "../gateway/fetch-result.ts";
import { ciphersFromSecret } from "../gateway/gateways.ts";
import { commonDeps, type Step, stepGrants, toStepHandler } from "../step.ts";
import { parkUnless } from "./park.ts";

/** The policy decides and acts (E10), or a person is asked and waited for (contract §10.4, step 6). */
export const review: Step<"publish" | "executions" | "cipherOf"> = {
  name: "Review",
  file: "review",
  grants: [...stepGrants, "events:publish", "executions:resume"],
  async run(state, deps, taskToken) {
    let announced = false;
    return parkUnless("Review", state, deps, taskToken, async ({ record, status, gateway, workflow }) => {
      const { rounds } = record;
      if (status !== "review_required") return { next: nextStep(status, rounds, workflow.maxRounds) };
      const profile = workflow.decision.kind === "rules" ? await fetchResult(record, deps) : null;
      // What was looked at is not what the rules would judge: the next attempt looks anew.
      if (profile && readTruth(profile).status !== "review_required")
        throw new Error("the profile moved while it was read");
      const decided = decideReview(workflow, rounds, profile && factsOf(profile, rounds));
      await recordDecision(deps, record, decided);
      const { act: verdict, rule } = decided;
      // How often that failed goes with it: a review that only asks for it is no step that succeeded.
      if (verdict.act === "recapture") return { next: "recapture", rule, missed: state.missed ?? 0 };
      if (verdict.act === "attention") return { next: "attention", reason: verdict.reason };
      if (verdict.act === "complete") {
        const description = verdict.reason ? { status_description: { reason: verdict.reason } } : {};
        try {
          await gateway.completeProfile({
            id: record.profile_id,
            body: { status: verdict.status, ...description },
          });
        } catch (error) {
          // Somebody decided meanwhile, or an earlier attempt of ours did: the look below tells.
          if (!(error instanceof Unprocessable || error instanceof StateConflict)) throw error;
        }
        const truth = readTruth(await gateway.fetchStatus({ id: record.profile_id }));
        if (truth.status && truth.status !== "review_required")
          return { next: nextStep(truth.status, rounds, workflow.maxRounds) };
      }
      if (!announced) await announce(deps, "ReviewRequired", { ...record, status }, { once: record.wait });
      announced = true;
      return { wait: true };
    });
  },
};

export const handler = toStepHandler(review, () => ({
  ...commonDeps(),
  ...withPublish(),
  ...withExecutions(),
  cipherOf: ciphersFromSecret(),
}));
