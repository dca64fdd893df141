import * as z from "zod";
import { fullProfileSchema } from "./profile.ts";

/** Webhook bodies, contract §8. A body is a hint that something changed; it decides nothing. */

const configRef = z.looseObject({ id: z.string() });

export const webhooks = {
  /** W1: the full profile. */
  W1: {
    summary: "A profile's status changed: the full profile",
    slot: "profile-status",
    body: fullProfileSchema,
  },
  /** W2: as W1 with the personal parts encrypted. */
  W2: {
    summary: "A profile's status changed: the profile with everything personal encrypted",
    slot: "profile-status",
    body: z.looseObject({
      profile_id: z.string(),
      reference_id: z.string(),
      status: z.string(),
      reviewer_action: z.string().nullable(),
      config: configRef,
      encrypted_profile_data: z.string(),
      encrypted_resources: z.string().optional(),
      encrypted_resource: z.string().optional(),
      encrypted_tasks: z.string(),
    }),
  },
  /** W3: four keys, no `reviewer_action`. */
  W3: {
    summary: "A profile's status changed: the status only",
    slot: "profile-status",
    body: z.looseObject({
      reference_id: z.string(),
      profile_id: z.string(),
      status: z.string(),
      status_detail: z.string().nullable(),
    }),
  },
  /** W4: a customer's journey ended; its `status` is a snapshot from before. */
  W4: {
    summary: "A customer's session ended",
    slot: "capture-session",
    body: z.looseObject({
      profile_id: z.string(),
      reference_id: z.string().optional(),
      status: z.string(),
      session_status: z.enum(["complete", "incomplete"]),
      reason: z.string(),
      pending_resources: z.looseObject({}),
      video_call: z.looseObject({ status: z.string().nullable(), agent_remark: z.string().nullable() }),
      profile_data: z.looseObject({ created_at: z.string() }),
    }),
  },
  /** W5: a slot was booked. */
  W5: {
    summary: "A customer booked a video-call slot",
    slot: "scheduling",
    body: z.looseObject({
      reference_id: z.string(),
      profile_id: z.string(),
      scheduling_details: z.looseObject({
        action: z.string(),
        scheduled_at: z.string(),
        start_time: z.string(),
        end_time: z.string(),
      }),
    }),
  },
  /** W6: a profile is ready; no `reference_id`, and `data.name` is a string. */
  W6: {
    summary: "A profile is ready for its customer",
    slot: "profile-creation",
    body: z.looseObject({
      profile_id: z.string(),
      status: z.string(),
      data: z.looseObject({ name: z.union([z.string(), z.looseObject({})]).optional() }),
      config: configRef,
    }),
  },
} as const;
export type WebhookKind = keyof typeof webhooks;

/** One of the gateway's own words, which is logged and published; other texts are nothing. */
const word = z
  .string()
  .max(40)
  .transform((text) => (/^[a-z_]+$/.test(text) ? text : undefined))
  .optional();

// A string first: the format's own check stumbles over an object that cannot be made one.
const moment = z
  .string()
  .max(40)
  .pipe(z.iso.datetime({ offset: true }));

/** All that ingestion reads of a body: ids, status words and a booked slot. Everything else is dropped unread. */
export const webhookHintSchema = z.object({
  profile_id: z
    .string()
    .min(1)
    .max(128)
    .refine((id) => id.isWellFormed()),
  status: word,
  session_status: word,
  /** Why a session ended. */
  reason: word.catch(undefined),
  scheduling_details: z
    .object({
      action: z.enum(["scheduled", "rescheduled", "cancelled"]),
      scheduled_at: moment,
      start_time: moment,
      end_time: moment,
    })
    .optional()
    .catch(undefined),
});

/** Tells W1, W2 and W3 apart by shape, the others by slot (contract §8). */
export function webhookKind(slot: string, body: Record<string, unknown>): WebhookKind {
  if (slot === "capture-session") return "W4";
  if (slot === "scheduling") return "W5";
  if (slot === "profile-creation") return "W6";
  if ("encrypted_profile_data" in body || "encrypted_resources" in body || "encrypted_resource" in body)
    return "W2";
  return "resources" in body || "tasks" in body || "profile_data" in body ? "W1" : "W3";
}
