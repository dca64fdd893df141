import { StateConflict, Unprocessable } from "../../shared/gateway/errors.ts";
import { nextStep } from "../../shared/profile/next.ts";
import { recaptureAsk } from "../../shared/profile/workflow.ts";
import { withExecutions, withPublish } from "../aws-parts.ts";
import { announce } from "../events/announce.ts";
import { recaptureRequest } from "../operate/recapture-request.ts";
import { commonDeps, type Step, settle, stepGrants, toStepHandler } from "../step.ts";
import { parkUnless } from "./park.ts";

/** Sends the customer back if the policy says so (E8, E9), announces the round, and waits for the next review. */
export const recapture: Step<"publish" | "executions"> = {
  name: "Recapture",
  file: "recapture",
  grants: [...stepGrants, "events:publish", "executions:resume"],
  async run(state, deps, taskToken) {
    // The input, not the record, counts the rounds before this one: a repeated step is the same round.
    const before = state.rounds ?? 0;
    const rounds = before + 1;
    let begun = false;
    return parkUnless("Recapture", state, deps, taskToken, async ({ record, status, gateway, workflow }) => {
      if (status === "review_required" && !begun) {
        // An earlier try, or the execution before, had this round under way: it is over.
        if (record.rounds >= rounds) return { next: "review" };
        const ask = recaptureAsk(workflow.decision, state.rule);
        // The policy leaves recaptures to a person, or is another one by now: it is asked again.
        if (!ask) return { next: "review" };
        const { body: offer } = await gateway.fetchRecaptureConfig({ id: record.profile_id });
        const request = recaptureRequest(ask, offer);
        if (!request)
          return { next: "attention", reason: "the gateway does not offer the policy's recapture" };
        try {
          await gateway.submitRecapture({ id: record.profile_id, body: request });
        } catch (error) {
          if (error instanceof Unprocessable && error.reason.startsWith("INVALID_RECAPTURE"))
            return { next: "attention", reason: "the gateway refused the policy's recapture" };
          // Anything else that is refused: an earlier attempt of ours may have got through. Look again.
          if (!(error instanceof Unprocessable || error instanceof StateConflict)) throw error;
          const now = await gateway.fetchStatus({ id: record.profile_id });
          if (now.status !== "recapture_pending" && now.status !== "in_progress") throw error;
        }
        begun = true;
      } else if (!begun && status !== "recapture_pending" && status !== "in_progress")
        return { next: nextStep(status, before, workflow.maxRounds), rounds: before };
      else if (begun && status !== "recapture_pending" && status !== "in_progress") {
        // The customer was faster than the park below: the round is over already, and counted.
        await settle(deps.records, record, { rounds, status });
        return { next: nextStep(status, rounds, workflow.maxRounds), rounds };
      } else if (begun) return { wait: true, fields: { rounds } };
      else begun = true;

      const about = { ...record, status: "recapture_pending", rounds } as const;
      // Of a round that another execution began nobody knows whether it was announced.
      const again = state.attempt > 1 && status === "recapture_pending";
      const once = again ? `${rounds}-${state.attempt}` : rounds;
      await announce(deps, "RecaptureRequested", about, { once });
      return { wait: true, fields: { rounds } };
    });
  },
};

export const handler = toStepHandler(recapture, () => ({
  ...commonDeps(),
  ...withPublish(),
  ...withExecutions(),
}));
