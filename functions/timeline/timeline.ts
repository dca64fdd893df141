import type { Claim } from "../../shared/store/claims.ts";
import type { HistoryEvent, Receipt } from "../../shared/store/history.ts";

/** A line of the timeline as it is shown: written by us, or read off the execution. */
export interface TimelineLine extends Omit<HistoryEvent, "by"> {
  by: HistoryEvent["by"] | "step-functions";
}

/**
 * Everything that happened to an onboarding, oldest first: what was written down, what claim and receipt tell, and the
 * steps of its executions as far as they were read.
 */
export function timelineOf(
  claim: Claim,
  events: readonly HistoryEvent[],
  receipt: Receipt | null,
  steps: readonly TimelineLine[],
): TimelineLine[] {
  const { created_at, bound, creates } = claim;
  const requested: TimelineLine = {
    at: created_at,
    kind: "OnboardingRequested",
    by: "caller",
    detail: { status: null },
  };
  const created: TimelineLine[] = bound
    ? [{ at: bound.at, kind: "ProfileCreated", by: "orchestrator", detail: { by: bound.by, tries: creates } }]
    : [];
  const told = events.map((event) =>
    event.kind === "ProfilePurged" && receipt
      ? { ...event, detail: { ...event.detail, gateway: receipt.gateway, objects: receipt.objects } }
      : event,
  );
  // What happened in the same millisecond: a step begins before it does anything.
  return [requested, ...steps, ...created, ...told].sort((one, other) => one.at - other.at);
}

/**
 * An onboarding has fifty lines; thousands are a script's, and more than an answer of Lambda's holds. So many fit even
 * where all are operators' with the longest reasons, which are in it twice.
 */
export const SHOWN_FIRST = 100;
export const SHOWN_LAST = 900;

/** The beginning and the end of a timeline that is too long to be shown, and between them a line that says so. */
export function shownOf(lines: readonly TimelineLine[]): TimelineLine[] {
  const left_out = lines.length - SHOWN_FIRST - SHOWN_LAST;
  if (left_out <= 0) return [...lines];
  const last = lines.slice(-SHOWN_LAST);
  const at = last[0]?.at ?? 0;
  const cut: TimelineLine = { at, kind: "TimelineCut", by: "orchestrator", detail: { left_out } };
  return [...lines.slice(0, SHOWN_FIRST), cut, ...last];
}
