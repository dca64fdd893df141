import { nextStep } from "../../shared/profile/next.ts";
import { announce } from "../announce.ts";
import { type Step, stepGrants, toStepHandler } from "../step.ts";
import { parkUnless } from "./park.ts";

/** Asks a person, and waits for the profile to move on; its deadline closes it as far as the gateway allows. */
export const attention: Step = {
  name: "Attention",
  file: "attention",
  grants: stepGrants,
  async run(state, deps, taskToken) {
    // Caught faults come with the failed step's own input, which names no reason and another next step.
    const reason = (state.next === "attention" ? state.reason : undefined) ?? "a step failed repeatedly";
    let entry: string | null = null;
    return parkUnless("Attention", state, deps, taskToken, async ({ record, status, workflow }) => {
      if (entry !== null && status !== entry)
        return { next: nextStep(status, record.rounds, workflow.maxRounds) };
      entry = status;
      await announce(deps, "AttentionNeeded", { ...record, status }, { once: `${record.wait}`, reason });
      return { wait: true, fields: { reason, missed: state.missed ?? 0 } };
    });
  },
};

export const handler = toStepHandler(attention);
