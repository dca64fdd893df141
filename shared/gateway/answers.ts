import type { ActionResult } from "./profile.ts";

/** An HTTP answer of the gateway: status and JSON body. */
export interface Answer<Body = unknown> {
  status: number;
  body: Body;
}

interface Ids {
  reference_id: string;
  profile_id: string;
}

const errorOf = (status: number, error: string, reason: string): Answer => ({
  status,
  body: { error, reason },
});

/** Every refusal and fault of contract §1.2 and §5, each body once. Named after what happened. */
export const refusals = {
  /** E-NOKEY */
  noApiKey: (): Answer => ({ status: 401, body: { message: "No API key found in request" } }),
  /** E-AUTH */
  badCredentials: (): Answer => ({ status: 403, body: { message: "Invalid authentication credentials" } }),
  /** E-JSON */
  malformedJson: (): Answer => ({ status: 400, body: { errors: { detail: "Bad Request" } } }),
  /** E-400, and missing or ill-typed fields: `reason` names the field, never its value. */
  badRequest: (reason: string): Answer => errorOf(400, "bad_request", reason),
  /** E-404 */
  unknownProfile: (): Answer => ({
    status: 404,
    body: { details: {}, error: "not_found", message: "RESOURCE_NOT_FOUND", reason: "RESOURCE_NOT_FOUND" },
  }),
  /** E-ROUTE */
  unknownRoute: (): Answer => ({ status: 404, body: { errors: { detail: "Not Found" } } }),
  tooLarge: (): Answer => errorOf(413, "payload_too_large", "the body is larger than this endpoint accepts"),
  /** E-PKG */
  unknownPackage: (): Answer => ({
    status: 422,
    body: { details: {}, error: "unprocessable_entity", reason: "INVALID_PACKAGE_ID" },
  }),
  /** */
  duplicateReference: (): Answer => ({
    status: 422,
    body: { details: {}, error: "unprocessable_entity", reason: "DUPLICATE_REFERENCE_ID" },
  }),
  /** E-STATE */
  wrongState: (status: string): Answer =>
    errorOf(422, "unprocessable_entity", `Profile in incorrect state ${status}`),
  /** Of our own routes: what was asked for cannot be done as things are. */
  notNow: (reason: string): Answer => errorOf(409, "conflict", reason),
  /** E-B64 */
  invalidBase64: (): Answer => errorOf(422, "unprocessable_entity", "BASE64_DECODE_ERROR"),
  invalidRecaptureConfiguration: (): Answer =>
    errorOf(422, "unprocessable_entity", "INVALID_RECAPTURE_CONFIGURATION"),
  invalidRecaptureReason: (): Answer => errorOf(422, "unprocessable_entity", "INVALID_RECAPTURE_REASON"),
  commentsMandatory: (): Answer => errorOf(422, "unprocessable_entity", "COMMENTS_MANDATORY"),
  completionStatus: (): Answer => errorOf(400, "bad_request", "status must be approved or rejected"),
  cancelNotAllowed: (ids: Ids, status: string): Answer<ActionResult> => ({
    status: 405,
    body: {
      ...pick(ids),
      code: "NOT_ALLOWED",
      message: "Profile cannot be cancelled as the profile is in progress",
      status,
    },
  }),
  alreadyCancelled: (ids: Ids, status: string): Answer<ActionResult> => ({
    status: 422,
    body: { ...pick(ids), code: "ALREADY_CANCELLED", message: "Profile has already been cancelled", status },
  }),
  purgeNotAllowed: (ids: Ids, status: string, purged_at: string | null): Answer<ActionResult> => ({
    status: 422,
    body: {
      ...pick(ids),
      code: "NOT_ALLOWED",
      message: "Profile is not in a completed state, cannot initiate purge",
      status,
      purged_at,
    },
  }),
  /** §6.1: the body of E14 is wrong. */
  invalidAppointmentRequest: (): Answer => ({
    status: 400,
    body: { message: "bad_request", reason: "Invalid request" },
  }),
  /** §6.1: no profile, or no slot booked for it. */
  unknownAppointment: (): Answer => refusals.unknownRoute(),
  /** §9.1: whatever is wrong with a token, in one answer that tells nothing. */
  decryptionFailed: (): Answer => errorOf(422, "unprocessable_entity", "DECRYPTION_FAILED"),
  /** E-500 */
  internal: (): Answer => errorOf(500, "internal_error", "something_went_wrong"),
  /** E-500-M */
  internalMetrics: (): Answer => ({ status: 500, body: { error: "Something went wrong" } }),
  /** E-500-S */
  internalScheduling: (): Answer => ({
    status: 500,
    body: { message: "internal_errors", reason: "Internal Server Error" },
  }),
  /** E-ACT of a fault: a cancel says which profile it failed on (§5.5). */
  internalAction: (ids: Ids, status: string): Answer<ActionResult> => ({
    status: 500,
    body: { ...pick(ids), code: "INTERNAL_ERROR", message: "Something went wrong", status },
  }),
  /** The same of a purge, which says when there was one (§5.6). */
  internalPurge: (ids: Ids, status: string, purged_at: string | null): Answer<ActionResult> => {
    const { body, ...answer } = refusals.internalAction(ids, status);
    return { ...answer, body: { ...body, purged_at } };
  },
};
export type RefusalName = keyof typeof refusals;

/** The success envelopes of §5.3 to §5.6. */
export const successes = {
  sentForRecapture: (ids: Ids): Answer<ActionResult> =>
    success(ids, "Profile sent for recapture", "recapture_pending"),
  completed: (ids: Ids): Answer<ActionResult> => success(ids, "Profile completed successfully", "completed"),
  cancelled: (ids: Ids): Answer<ActionResult> => success(ids, "Profile cancelled successfully", "cancelled"),
  purged: (ids: Ids): Answer<ActionResult> => success(ids, "Data purged successfully", "purged"),
};

function success(ids: Ids, message: string, status: string): Answer<ActionResult> {
  return { status: 200, body: { ...pick(ids), code: "SUCCESSFUL", message, status } };
}

const pick = ({ reference_id, profile_id }: Ids): Ids => ({ reference_id, profile_id });
