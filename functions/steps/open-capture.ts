import type { Gateway } from "../../shared/gateway/client.ts";
import { NotFound } from "../../shared/gateway/errors.ts";
import type { CaptureLink } from "../../shared/gateway/profile.ts";
import { nextStep } from "../../shared/profile/next.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import { announce } from "../announce.ts";
import { type Step, type StepDeps, stepGrants, toStepHandler } from "../step.ts";
import { parkUnless } from "./park.ts";

const waiting: readonly ProfileStatus[] = ["pending", "capture_pending", "in_progress"];
const FIRST_PAUSE_MS = 500;
const MAX_LINK_WAITS = 20;

/** Gets the capture link (E6), announces it, and waits for the customer and the gateway's machines. */
export const openCapture: Step = {
  name: "OpenCapture",
  file: "open-capture",
  grants: [...stepGrants, "vault:write", "events:publish", "executions:resume"],
  async run(state, deps, taskToken) {
    if (state.next === "end") return state;
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
        let link: CaptureLink | null = null;
        if (!announced && !record.link_ready && status !== "in_progress")
          link = await fetchLink(
            gateway,
            record.profile_id,
            deps,
            started + workflow.linkPatienceSeconds * 1000,
          );
        if (link) {
          announced = true;
          await deps.vault.put(record, "link", link);
          const about = { ...record, status: "capture_pending" } as const;
          await announce(deps, "CaptureLinkReady", about, {
            once: "link",
            capture_link: link.capture_link,
            capture_expires_at: link.capture_expires_at,
          });
        }
        const linkReady = record.link_ready || announced;
        return {
          wait: true,
          // A link that its own status promises and that never comes is looked for so often, no more.
          linkReady: linkReady || record.wait >= MAX_LINK_WAITS,
          fields: { link_ready: linkReady },
          deadlineAt: record.created_at + workflow.captureSeconds * 1000,
        };
      },
    );
  },
};

/** The link, or `null` when it is still not there at `until`. */
async function fetchLink(
  gateway: Gateway,
  id: string,
  { captureHosts, now, sleep }: StepDeps,
  until: number,
): Promise<CaptureLink | null> {
  for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
    try {
      const { body } = await gateway.fetchCaptureLink({ id });
      if (!isCaptureHost(body.capture_link, captureHosts))
        throw new Error("the capture link is not on a configured host");
      return body;
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      if (now() + pause > until) return null;
      await sleep(pause);
    }
  }
}

/** Whether customers may be sent there (contract A-25): https on a configured host, or a loopback host listed by name. */
export function isCaptureHost(link: string, captureHosts: readonly string[]): boolean {
  const url = URL.parse(link);
  if (!url || url.username || url.password) return false;
  const host = captureHosts.find((suffix) => url.hostname === suffix || url.hostname.endsWith(`.${suffix}`));
  const loopback = url.hostname === "127.0.0.1" || url.hostname === "localhost";
  return host !== undefined && (url.protocol === "https:" || (url.protocol === "http:" && loopback));
}

export const handler = toStepHandler(openCapture);
