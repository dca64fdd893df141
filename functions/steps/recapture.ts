import { StateConflict, Unprocessable } from "../../shared/gateway/errors.ts";
import type { RecaptureConfig, RecaptureRequest } from "../../shared/gateway/profile.ts";
import { nextStep } from "../../shared/profile/next.ts";
import type { Decision } from "../../shared/profile/policy.ts";
import { announce } from "../announce.ts";
import { type Step, stepGrants, toStepHandler } from "../step.ts";
import { parkUnless } from "./park.ts";

type RecaptureDecision = Extract<Decision, { kind: "recapture" }>;

/** Sends the customer back if the policy says so (E8, E9), announces the round, and waits for the next review. */
export const recapture: Step = {
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
        if (workflow.decision.kind !== "recapture") return { next: "review" };
        const { body: offer } = await gateway.fetchRecaptureConfig({ id: record.profile_id });
        const request = recaptureRequest(workflow.decision, offer);
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
        await deps.records.settle(record, { rounds, status });
        return { next: nextStep(status, rounds, workflow.maxRounds), rounds };
      } else if (begun) return { wait: true, fields: { rounds } };
      else begun = true;

      const about = { ...record, status: "recapture_pending", rounds } as const;
      await announce(deps, "RecaptureRequested", about, { once: rounds });
      return { wait: true, fields: { rounds } };
    });
  },
};

/** The policy's items as far as the gateway offers them; `null` when that is nothing, or the reason is not offered. */
export function recaptureRequest(
  decision: RecaptureDecision,
  offer: RecaptureConfig,
): RecaptureRequest | null {
  const { items, reason } = decision;
  // The same `ref_id` is offered twice by real gateways (contract §5.2).
  const offered = [...new Map(offer.configuration.resources.map((item) => [item.ref_id, item])).values()];
  const resources =
    items === "all" ? offered : offered.filter(({ ref_id }) => items.ref_ids.includes(ref_id));
  const tasks =
    items === "all"
      ? offer.configuration.tasks
      : offer.configuration.tasks.filter(({ task_key }) => items.task_keys.includes(task_key));
  const known = offer.reasons.find(
    ({ code, reason: text }) => code === reason.code && text === reason.reason,
  );
  if (!known || resources.length + tasks.length === 0) return null;
  if (known.comments_mandatory && !reason.comments) return null;
  return { recapture_configuration: { tasks, resources }, recapture_details: { ...reason } };
}

export const handler = toStepHandler(recapture);
