import type { Gateway } from "../../shared/gateway/client.ts";
import { NotFound } from "../../shared/gateway/errors.ts";
import type { CaptureLink } from "../../shared/gateway/profile.ts";
import { type About, type AnnounceDeps, announce } from "../events/announce.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { isCaptureHost } from "./capture-host.ts";

/** A profile's link (E6); `null`: it is not there yet, `refused`: it is on no host that customers may be sent to. */
export async function fetchLink(
  gateway: Gateway,
  id: string,
  { captureHosts, metrics }: { captureHosts: readonly string[]; metrics: Metrics },
): Promise<CaptureLink | "refused" | null> {
  try {
    const { body } = await gateway.fetchCaptureLink({ id });
    if (isCaptureHost(body.capture_link, captureHosts)) return body;
    metrics.count("LinkRefused");
    return "refused";
  } catch (error) {
    if (error instanceof NotFound) return null;
    throw error;
  }
}

/** The first announcement of a link, under the same `event_id` whoever makes it. */
export const announceLink = (
  deps: AnnounceDeps,
  about: About,
  { capture_link, capture_expires_at }: CaptureLink,
): Promise<void> =>
  announce(
    deps,
    "CaptureLinkReady",
    { ...about, status: "capture_pending" },
    {
      once: "link",
      capture_link,
      capture_expires_at,
    },
  );
