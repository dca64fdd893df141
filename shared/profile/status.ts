import * as z from "zod";

/** Profile statuses that the gateway is known to use (contract §7.1), without their aliases. */
export const profileStatuses = [
  "pending",
  "capture_pending",
  "capture_expired",
  "in_progress",
  "review_required",
  "recapture_pending",
  "completed",
  "cancelled",
  "failed",
  "purged",
] as const;
export type ProfileStatus = (typeof profileStatuses)[number];
export const profileStatusSchema = z.enum(profileStatuses);

/** What a webhook announces: a status, or that something happened which is none. */
export const announcedSchema = z.enum([...profileStatuses, "nothing"]);
export type Announced = z.output<typeof announcedSchema>;

export const reviewerActions = ["approved", "rejected"] as const;
export type ReviewerAction = (typeof reviewerActions)[number];

/** Statuses from which no profile returns to business (contract §10.2). */
export const closedStatuses = ["completed", "cancelled", "capture_expired", "failed"] as const;

export const isClosed = (status: ProfileStatus): boolean =>
  (closedStatuses as readonly string[]).includes(status);

/** What the gateway said of a profile at one moment (contract §4.4), in our words. */
export interface Truth {
  profile_id: string;
  reference_id: string;
  /** `null`: a word we do not know; kept in `raw_status`, and nothing moves on it. */
  status: ProfileStatus | null;
  raw_status: string;
  reviewer_action: ReviewerAction | null;
}

/** Words that some deployments use for the same thing (contract §7.1). */
const aliases: Record<string, { status: ProfileStatus; reviewer_action?: ReviewerAction }> = {
  initiated: { status: "pending" },
  review: { status: "review_required" },
  processed: { status: "completed" },
  approved: { status: "completed", reviewer_action: "approved" },
  rejected: { status: "completed", reviewer_action: "rejected" },
};

/** Reads a status-only answer: aliases resolved, unknown words kept but trusted with nothing. */
export function readTruth(answer: {
  profile_id: string;
  reference_id: string;
  status: string;
  reviewer_action?: string | null | undefined;
}): Truth {
  const known = profileStatusSchema.safeParse(answer.status);
  const alias = known.success ? { status: known.data } : aliases[answer.status];
  const action = reviewerActions.find((word) => word === answer.reviewer_action);
  return {
    profile_id: answer.profile_id,
    reference_id: answer.reference_id,
    status: alias?.status ?? null,
    raw_status: answer.status.slice(0, 40),
    reviewer_action: action ?? alias?.reviewer_action ?? null,
  };
}
