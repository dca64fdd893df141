import type { Decision, RuleAct, Workflow } from "./policy.ts";
import { isClosed, type ProfileStatus, type ReviewerAction, type Truth } from "./status.ts";
import { MAX_ATTENTION_DEADLINES } from "./workflow.ts";

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
 * `entry` is the status in which the state parked.
 */
export function waitsFor(wait: Wait, entry: ProfileStatus): ProfileStatus[] {
  const but = (...left: ProfileStatus[]) => settled.filter((status) => !left.includes(status));
  switch (wait) {
    case "OpenCapture":
      return [...settled];
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

/**
 * Where a profile goes on news. One that has its outcome is not taken up again, whatever the gateway says of it still:
 * all that is left is to say how it ended, and to keep and erase what we have.
 */
export function afterNews(
  { rounds, outcome }: { rounds: number; outcome: Outcome | null },
  status: ProfileStatus,
  maxRounds: number,
): Next {
  return outcome && status !== "purged" ? "close" : nextStep(status, rounds, maxRounds);
}

/**
 * Where a new execution goes on that takes an onboarding over: to the look that every new one begins with, but for what
 * no look can tell. `state` is where the execution before was parked last.
 */
export function takeOver(
  { state, outcome, rounds }: { state: Wait | null; outcome: Outcome | null; rounds: number },
  status: ProfileStatus,
): { next: Next; rounds: number } {
  // Given up on our side only.
  if (outcome && !isClosed(status) && status !== "purged") return { next: "retain", rounds };
  // The round that was under way, which its step counts.
  if (state === "Recapture" && (status === "recapture_pending" || status === "in_progress"))
    return { next: "recapture", rounds: rounds - 1 };
  return { next: "open", rounds };
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
  | { act: "attention"; reason: string };

const ROUNDS_USED_UP = "recapture rounds are used up";

const completed = (status: ReviewerAction, reason: string | null = null): ReviewAct => ({
  act: "complete",
  status,
  reason,
});

/** The word of a policy without rules on a review after `rounds` recapture rounds. */
export function decide(
  decision: Exclude<Decision, { kind: "rules" }>,
  rounds: number,
  maxRounds: number,
): ReviewAct {
  if (decision.kind !== "recapture" || rounds < decision.rounds) return actOf(decision, rounds, maxRounds);
  if (decision.afterwards === "approve") return completed("approved");
  if (decision.afterwards === "reject") return completed("rejected");
  return decision.afterwards === "person" ? { act: "park" } : { act: "attention", reason: ROUNDS_USED_UP };
}

/** What is done where a policy, or a rule of it, says so; a recapture only while there are rounds left. */
export function actOf(act: RuleAct, rounds: number, maxRounds: number): ReviewAct {
  switch (act.kind) {
    case "person":
      return { act: "park" };
    case "approve":
      return completed("approved");
    case "reject":
      return completed("rejected", act.reason ?? null);
    case "recapture":
      return rounds < maxRounds ? { act: "recapture" } : { act: "attention", reason: ROUNDS_USED_UP };
    case "attention":
      return { act: "attention", reason: "a rule asks for a person's attention" };
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
