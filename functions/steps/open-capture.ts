import type { Gateway } from "../../shared/gateway/client.ts";
import type { CaptureLink } from "../../shared/gateway/profile.ts";
import { nextStep } from "../../shared/profile/next.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import { withExecutions, withPublish, withVault } from "../aws-parts.ts";
import { announceLink, fetchLink } from "../gateway/capture-link.ts";
import { ciphersFromSecret } from "../gateway/gateways.ts";
import { commonDeps, type DepsWith, type Step, stepGrants, toStepHandler } from "../step.ts";
import { beginOnboarding } from "./begin-onboarding.ts";
import { parkUnless } from "./park.ts";

const waiting: readonly ProfileStatus[] = ["pending", "capture_pending", "in_progress"];
const FIRST_PAUSE_MS = 500;

/**
 * The first step: sees to it that there is a profile, gets its capture link (E6), announces it, and waits for the
 * customer and the gateway's machines. A link that is not there yet is announced by the look that finds it
 * (`functions/resume/`), while this waits on.
 */
export const openCapture: Step<"vault" | "publish" | "executions" | "cipherOf"> = {
  name: "OpenCapture",
  file: "open-capture",
  grants: [
    ...stepGrants,
    "records:history",
    "vault:read",
    "vault:delete",
    "events:publish",
    "executions:resume",
  ],
  async run(input, deps, taskToken) {
    const state = input.next === undefined ? await beginOnboarding(input, deps) : input;
    // Refused, or taken over from an execution that had come further.
    if (state.next !== "open") return state;
    const started = deps.now();
    // Looked at again after a signal: fetched and announced once all the same.
    let announced = false;
    return parkUnless(
      "OpenCapture",
      state,
      deps,
      taskToken,
      async ({ record, status, gateway, workflow }) => {
        if (!waiting.includes(status)) return { next: nextStep(status, record.rounds, workflow.maxRounds) };
        // From `in_progress` on no link is needed, and some workflows never have one (contract §3.3).
        if (!announced && !record.link_ready && status !== "in_progress") {
          const until = started + workflow.linkPatienceSeconds * 1000;
          const link = await linkBy(until, gateway, record.profile_id, deps);
          if (link) await announceLink(deps, record, link);
          announced = link !== null;
        }
        return {
          wait: true,
          fields: { link_ready: record.link_ready || announced },
          deadlineAt: record.created_at + workflow.captureSeconds * 1000,
        };
      },
    );
  },
};

/** The link, or `null` when it is still not there at `until`. */
async function linkBy(
  until: number,
  gateway: Gateway,
  id: string,
  deps: DepsWith,
): Promise<CaptureLink | null> {
  for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
    const link = await fetchLink(gateway, id, deps);
    if (link === "refused") throw new Error("the capture link is not on a configured host");
    if (link || deps.now() + pause > until) return link;
    await deps.sleep(pause);
  }
}

export const handler = toStepHandler(openCapture, () => ({
  ...commonDeps(),
  ...withVault(),
  ...withPublish(),
  ...withExecutions(),
  cipherOf: ciphersFromSecret(),
}));
