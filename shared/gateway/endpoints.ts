import * as z from "zod";
import type { RefusalName } from "./answers.ts";
import { createRequestSchema, encryptedCreateRequestSchema } from "./create.ts";
import {
  actionResultSchema,
  asyncCreatedSchema,
  captureLinkSchema,
  completionRequestSchema,
  encryptedProfileSchema,
  fullProfileSchema,
  profileStatusAnswerSchema,
  recaptureConfigSchema,
  recaptureRequestSchema,
} from "./profile.ts";
import {
  appointmentCancelledSchema,
  cancelAppointmentSchema,
  configUpdatedSchema,
  configUpdateSchema,
  queueMetricsSchema,
} from "./video-calls.ts";

/** The two readings of a path id; with no `query_type` it is a `profile_id`. */
export const queryTypes = ["profile_id", "reference_id"] as const;
export type QueryType = (typeof queryTypes)[number];

/** The answer of each endpoint to a fault of its own (contract §1.2). */
export type FaultName =
  | "internal"
  | "internalMetrics"
  | "internalScheduling"
  | "internalAction"
  | "internalPurge";

/** An operation of contract §2: E1 to E18. */
export type Operation = `E${number}`;

/**
 * One method and path of the gateway (contract §2). Read by the client that calls it, the action that
 * exposes it, the sandbox that implements it and the tests that hold both to it.
 */
export interface Endpoint<Body extends z.ZodType = z.ZodType, Success extends z.ZodType = z.ZodType> {
  /** The operations of contract §2 that this endpoint serves. */
  operations: readonly Operation[];
  /** What it does, in one line for readers of the API document. */
  summary: string;
  method: "GET" | "POST" | "PUT";
  /** Accepted on our side and in the sandbox although the client never sends it. */
  alsoMethod?: "POST";
  /** Path template; `{id}` is a `profile_id`, or a `reference_id` where `queryTypes` allows it. */
  path: string;
  /** The values of `query_type` that are allowed (contract §2, path id rule); none: it is not read. */
  queryTypes: readonly QueryType[];
  /** Whether `status_only=true` is read. */
  statusOnly: boolean;
  /** Whether any query parameter at all is refused. */
  refusesQuery: boolean;
  /**
   * Query parameters of a route of our own, each from its text; `describe` them. A strict object refuses others.
   * `null`: none but those above, which are all that the gateway has.
   */
  query: z.ZodObject | null;
  /** Request body, or `null` for none. */
  body: Body | null;
  /**
   * When the body's fields are checked (contract §1.3): creates have nothing to look up and check at once;
   * everything else answers an unknown profile and a wrong state first.
   */
  bodyChecked: "at-once" | "after-state";
  /** The refusal of a body whose fields are wrong. */
  badBody: "badRequest" | "invalidAppointmentRequest";
  /** Whether a client may send it again when it does not know what came of it. */
  repeatable: boolean;
  success: { status: 200 | 202; body: Success };
  /** Every refusal that the contract documents beside success, and beside `fault`. */
  refusals: readonly RefusalName[];
  fault: FaultName;
}

/** An endpoint with the usual answers to what its definition leaves open. */
export const endpoint = <Body extends z.ZodType, Success extends z.ZodType>(
  definition: Pick<
    Endpoint<Body, Success>,
    "operations" | "summary" | "method" | "path" | "success" | "refusals"
  > &
    Partial<Endpoint<Body, Success>>,
): Endpoint<Body, Success> => ({
  queryTypes: [],
  statusOnly: false,
  refusesQuery: false,
  query: null,
  body: null,
  bodyChecked: "after-state",
  badBody: "badRequest",
  repeatable: true,
  fault: "internal",
  ...definition,
  refusals: ["noApiKey", "badCredentials", ...definition.refusals],
});

/** What E1 and E2 share. */
const create = {
  method: "POST",
  body: createRequestSchema,
  bodyChecked: "at-once",
  repeatable: false,
  refusals: ["malformedJson", "badRequest", "unknownPackage", "invalidBase64", "duplicateReference"],
} as const;

export const endpoints = {
  createProfileSync: endpoint({
    ...create,
    operations: ["E1"],
    summary: "Create a profile and get its capture link",
    path: "/sync/profiles",
    success: { status: 200, body: captureLinkSchema },
  }),
  createProfileAsync: endpoint({
    ...create,
    operations: ["E2"],
    summary: "Create a profile; its capture link, if it has one, is ready later",
    path: "/async/profiles",
    success: { status: 202, body: asyncCreatedSchema },
  }),
  fetchProfile: endpoint({
    operations: ["E3", "E4", "E5"],
    summary: "Fetch a profile, or its status only",
    method: "GET",
    path: "/profiles/{id}",
    queryTypes,
    statusOnly: true,
    success: { status: 200, body: z.union([fullProfileSchema, profileStatusAnswerSchema]) },
    refusals: ["badRequest", "unknownProfile"],
  }),
  fetchCaptureLink: endpoint({
    operations: ["E6", "E7"],
    summary: "Fetch the capture link of a profile",
    method: "GET",
    path: "/profiles/{id}/capture",
    queryTypes,
    success: { status: 200, body: captureLinkSchema },
    refusals: ["badRequest", "unknownProfile"],
  }),
  fetchRecaptureConfig: endpoint({
    operations: ["E8"],
    summary: "Fetch what may be sent back to the customer, and for which reasons",
    method: "GET",
    path: "/profiles/{id}/recapture/config",
    success: { status: 200, body: recaptureConfigSchema },
    refusals: ["unknownProfile", "wrongState"],
  }),
  submitRecapture: endpoint({
    operations: ["E9"],
    summary: "Send items back to the customer",
    method: "POST",
    path: "/profiles/{id}/recapture/submit",
    body: recaptureRequestSchema,
    success: { status: 200, body: actionResultSchema },
    refusals: [
      "malformedJson",
      "badRequest",
      "unknownProfile",
      "wrongState",
      "invalidRecaptureConfiguration",
      "invalidRecaptureReason",
      "commentsMandatory",
    ],
  }),
  completeProfile: endpoint({
    operations: ["E10"],
    summary: "Approve or reject a profile under review",
    method: "POST",
    path: "/profiles/{id}/complete_profile",
    body: completionRequestSchema,
    success: { status: 200, body: actionResultSchema },
    refusals: ["malformedJson", "completionStatus", "badRequest", "unknownProfile", "wrongState"],
  }),
  cancelProfile: endpoint({
    operations: ["E11", "E12"],
    summary: "Cancel a profile whose capture is not finished",
    method: "PUT",
    alsoMethod: "POST",
    path: "/profiles/{id}/cancel",
    queryTypes,
    success: { status: 200, body: actionResultSchema },
    refusals: ["badRequest", "unknownProfile", "cancelNotAllowed", "alreadyCancelled"],
    fault: "internalAction",
  }),
  purgeProfile: endpoint({
    operations: ["E13"],
    summary: "Delete everything collected for a closed profile",
    method: "POST",
    path: "/profiles/{id}/purge",
    success: { status: 200, body: actionResultSchema },
    refusals: ["unknownProfile", "purgeNotAllowed"],
    fault: "internalPurge",
  }),
  cancelAppointment: endpoint({
    operations: ["E14"],
    summary: "Cancel a booked video-call appointment",
    method: "PUT",
    path: "/scheduling/appointments/cancel",
    body: cancelAppointmentSchema,
    bodyChecked: "at-once",
    badBody: "invalidAppointmentRequest",
    // A second cancel is refused, so that a repeated one would pass for an unknown appointment.
    repeatable: false,
    success: { status: 200, body: appointmentCancelledSchema },
    refusals: ["malformedJson", "invalidAppointmentRequest", "unknownAppointment"],
    fault: "internalScheduling",
  }),
  updateProfileConfig: endpoint({
    operations: ["E15"],
    summary: "Change the video-call queue or the agents of a profile",
    method: "PUT",
    path: "/profiles/{id}/config",
    body: configUpdateSchema,
    success: { status: 200, body: configUpdatedSchema },
    refusals: ["malformedJson", "badRequest", "unknownProfile", "wrongState", "invalidBase64"],
  }),
  fetchQueueMetrics: endpoint({
    operations: ["E16"],
    summary: "Fetch how busy each video-call queue is now",
    method: "GET",
    path: "/v2/call_metrics",
    refusesQuery: true,
    success: { status: 200, body: queueMetricsSchema },
    refusals: ["badRequest"],
    fault: "internalMetrics",
  }),
  createProfileEncrypted: endpoint({
    ...create,
    operations: ["E17"],
    summary: "Create a profile from encrypted data and get its capture link",
    path: "/enc/sync/profiles",
    body: encryptedCreateRequestSchema,
    success: { status: 200, body: captureLinkSchema },
    refusals: [...create.refusals, "decryptionFailed"],
  }),
  fetchProfileEncrypted: endpoint({
    operations: ["E18"],
    summary: "Fetch a profile with everything personal encrypted",
    method: "GET",
    path: "/enc/profiles/{id}",
    queryTypes: ["profile_id"],
    success: { status: 200, body: encryptedProfileSchema },
    refusals: ["badRequest", "unknownProfile"],
  }),
};
export type Endpoints = typeof endpoints;
export type EndpointName = keyof Endpoints;

/** What is wrong with a request's query, or `null`. Parameters that an endpoint does not read are ignored. */
export function queryProblem(
  { queryTypes: allowed, refusesQuery }: Pick<Endpoint, "queryTypes" | "refusesQuery">,
  query: Readonly<Record<string, string | undefined>>,
): string | null {
  if (refusesQuery && Object.keys(query).length > 0) return "query: no parameters are accepted";
  const asked = query["query_type"];
  return asked === undefined || allowed.length === 0 || (allowed as readonly string[]).includes(asked)
    ? null
    : `query_type must be ${allowed.join(" or ")}`;
}
