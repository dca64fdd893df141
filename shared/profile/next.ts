import { type Decision, MAX_ATTENTION_DEADLINES, type Workflow } from "./policy.ts";
import { isClosed, type ProfileStatus, type ReviewerAction, type Truth } from "./status.ts";

/** The waits of the state machine, by the name of the state that parks. */
export const waits = ["OpenCapture", "Review", "Recapture", "Attention", "Retain"] as const;
export type Wait = (typeof waits)[number];

/** Where `Route` goes next. `end` is for an onboarding that the gateway refused to create. */
export const nextSteps = [
  "open",
  "review",
  "recapture",
  "attention",
  "complete",
  "close",
  "retain",
  "purge",
  "end",
] as const;
export type Next = (typeof nextSteps)[number];

/** Statuses that end a wait on the customer or on the gateway's machines. */
const settled: readonly ProfileStatus[] = [
  "review_required",
  "recapture_pending",
  "completed",
  "cancelled",
  "capture_expired",
  "failed",
  "purged",
];

/**
 * The statuses that a parked state waits for; every other one is no news and costs no transition.
 * `entry` is the status in which the state parked, `linkReady` whether the capture link is known.
 */
export function waitsFor(wait: Wait, entry: ProfileStatus, linkReady: boolean): ProfileStatus[] {
  const but = (...left: ProfileStatus[]) => settled.filter((status) => !left.includes(status));
  switch (wait) {
    case "OpenCapture":
      // A link that is still missing may come with the status, or a while after it.
      return !linkReady && (entry === "pending" || entry === "capture_pending")
        ? ["capture_pending", ...settled]
        : [...settled];
    case "Review":
      return but("review_required");
    case "Recapture":
      return but("recapture_pending");
    case "Attention":
      return entry === "pending" ? ["capture_pending", ...settled] : but(entry);
    case "Retain":
      return ["purged"];
  }
}

/** Where a profile goes from its status alone; `rounds` recapture rounds were begun, `maxRounds` are allowed. */
export function nextStep(status: ProfileStatus, rounds: number, maxRounds: number): Next {
  if (status === "purged") return "purge";
  if (status === "completed") return "complete";
  if (isClosed(status)) return "close";
  if (status === "review_required") return "review";
  if (status === "recapture_pending") return rounds < maxRounds ? "recapture" : "attention";
  return "open";
}

/** Where a wait goes when its deadline passes with the profile still in `status` (contract §10.4, A-31). */
export function afterDeadline(wait: Wait, status: ProfileStatus): Next {
  switch (wait) {
    case "OpenCapture":
      return status === "capture_pending" ? "close" : "attention";
    case "Review":
      return "attention";
    case "Recapture":
      return status === "recapture_pending" ? "close" : "attention";
    case "Attention":
      return "close";
    case "Retain":
      return "purge";
  }
}

/** What Review does about a profile that needs one. */
export type ReviewAct =
  | { act: "park" }
  | { act: "complete"; status: ReviewerAction; reason: string | null }
  | { act: "recapture" }
  | { act: "attention" };

/** The policy's word on a review after `rounds` recapture rounds. Pure: the gateway is asked by the caller. */
export function decide(decision: Decision, rounds: number, maxRounds: number): ReviewAct {
  const complete = (status: ReviewerAction, reason: string | null = null): ReviewAct => ({
    act: "complete",
    status,
    reason,
  });
  switch (decision.kind) {
    case "person":
      return { act: "park" };
    case "approve":
      return complete("approved");
    case "reject":
      return complete("rejected", decision.reason ?? null);
    case "recapture":
      if (rounds < decision.rounds) return rounds < maxRounds ? { act: "recapture" } : { act: "attention" };
      if (decision.afterwards === "approve") return complete("approved");
      if (decision.afterwards === "reject") return complete("rejected");
      return { act: decision.afterwards === "person" ? "park" : "attention" };
  }
}

/** How an onboarding ended, as its last event says it. */
export const outcomes = ["completed", "rejected", "cancelled", "expired", "failed"] as const;
export type Outcome = (typeof outcomes)[number];

/** The outcome of a closed profile. `expired` also says that our own capture limit passed and we cancelled. */
export function outcomeOf(truth: Pick<Truth, "status" | "reviewer_action">, limitPassed = false): Outcome {
  if (truth.status === "completed") return truth.reviewer_action === "rejected" ? "rejected" : "completed";
  if (truth.status === "capture_expired") return "expired";
  if (truth.status === "cancelled") return limitPassed ? "expired" : "cancelled";
  return "failed";
}

/** Whether an onboarding that nobody attends to is given up after `missed` attention deadlines in a row. */
export const givesUp = (missed: number): boolean => missed >= MAX_ATTENTION_DEADLINES;

/** Seconds from `nowSeconds` until a wait of this workflow is over, whatever happens. */
export function limitSeconds(wait: Wait, workflow: Workflow): number {
  const limits: Record<Wait, number> = {
    OpenCapture: workflow.captureSeconds,
    Review: workflow.reviewSeconds,
    Recapture: workflow.recaptureSeconds,
    Attention: workflow.attentionSeconds,
    Retain: workflow.retentionSeconds,
  };
  return limits[wait];
}

const DAY_SECONDS = 86_400;

/** When to look again: the first check after `firstCheckSeconds`, each next one after twice as long, up to a day. */
export function nextCheckSeconds(firstCheckSeconds: number, checks: number): number {
  return Math.min(DAY_SECONDS, firstCheckSeconds * 2 ** Math.min(checks, 20));
}
