import { createHash, timingSafeEqual } from "node:crypto";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { APIGatewayProxyEventV2, APIGatewayProxyEventV2WithJWTAuthorizer } from "aws-lambda";
import { type Answer, refusals } from "../shared/gateway/answers.ts";
import { type CachedSecret, cachedSecret } from "../shared/store/secret-cache.ts";
import { type CallersSecret, callersSecretSchema } from "../shared/store/secrets.ts";
import { type CallerMode, readSettings, resource } from "./environment.ts";

/** Who calls. */
export interface Caller {
  account_id: string;
  /** Whom the token was issued to (`sub`), where callers show tokens that say so. */
  subject?: string;
  /** Keys the hashes of this stage's requests. */
  hashKey: string;
}

/** Tells who calls, or how to refuse whoever does not say it in the way of the stage. */
export type Identify = (event: APIGatewayProxyEventV2) => Promise<Caller | Answer>;

/** No more of a subject is written down. */
const MAX_SUBJECT_CHARACTERS = 255;

/** By `api-key` and `account-id` (contract §1.1). What else a request brings, a token too, is not looked at. */
export function identifyByKeys(secret: CachedSecret<CallersSecret>): Identify {
  return async ({ headers = {} }) => {
    const apiKey = headers["api-key"];
    const account_id = headers["account-id"];
    if (!apiKey) return refusals.noApiKey();
    if (!account_id) return refusals.badCredentials();
    return callerIf(account_id, secret, (known) => isCaller(known, apiKey, account_id));
  };
}

/** By a claim of the token that API Gateway has verified. Headers are not looked at: keys open nothing here. */
export function identifyByClaim(secret: CachedSecret<CallersSecret>, claim: string): Identify {
  return async (event) => {
    const { authorizer } = (event as Partial<APIGatewayProxyEventV2WithJWTAuthorizer>).requestContext ?? {};
    const claims = authorizer?.jwt?.claims;
    const account_id = claims?.[claim];
    if (typeof account_id !== "string" || account_id === "") return refusals.badCredentials();
    const caller = await callerIf(account_id, secret, ({ callers }) =>
      callers.some(({ accountId }) => accountId === account_id),
    );
    const subject = claims?.["sub"];
    return "status" in caller || typeof subject !== "string" || subject === ""
      ? caller
      : { ...caller, subject: subject.slice(0, MAX_SUBJECT_CHARACTERS).toWellFormed() };
  };
}

/** The way of this stage, as its settings have it. Throws for settings that name none: nobody gets in by default. */
export function callersOfStage(mode: CallerMode = readSettings().callers): Identify {
  const secret = cachedSecret(new SecretsManagerClient({}), resource("callers:read"), callersSecretSchema);
  switch (mode?.by) {
    case "keys":
      return identifyByKeys(secret);
    case "claim":
      return identifyByClaim(secret, mode.claim);
    default:
      throw new Error("the settings do not say how callers are known");
  }
}

/** Looks twice: setup may have written what a cached secret does not have yet. */
async function callerIf(
  account_id: string,
  secret: CachedSecret<CallersSecret>,
  isKnown: (known: CallersSecret) => boolean,
): Promise<Caller | Answer> {
  for (const look of [() => secret.get(), () => secret.refresh()]) {
    const known = await look();
    if (known && isKnown(known)) return { account_id, hashKey: known.hashKey };
  }
  return refusals.badCredentials();
}

/** Keys are compared by their hashes, in constant time. */
function isCaller({ callers }: CallersSecret, apiKey: string, accountId: string): boolean {
  const hash = createHash("sha256").update(apiKey).digest();
  let found = false;
  for (const caller of callers)
    for (const keyHash of caller.keyHashes) {
      const expected = Buffer.from(keyHash, "hex");
      const same = expected.length === hash.length && timingSafeEqual(expected, hash);
      if (same && caller.accountId === accountId) found = true;
    }
  return found;
}
