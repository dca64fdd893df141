import { StateConflict, Unprocessable } from "../../shared/gateway/errors.ts";
import { decide, nextStep } from "../../shared/profile/next.ts";
import { readTruth } from "../../shared/profile/status.ts";
import { announce } from "../announce.ts";
import { type Step, stepGrants, toStepHandler } from "../step.ts";
import { parkUnless } from "./park.ts";

/** The policy decides and acts (E10), or a person is asked and waited for (contract §10.4, step 6). */
export const review: Step = {
  name: "Review",
  file: "review",
  grants: [...stepGrants, "events:publish", "executions:resume"],
  async run(state, deps, taskToken) {
    let announced = false;
    return parkUnless("Review", state, deps, taskToken, async ({ record, status, gateway, workflow }) => {
      const { rounds } = record;
      if (status !== "review_required") return { next: nextStep(status, rounds, workflow.maxRounds) };
      const verdict = decide(workflow.decision, rounds, workflow.maxRounds);
      if (verdict.act === "recapture") return { next: "recapture" };
      if (verdict.act === "attention") return { next: "attention", reason: "recapture rounds are used up" };
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

export const handler = toStepHandler(review);
