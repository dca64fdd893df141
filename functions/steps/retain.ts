import { type Step, stepGrants, toStepHandler } from "../step.ts";
import { parkUnless } from "./park.ts";

/** Keeps the result until the retention date, or until the profile is purged at the gateway (a caller's E13). */
export const retain: Step = {
  name: "Retain",
  file: "retain",
  grants: [...stepGrants, "executions:resume"],
  async run(state, deps, taskToken) {
    return parkUnless("Retain", state, deps, taskToken, async ({ record, status, workflow }) => {
      const retain_until = record.retain_until ?? deps.now() + workflow.retentionSeconds * 1000;
      if (status === "purged" || deps.now() >= retain_until) return { next: "purge" };
      return { wait: true, fields: { retain_until }, deadlineAt: retain_until };
    });
  },
};

export const handler = toStepHandler(retain);
