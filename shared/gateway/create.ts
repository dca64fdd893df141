import * as z from "zod";

/** Bodies of the creates, contract §3.1. Unknown fields are kept: the exact body is agreed per workflow. */

export const nameSchema = z.looseObject({
  first_name: z.string().optional(),
  middle_name: z.string().optional(),
  last_name: z.string().optional(),
});

const addressType = z.enum(["permanent", "current", "correspondence", "other"]);
export const addressSchema = z.looseObject({
  type: z
    .union([addressType, z.array(addressType)], "expected permanent, current, correspondence or other")
    .optional(),
  house_number: z.string().optional(),
  street_address: z.string().optional(),
  district: z.string().optional(),
  pincode: z.string().optional(),
  city: z.string().optional(),
  state: z.string().optional(),
  country_code: z.string().optional(),
  country: z.string().optional(),
});

const panShape = {
  document_1: z.string().optional(),
  id_number: z.union([z.string(), z.int()], "expected a string").optional(),
  dob: z.string().optional(),
  name: nameSchema.optional(),
  fathers_name: nameSchema.optional(),
};
export const idDocPanSchema = z.looseObject(panShape);
export const idDocFullSchema = z.looseObject({
  ...panShape,
  document_2: z.string().optional(),
  gender: z.string().optional(),
  address: addressSchema.optional(),
});

const additionalDetailSchema = z.looseObject({
  category: z.string(),
  value: z.string(),
  page: z.string(),
  type: z.enum(["image", "video", "document", "text"]),
});

export const profileDataSchema = z.looseObject({
  name: nameSchema.optional(),
  company_name: z.string().optional(),
  email_ids: z.array(z.string()).optional(),
  dob: z.string().optional(),
  mobile_numbers: z.array(z.string()).optional(),
  addresses: z.array(addressSchema).optional(),
  ind_aadhaar_details: idDocFullSchema.optional(),
  ind_aadhaar_otp_details: idDocFullSchema.optional(),
  ind_aadhaar_xml_details: idDocFullSchema.optional(),
  ind_aadhaar_qr_details: idDocFullSchema.optional(),
  ind_nsdl_details: z
    .looseObject({
      id_number: z.string().optional(),
      name: nameSchema.optional(),
      nsdl_name: nameSchema.optional(),
    })
    .optional(),
  ind_pan_details: idDocPanSchema.optional(),
  ind_driving_license_details: idDocFullSchema.optional(),
  ind_voter_id_details: idDocFullSchema.optional(),
  ind_passport_details: idDocFullSchema.optional(),
  videos: z
    .array(z.looseObject({ type: z.enum(["agent", "customer", "self"]), value: z.string() }))
    .optional(),
  selfies: z.array(z.string()).optional(),
  wet_signatures: z.array(z.string()).optional(),
  additional_details: z
    .array(additionalDetailSchema)
    .refine(
      (details) =>
        new Set(details.map(({ category, page }) => JSON.stringify([category, page]))).size ===
        details.length,
      {
        message: "each (category, page) may occur once",
      },
    )
    .optional(),
});

export const payloadSchema = z.looseObject({
  security_questions: z.array(z.looseObject({ question: z.string(), answer: z.string() })).optional(),
  self_video_activity_templates: z
    .array(
      z
        .looseObject({ data: z.string().optional(), type: z.enum(["read_text", "read_random_digits"]) })
        .refine(({ type, data }) => type !== "read_text" || (data ?? "").length <= 1000, {
          message: "at most 1000 characters with read_text",
          path: ["data"],
        }),
    )
    .optional(),
  messages: z.array(z.looseObject({ label: z.string(), value: z.array(z.string()) })).optional(),
});

export const overridesSchema = z.looseObject({
  video_kyc_priority: z.int().optional(),
  assignee: z.array(z.looseObject({ email: z.string(), action: z.literal("video_call") })).optional(),
});

/** What a create says in clear, encrypted or not (contract §9). */
const clearShape = {
  reference_id: z.string().min(1, "must not be empty"),
  group_id: z.string().optional(),
  config: z.looseObject({
    id: z.string().min(1, "must not be empty"),
    overrides: overridesSchema.nullable().optional(),
    reference_profile_id: z.string().optional(),
  }),
};

export const createRequestSchema = z.looseObject({
  ...clearShape,
  data: profileDataSchema.optional(),
  payload: payloadSchema.optional(),
  relay_data: z.string().optional(),
});
export type CreateRequest = z.output<typeof createRequestSchema>;

/** E17 (§9.1): `data` and `payload` as compact JWEs. */
export const encryptedCreateRequestSchema = z.looseObject({
  ...clearShape,
  encrypted_data: z.string().min(1, "must not be empty"),
  encrypted_payload: z.string().min(1, "must not be empty").optional(),
  relay_data: z.string().optional(),
});
export type EncryptedCreateRequest = z.output<typeof encryptedCreateRequestSchema>;

/** One line naming the first wrong field of a body or query and what is wrong with it, never its value. */
export function fieldProblem(error: z.ZodError, whole: "body" | "query" = "body"): string {
  const issue = error.issues[0];
  if (!issue) return `invalid ${whole}`;
  const field = issue.path.join(".") || whole;
  // Whatever the caller made a name of would be in the message; a word is most likely a slip of the pen.
  if (issue.code === "unrecognized_keys" && !issue.keys.every((key) => /^[A-Za-z]{1,40}$/.test(key)))
    return `${field}: has a field that is not known`;
  return issue.message.endsWith("received undefined")
    ? `${field}: is required`
    : `${field}: ${issue.message}`;
}

/** Whether a string is standard base64 (contract A-16: only `relay_data` is checked). */
export const isBase64 = (text: string): boolean =>
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
