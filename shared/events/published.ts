import * as z from "zod";

/** What we publish on our bus, source `onboarding`: ids and statuses, and the link in one case. */
export const eventSource = "onboarding";

export const eventTypes = [
  "CaptureLinkReady",
  "CaptureReminderDue",
  "CaptureSessionEnded",
  "AppointmentScheduled",
  "ReviewRequired",
  "RecaptureRequested",
  "OnboardingCompleted",
  "OnboardingRejected",
  "OnboardingCancelled",
  "OnboardingExpired",
  "OnboardingFailed",
  "ProfilePurged",
  "AttentionNeeded",
] as const;
export type EventType = (typeof eventTypes)[number];

/** The detail of every published event. Delivered at least once: `event_id` is the same on a repetition. */
export const eventDetailSchema = z.object({
  event_id: z.string(),
  account_id: z.string(),
  reference_id: z.string(),
  profile_id: z.string().nullable(),
  config_id: z.string(),
  status: z.string().nullable(),
  reviewer_action: z.string().nullable(),
  round: z.int(),
  reason: z.string().optional(),
  session_status: z.string().optional(),
  capture_link: z.string().optional(),
  capture_expires_at: z.string().nullable().optional(),
});
export type EventDetail = z.output<typeof eventDetailSchema>;

/** What starts an onboarding by event: detail of `OnboardingRequested`, and body of an intake message. */
export const onboardingRequestedSchema = z.object({
  account_id: z.string().min(1).max(200),
  request: z.looseObject({}),
});
