import { createHmac } from "node:crypto";
import canonicalize from "canonicalize";
import * as z from "zod";
import {
  type CreateRequest,
  createRequestSchema,
  encryptedCreateRequestSchema,
} from "../../shared/gateway/create.ts";
import { Transient } from "../../shared/gateway/errors.ts";
import type { Claim } from "../../shared/store/claims.ts";
import type { Records } from "../../shared/store/records.ts";
import type { Vault } from "../../shared/store/vault.ts";
import type { WorkflowOf } from "../environment.ts";

/** The reference belongs to another request of the same account (contract A-17). */
export class DuplicateReference extends Error {
  override readonly name = "DuplicateReference";
}

/** What table and events carry of a request: a reference that every part of an HTTP path leaves unchanged, and an id. */
const carried = {
  reference_id: z
    .string()
    .min(1, "must not be empty")
    .regex(
      /^(?!\.{1,2}$)[A-Za-z0-9._~@+=-]{1,128}$/,
      "up to 128 of A-Z a-z 0-9 . _ ~ @ + = -, and neither . nor ..",
    ),
  config: createRequestSchema.shape.config.extend({
    id: z.string().min(1, "must not be empty").max(128, "must be at most 128 characters long"),
  }),
};

/** A create request (contract §3.1) as we take it. */
export const intakeRequestSchema = createRequestSchema.extend(carried);

/** The same with everything about the customer encrypted (contract §9.1). */
export const encryptedIntakeRequestSchema = encryptedCreateRequestSchema.extend(carried);

/** A claim that nobody started by then is started by the sweeper. */
export const START_WITHIN_MS = 60_000;

/** Nothing of a request can be guessed back from its hash: the key is the stage's own. */
const keyedHash = (hashKey: string, ...parts: string[]): string =>
  createHmac("sha256", Buffer.from(hashKey, "base64")).update(JSON.stringify(parts)).digest("hex");

export const requestHash = (hashKey: string, request: CreateRequest): string =>
  keyedHash(hashKey, "request", canonicalize(request) ?? "");

/** The execution's name: stays taken for 90 days after its end, and says nothing of the customer. */
const executionName = (hashKey: string, account_id: string, reference_id: string, attempt: number): string =>
  `${keyedHash(hashKey, "execution", account_id, reference_id).slice(0, 40)}-${attempt}`;

export interface ClaimDeps {
  records: Records;
  vault: Vault;
  workflowOf: WorkflowOf;
  hashKey: string;
  now: () => number;
}

/**
 * Claims the reference for this request and puts the request into the vault. The same request again gets the
 * same claim; another one is refused. A workflow that is encrypted is so whatever `asked` says.
 *
 * @throws DuplicateReference, and Transient in the moment in which what a refused request left is erased
 */
export async function claimReference(
  { records, vault, workflowOf, hashKey, now }: ClaimDeps,
  account_id: string,
  request: CreateRequest,
  asked: Claim["mode"],
): Promise<Claim> {
  const key = { account_id, reference_id: request.reference_id };
  const mode = workflowOf(request.config.id).encrypted ? "encrypted" : asked;
  const request_hash = requestHash(hashKey, request);
  for (;;) {
    const existing = await records.claimOf(key);
    if (existing && !existing.released) {
      // Nobody who asks for encryption is answered with a profile that was created without it.
      const clearer = mode === "encrypted" && existing.mode !== "encrypted";
      if (existing.request_hash !== request_hash || clearer)
        throw new DuplicateReference("the reference has another request");
      // A crash may have come between claim and vault; once the profile exists the request is needed no more.
      if (!existing.profile_id) await vault.put(key, `request-${request_hash}`, request);
      return existing;
    }
    if (existing && (existing.lease_until ?? 0) >= now())
      throw new Transient("what the reference left is being erased", null);
    const attempt = (existing?.attempt ?? 0) + 1;
    const claim: Claim = {
      ...key,
      request_hash,
      config_id: request.config.id,
      mode,
      attempt,
      execution: executionName(hashKey, account_id, request.reference_id, attempt),
      created_at: now(),
      released: false,
      profile_id: null,
      creates: 0,
    };
    if (await records.claim(claim, now() + START_WITHIN_MS, existing)) {
      await vault.put(key, `request-${request_hash}`, request);
      return claim;
    }
  }
}
