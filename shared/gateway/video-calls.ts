import * as z from "zod";
import { overridesSchema } from "./create.ts";

/** Video-call appointments, queues and routing, contract §6. */

/** E14 (§6.1): whose booked slot is to be freed. */
export const cancelAppointmentSchema = z.looseObject({
  reference_id: z.string().min(1, "must not be empty"),
});

export const appointmentCancelledSchema = z.looseObject({ reference_id: z.string(), state: z.string() });

/** E15 (§6.2): the keys that are given replace the stored ones, the others stay. */
export const configUpdateSchema = z.looseObject({
  reference_id: z.string().optional(),
  profile_id: z.string().optional(),
  config: z.looseObject({
    overrides: overridesSchema.refine(
      ({ video_kyc_priority, assignee }) => video_kyc_priority !== undefined || assignee !== undefined,
      { message: "video_kyc_priority or assignee is required" },
    ),
  }),
  relay_data: z.string().optional(),
});
export type ConfigUpdate = z.output<typeof configUpdateSchema>;

export const configUpdatedSchema = z.looseObject({ profile_id: z.string() });

/** E16 (§6.3): one entry per queue, as it stands at this moment. */
export const queueMetricsSchema = z.looseObject({
  queue_metrics: z.array(
    z.looseObject({
      video_kyc_priority: z.int(),
      label: z.string(),
      operators_busy: z.int(),
      operators_available: z.int(),
      users_queued: z.int(),
    }),
  ),
});
export type QueueMetrics = z.output<typeof queueMetricsSchema>;
