import { withExecutions, withPublish, withVault } from "../aws-parts.ts";
import { ciphersFromSecret, filesFromSources } from "../gateway/gateways.ts";
import { commonDeps, type Step, settle, stepGrants, toStepHandler } from "../step.ts";
import { keepResult } from "./keep-result.ts";
import { parkUnless } from "./park.ts";

/**
 * Keeps the result of what was completed, and says how it ended; what ended otherwise has nothing to keep, and comes here
 * when that was said. Then waits for the retention date, or until the profile is purged at the gateway (a caller's E13);
 * under a legal hold for longer than that.
 */
export const retain: Step<"vault" | "publish" | "executions" | "cipherOf" | "fetchFile"> = {
  name: "Retain",
  file: "retain",
  grants: [...stepGrants, "vault:write", "events:publish", "executions:resume"],
  async run(state, deps, taskToken) {
    const started = deps.now();
    // Looked at again after a signal: kept and announced once all the same.
    let kept: Awaited<ReturnType<typeof keepResult>> | null = null;
    return parkUnless("Retain", state, deps, taskToken, async ({ record, status, workflow }) => {
      // What has its outcome was kept before, or given up before the gateway completed it.
      if (state.next === "complete" && !record.outcome) kept ??= await keepResult(record, started, deps);
      const retain_until = record.retain_until ?? deps.now() + workflow.retentionSeconds * 1000;
      const isDue = status === "purged" || deps.now() >= retain_until;
      if (isDue && !record.held) {
        if (kept) await settle(deps.records, record, kept);
        // How often that failed goes with it: this is no wait that a purge in vain begins anew with.
        return { next: "purge", missed: state.missed };
      }
      return {
        wait: true,
        fields: { retain_until, ...(kept && { outcome: kept.outcome }) },
        deadlineAt: retain_until,
      };
    });
  },
};

export const handler = toStepHandler(retain, () => ({
  ...commonDeps(),
  ...withVault(),
  ...withPublish(),
  ...withExecutions(),
  cipherOf: ciphersFromSecret(),
  fetchFile: filesFromSources(),
}));
