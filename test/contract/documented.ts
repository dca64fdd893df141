import { expect } from "vitest";
import type { RefusalName } from "../../shared/gateway/answers.ts";
import type { Expected, World } from "./contract-case.ts";

/** The bodies of contract §1.2 and §5, written down a second time: the table does not take the code's word for them. */
export const refused = {
  noApiKey: always("noApiKey", 401, { message: "No API key found in request" }),
  badCredentials: always("badCredentials", 403, { message: "Invalid authentication credentials" }),
  malformedJson: always("malformedJson", 400, { errors: { detail: "Bad Request" } }),
  badRequest: (reason: string) => always("badRequest", 400, { error: "bad_request", reason })(),
  unknownProfile: always("unknownProfile", 404, {
    details: {},
    error: "not_found",
    message: "RESOURCE_NOT_FOUND",
    reason: "RESOURCE_NOT_FOUND",
  }),
  unknownRoute: always("unknownRoute", 404, { errors: { detail: "Not Found" } }),
  unknownPackage: always("unknownPackage", 422, {
    details: {},
    error: "unprocessable_entity",
    reason: "INVALID_PACKAGE_ID",
  }),
  duplicateReference: always("duplicateReference", 422, {
    details: {},
    error: "unprocessable_entity",
    reason: "DUPLICATE_REFERENCE_ID",
  }),
  wrongState: (status: string) => unprocessable("wrongState", `Profile in incorrect state ${status}`)(),
  invalidBase64: unprocessable("invalidBase64", "BASE64_DECODE_ERROR"),
  invalidRecaptureConfiguration: unprocessable(
    "invalidRecaptureConfiguration",
    "INVALID_RECAPTURE_CONFIGURATION",
  ),
  invalidRecaptureReason: unprocessable("invalidRecaptureReason", "INVALID_RECAPTURE_REASON"),
  commentsMandatory: unprocessable("commentsMandatory", "COMMENTS_MANDATORY"),
  completionStatus: always("completionStatus", 400, {
    error: "bad_request",
    reason: "status must be approved or rejected",
  }),
  cancelNotAllowed: (status: string) =>
    envelope("cancelNotAllowed", 405, {
      code: "NOT_ALLOWED",
      message: "Profile cannot be cancelled as the profile is in progress",
      status,
    }),
  alreadyCancelled: () =>
    envelope("alreadyCancelled", 422, {
      code: "ALREADY_CANCELLED",
      message: "Profile has already been cancelled",
      status: "cancelled",
    }),
  purgeNotAllowed: (status: string) =>
    envelope(
      "purgeNotAllowed",
      422,
      { code: "NOT_ALLOWED", message: "Profile is not in a completed state, cannot initiate purge", status },
      ({ subject }) => ({ purged_at: subject.purged_at }),
    ),
  invalidAppointmentRequest: always("invalidAppointmentRequest", 400, {
    message: "bad_request",
    reason: "Invalid request",
  }),
  unknownAppointment: always("unknownAppointment", 404, { errors: { detail: "Not Found" } }),
  decryptionFailed: unprocessable("decryptionFailed", "DECRYPTION_FAILED"),
  internal: always("internal", 500, { error: "internal_error", reason: "something_went_wrong" }),
  internalMetrics: always("internalMetrics", 500, { error: "Something went wrong" }),
  internalScheduling: always("internalScheduling", 500, {
    message: "internal_errors",
    reason: "Internal Server Error",
  }),
  internalAction: (status: string) =>
    envelope("internalAction", 500, { code: "INTERNAL_ERROR", message: "Something went wrong", status }),
  internalPurge: (status: string) =>
    envelope(
      "internalPurge",
      500,
      { code: "INTERNAL_ERROR", message: "Something went wrong", status },
      ({ subject }) => ({ purged_at: subject.purged_at }),
    ),
} satisfies Partial<Record<RefusalName, (status: string) => Expected>>;

export const succeeded = (status: number, body: Expected["body"]): Expected => ({
  answer: "success",
  status,
  body,
});

/** The success envelope of §5.3 to §5.6. */
export const acted = (message: string, status: string): Expected =>
  envelope("success", 200, { code: "SUCCESSFUL", message, status });

/** What the sandbox emits (contract §4.1). */
export const aTimestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
export const aProfileId = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

function always(answer: RefusalName, status: number, body: object): () => Expected {
  return () => ({ answer, status, body: () => body });
}

function unprocessable(answer: RefusalName, reason: string): () => Expected {
  return always(answer, 422, { error: "unprocessable_entity", reason });
}

function envelope(
  answer: Expected["answer"],
  status: number,
  said: { code: string; message: string; status: string },
  more: (world: World) => object = () => ({}),
): Expected {
  const body = (world: World) => {
    const { reference_id, profile_id } = world.subject;
    return { reference_id, profile_id, ...said, ...more(world) };
  };
  return { answer, status, body };
}
