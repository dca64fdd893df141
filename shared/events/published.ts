import * as z from "zod";

// What we publish on our bus: ids and statuses, and the link in one case.

/** What every event tells. Delivered at least once: `event_id` is the same on a repetition. */
const about = {
  event_id: z.string(),
  account_id: z.string(),
  reference_id: z.string(),
  profile_id: z.nullable(z.string()),
  config_id: z.string(),
  status: z.nullable(z.string()),
  reviewer_action: z.nullable(z.string()),
  round: z.int(),
};
export const eventDetailSchema = z.object(about);

/** A video-call slot that the customer booked (W5): from `start_time` up to `end_time`. */
const slot = { scheduled_at: z.string(), start_time: z.string(), end_time: z.string() };
const appointmentSchema = z.object({ action: z.string(), ...slot });

/** The detail of each event, by its type. */
export const eventDetailSchemas = {
  CaptureLinkReady: z.object({
    ...about,
    capture_link: z.string(),
    capture_expires_at: z.nullable(z.string()),
  }),
  CaptureReminderDue: z.object({ ...about, reminder: z.int(), of: z.int() }),
  CaptureSessionEnded: z.object({
    ...about,
    session_status: z.optional(z.string()),
    reason: z.optional(z.string()),
  }),
  AppointmentScheduled: z.object({ ...about, appointment: appointmentSchema }),
  AppointmentMissed: z.object({ ...about, appointment: z.object(slot) }),
  ReviewRequired: eventDetailSchema,
  ReviewOverdue: eventDetailSchema,
  RecaptureRequested: eventDetailSchema,
  OnboardingCompleted: eventDetailSchema,
  OnboardingRejected: eventDetailSchema,
  OnboardingCancelled: eventDetailSchema,
  OnboardingExpired: eventDetailSchema,
  OnboardingFailed: z.object({ ...about, reason: z.optional(z.string()) }),
  ProfilePurged: eventDetailSchema,
  AttentionNeeded: z.object({ ...about, reason: z.string() }),
};
export type EventType = keyof typeof eventDetailSchemas;
export const eventTypes = Object.keys(eventDetailSchemas) as EventType[];

export type EventDetail<Type extends EventType = EventType> = z.output<(typeof eventDetailSchemas)[Type]>;

/** What a type's detail has that not every event has. */
export type EventAddition<Type extends EventType> = Type extends EventType
  ? Omit<EventDetail<Type>, keyof typeof about>
  : never;

/** What starts an onboarding by event: detail of `OnboardingRequested`, and body of an intake message. */
export const onboardingRequestedSchema = z.object({
  account_id: z.string().min(1).max(200),
  request: z.looseObject({}),
});
