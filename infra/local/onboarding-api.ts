import * as z from "zod";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { type ContentKey, createContentCipher, encryptCreate } from "../../shared/gateway/encryption.ts";
import { captureLinkSchema } from "../../shared/gateway/profile.ts";
import type { Endpoints } from "./endpoints.ts";

/** Who calls our API: one of the two accounts that setup made. */
export interface Caller {
  api: string;
  apiKey: string;
  accountId: string;
}

export function callerOf(endpoints: Endpoints, account: "first" | "other"): Caller {
  const { api, apiKey, accountId, otherApiKey, otherAccountId } = endpoints;
  return account === "first"
    ? { api, apiKey, accountId }
    : { api, apiKey: otherApiKey, accountId: otherAccountId };
}

/** What `POST /onboardings` answers. */
export const startedSchema = z.object({
  reference_id: z.string(),
  profile_id: z.string().nullable(),
  execution_arn: z.string(),
});
export type StartedOnboarding = z.output<typeof startedSchema>;

/** What `GET /onboardings/{reference_id}` answers: our record of an onboarding. */
export const recordSchema = z.looseObject({
  reference_id: z.string(),
  profile_id: z.string().nullable(),
  /** The gateway's word, `purged` at the end. */
  status: z.string().nullable(),
  reviewer_action: z.string().nullable(),
  waiting_for: z.unknown(),
  waiting_until: z.unknown(),
  round: z.number(),
  allowed_actions: z.array(z.string()),
  execution_arn: z.string().nullable(),
  events: z.array(
    z.looseObject({
      at: z.union([z.string(), z.number()]),
      kind: z.string(),
      by: z.unknown(),
      detail: z.unknown(),
    }),
  ),
});
export type OnboardingRecord = z.output<typeof recordSchema>;

/** An answer that was not the one asked for. */
export class ApiRefused extends Error {
  override readonly name = "ApiRefused";
  readonly statusCode: number;

  constructor(request: string, statusCode: number, body: string) {
    super(`${request} answered ${statusCode}: ${body.slice(0, 300)}`);
    this.statusCode = statusCode;
  }
}

/** Starts an onboarding (contract §3.1 body). Throws `ApiRefused`. */
export async function startOnboarding(caller: Caller, request: object): Promise<StartedOnboarding> {
  return startedSchema.parse(await call(caller, "POST", "/onboardings", request));
}

/** The same by E17: `request` encrypted with the account's key. Throws `ApiRefused`. */
export async function startEncrypted(
  caller: Caller,
  request: CreateRequest,
  keys: readonly ContentKey[],
): Promise<StartedOnboarding> {
  const cipher = createContentCipher({ get: async () => keys, refresh: async () => keys });
  const { profile_id } = captureLinkSchema.parse(
    await call(caller, "POST", "/enc/sync/profiles", await encryptCreate(request, cipher)),
  );
  const { reference_id } = request;
  const { execution_arn } = await readOnboarding(caller, reference_id);
  return { reference_id, profile_id, execution_arn: execution_arn ?? "" };
}

export async function readOnboarding(caller: Caller, referenceId: string): Promise<OnboardingRecord> {
  return recordSchema.parse(await call(caller, "GET", `/onboardings/${encodeURIComponent(referenceId)}`));
}

export async function cancelProfile(caller: Caller, profileId: string): Promise<void> {
  await call(caller, "PUT", `/profiles/${encodeURIComponent(profileId)}/cancel`);
}

async function call(caller: Caller, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(caller.api + path, {
    method,
    headers: {
      "api-key": caller.apiKey,
      "account-id": caller.accountId,
      ...(body && { "content-type": "application/json" }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(35_000),
  });
  const text = await answer.text();
  if (!answer.ok) throw new ApiRefused(`${method} ${path}`, answer.status, text);
  return JSON.parse(text) as unknown;
}

/** The gateway's own word on a profile (E5), undefined where it has none to give: unknown, purged, or a fault. */
export async function readGatewayStatus(
  gateway: Caller,
  profileId: string,
): Promise<{ status: string; reviewer_action?: string | null | undefined } | undefined> {
  const schema = z.object({ status: z.string(), reviewer_action: z.string().nullish() });
  try {
    return schema.parse(
      await call(gateway, "GET", `/profiles/${encodeURIComponent(profileId)}?status_only=true`),
    );
  } catch (error) {
    if (error instanceof ApiRefused) return undefined;
    throw error;
  }
}
