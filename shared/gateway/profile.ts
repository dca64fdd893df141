import * as z from "zod";
import { overridesSchema } from "./create.ts";

/** Answers about a profile, contract §4 and §5. Loose: what we do not read may vary. */

const timestamp = z.string();

export const resourceSchema = z.looseObject({
  ref_id: z.string(),
  type: z.string().nullable(),
  attr: z.string().nullable(),
  source: z.int(),
  value: z.union([z.string(), z.looseObject({})]),
  tags: z.array(z.string()).nullable(),
  metadata: z.looseObject({}),
});
export type Resource = z.output<typeof resourceSchema>;

const taskShape = z.looseObject({
  task_id: z.string().optional(),
  task_type: z.string().optional(),
  key: z.string().optional(),
  status: z.string().optional(),
  resources: z.array(z.string()).optional(),
  result: z
    .looseObject({
      automated_response: z.looseObject({}).nullable().optional(),
      manual_response: z.looseObject({}).nullable().optional(),
    })
    .optional(),
});
/** A task, or a bare group of tasks (§4.3); children nest without bound. */
export const taskSchema: typeof taskShape = taskShape.extend({
  get tasks() {
    return z.array(taskSchema).optional();
  },
}) as never;

export const fullProfileSchema = z.looseObject({
  profile_id: z.string(),
  reference_id: z.string(),
  group_id: z.string().nullable().optional(),
  config: z.looseObject({ id: z.string(), overrides: overridesSchema.nullable().optional() }),
  status: z.string(),
  status_detail: z.string().nullable(),
  reviewer_action: z.string().nullable(),
  profile_data: z.looseObject({
    created_at: timestamp,
    completed_at: timestamp.nullable().optional(),
    purged_at: timestamp.nullable().optional(),
    performed_by: z.array(z.looseObject({ performed_at: timestamp, action: z.string() })).optional(),
  }),
  resources: z.looseObject({
    documents: z.array(resourceSchema),
    images: z.array(resourceSchema),
    videos: z.array(resourceSchema),
    text: z.array(resourceSchema),
  }),
  tasks: z.array(taskSchema),
  relay_data: z.string().nullable().optional(),
  purged_at: timestamp.nullable().optional(),
  schema_version: z.string(),
});
export type FullProfile = z.output<typeof fullProfileSchema>;

/** E18 (§9.2): as the full profile, with everything personal in three compact JWEs. */
export const encryptedProfileSchema = z.looseObject({
  profile_id: z.string(),
  reference_id: z.string(),
  group_id: z.string().nullable().optional(),
  config: z.looseObject({
    id: z.string(),
    overrides: overridesSchema.nullable().optional(),
    reference_profile_id: z.string().optional(),
  }),
  status: z.string(),
  status_detail: z.string().nullable(),
  reviewer_action: z.string().nullable().optional(),
  encrypted_profile_data: z.string(),
  encrypted_resources: z.string(),
  encrypted_tasks: z.string(),
  relay_data: z.string().nullable().optional(),
  schema_version: z.string().optional(),
});
export type EncryptedProfile = z.output<typeof encryptedProfileSchema>;

/** E5: exactly five keys (§4.4). */
export const profileStatusAnswerSchema = z.object({
  profile_id: z.string(),
  reference_id: z.string(),
  reviewer_action: z.string().nullable(),
  status: z.string(),
  status_detail: z.string().nullable(),
});
export type ProfileStatusAnswer = z.output<typeof profileStatusAnswerSchema>;

export const captureLinkSchema = z.object({
  capture_expires_at: timestamp.nullable(),
  capture_link: z.string(),
  profile_id: z.string(),
});
export type CaptureLink = z.output<typeof captureLinkSchema>;

export const asyncCreatedSchema = z.object({ profile_id: z.string() });

const recaptureResourceSchema = z.looseObject({
  attr: z.string().nullable(),
  document_type: z.string().nullable(),
  ref_id: z.string(),
  resource_type: z.enum(["image", "text", "video", "document"]),
});
const recaptureTaskSchema = z.looseObject({ task_key: z.string(), task_type: z.string() });

/** E8 (§5.2). */
export const recaptureConfigSchema = z.object({
  configuration: z.object({
    resources: z.array(recaptureResourceSchema),
    tasks: z.array(recaptureTaskSchema),
  }),
  reasons: z.array(z.object({ code: z.string(), comments_mandatory: z.boolean(), reason: z.string() })),
});
export type RecaptureConfig = z.output<typeof recaptureConfigSchema>;

/** E9 (§5.3). */
export const recaptureRequestSchema = z.looseObject({
  recapture_configuration: z
    .looseObject({ tasks: z.array(recaptureTaskSchema), resources: z.array(recaptureResourceSchema) })
    .refine(({ tasks, resources }) => tasks.length + resources.length > 0, {
      message: "name at least one task or resource",
    }),
  recapture_details: z.looseObject({ code: z.string(), reason: z.string(), comments: z.string().optional() }),
});
export type RecaptureRequest = z.output<typeof recaptureRequestSchema>;

/** E10 (§5.4). */
export const completionRequestSchema = z.looseObject({
  status: z.enum(["approved", "rejected"]),
  status_description: z
    .looseObject({
      code: z.string().nullable().optional(),
      reason: z.string().nullable().optional(),
      comments: z.string().nullable().optional(),
    })
    .optional(),
});
export type CompletionRequest = z.output<typeof completionRequestSchema>;

/** The envelope of cancel, purge, completion and recapture submit (§1.2 E-ACT). */
export const actionResultSchema = z.looseObject({
  reference_id: z.string(),
  profile_id: z.string(),
  code: z.enum(["SUCCESSFUL", "NOT_ALLOWED", "ALREADY_CANCELLED", "INTERNAL_ERROR"]),
  message: z.string(),
  status: z.string(),
  purged_at: timestamp.nullable().optional(),
});
export type ActionResult = z.output<typeof actionResultSchema>;
