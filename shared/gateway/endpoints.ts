import * as z from "zod";
import { createRequestSchema } from "./create.ts";
import {
  actionResultSchema,
  asyncCreatedSchema,
  captureLinkSchema,
  completionRequestSchema,
  fullProfileSchema,
  profileStatusAnswerSchema,
  recaptureConfigSchema,
  recaptureRequestSchema,
} from "./profile.ts";

/**
 * One method and path of the gateway (contract §2). Read by the client that calls it, the action that
 * exposes it, the sandbox that implements it and the tests that hold both to it.
 */
export interface Endpoint<Body extends z.ZodType = z.ZodType, Success extends z.ZodType = z.ZodType> {
  /** The operations of contract §2 that this endpoint serves. */
  operations: readonly string[];
  method: "GET" | "POST" | "PUT";
  /** Accepted on our side and in the sandbox although the client never sends it. */
  alsoMethod?: "POST";
  /** Path template; `{id}` is a `profile_id`, or a `reference_id` where `byReference` allows it. */
  path: string;
  /** Whether `query_type` is read (contract §2, path id rule). */
  byReference: boolean;
  /** Whether `status_only=true` is read. */
  statusOnly: boolean;
  /** Request body, or `null` for none. */
  body: Body | null;
  /**
   * When the body's fields are checked (contract §1.3): creates have nothing to look up and check at once;
   * everything else answers an unknown profile and a wrong state first.
   */
  bodyChecked: "at-once" | "after-state";
  success: { status: 200 | 202; body: Success };
  /** Statuses that the contract documents beside success. */
  refusals: readonly number[];
}

const endpoint = <Body extends z.ZodType, Success extends z.ZodType>(
  definition: Pick<Endpoint<Body, Success>, "operations" | "method" | "path" | "success" | "refusals"> &
    Partial<Endpoint<Body, Success>>,
): Endpoint<Body, Success> => ({
  byReference: false,
  statusOnly: false,
  body: null,
  bodyChecked: "after-state",
  ...definition,
});

export const endpoints = {
  createProfileSync: endpoint({
    operations: ["E1"],
    method: "POST",
    path: "/sync/profiles",
    body: createRequestSchema,
    bodyChecked: "at-once",
    success: { status: 200, body: captureLinkSchema },
    refusals: [400, 401, 403, 422, 500],
  }),
  createProfileAsync: endpoint({
    operations: ["E2"],
    method: "POST",
    path: "/async/profiles",
    body: createRequestSchema,
    bodyChecked: "at-once",
    success: { status: 202, body: asyncCreatedSchema },
    refusals: [400, 401, 403, 422, 500],
  }),
  fetchProfile: endpoint({
    operations: ["E3", "E4", "E5"],
    method: "GET",
    path: "/profiles/{id}",
    byReference: true,
    statusOnly: true,
    success: { status: 200, body: z.union([fullProfileSchema, profileStatusAnswerSchema]) },
    refusals: [400, 401, 403, 404, 500],
  }),
  fetchCaptureLink: endpoint({
    operations: ["E6", "E7"],
    method: "GET",
    path: "/profiles/{id}/capture",
    byReference: true,
    success: { status: 200, body: captureLinkSchema },
    refusals: [400, 401, 403, 404, 500],
  }),
  fetchRecaptureConfig: endpoint({
    operations: ["E8"],
    method: "GET",
    path: "/profiles/{id}/recapture/config",
    success: { status: 200, body: recaptureConfigSchema },
    refusals: [401, 403, 404, 422, 500],
  }),
  submitRecapture: endpoint({
    operations: ["E9"],
    method: "POST",
    path: "/profiles/{id}/recapture/submit",
    body: recaptureRequestSchema,
    success: { status: 200, body: actionResultSchema },
    refusals: [400, 401, 403, 404, 422, 500],
  }),
  completeProfile: endpoint({
    operations: ["E10"],
    method: "POST",
    path: "/profiles/{id}/complete_profile",
    body: completionRequestSchema,
    success: { status: 200, body: actionResultSchema },
    refusals: [400, 401, 403, 404, 422, 500],
  }),
  cancelProfile: endpoint({
    operations: ["E11", "E12"],
    method: "PUT",
    alsoMethod: "POST",
    path: "/profiles/{id}/cancel",
    byReference: true,
    success: { status: 200, body: actionResultSchema },
    refusals: [400, 401, 403, 404, 405, 422, 500],
  }),
  purgeProfile: endpoint({
    operations: ["E13"],
    method: "POST",
    path: "/profiles/{id}/purge",
    success: { status: 200, body: actionResultSchema },
    refusals: [401, 403, 404, 422, 500],
  }),
};
export type Endpoints = typeof endpoints;
export type EndpointName = keyof Endpoints;

/** The two readings of a path id; with no `query_type` it is a `profile_id`. */
export const queryTypes = ["profile_id", "reference_id"] as const;
export type QueryType = (typeof queryTypes)[number];
