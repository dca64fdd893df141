import { type Gateway, lookUp } from "../../shared/gateway/client.ts";
import { type CreateRequest, createRequestSchema } from "../../shared/gateway/create.ts";
import type { ContentCipher } from "../../shared/gateway/encryption.ts";
import { encryptCreate } from "../../shared/gateway/encryption.ts";
import { BadRequest, Transient, Unprocessable } from "../../shared/gateway/errors.ts";
import type { CaptureLink } from "../../shared/gateway/profile.ts";
import type { Bound, Claim } from "../../shared/store/claims.ts";
import type { Records } from "../../shared/store/records.ts";
import type { Vault } from "../../shared/store/vault.ts";
import type { Sleep } from "../environment.ts";

/** Longer than any function that creates may run: whoever held it by then is dead, and nobody creates twice. */
const LEASE_MS = 65_000;
const PAUSE_MS = 150;

export interface Created {
  profile_id: string;
  /** Only from a sync create of this very call. */
  link: CaptureLink | null;
}

/** The reference was released by somebody else's refused create, or purged before it came to anything. */
export class ClaimLost extends Error {
  override readonly name = "ClaimLost";
}

/**
 * Makes sure that the claim has its one gateway profile: nothing to do if it is known, else one caller at a time
 * looks up and creates (contract §3.4). A refused create releases the claim and erases the request.
 *
 * @throws GatewayError when the gateway refused or failed, ClaimLost, Transient after `patienceMs`
 */
export async function ensureCreated(
  {
    records,
    vault,
    gateway,
    cipher,
    now,
    sleep,
    isExecution = false,
  }: {
    records: Records;
    vault: Vault;
    gateway: Gateway;
    cipher: ContentCipher;
    now: () => number;
    sleep: Sleep;
    /** Whoever asks is the claim's execution, and no other need be started. */
    isExecution?: boolean;
  },
  claim: Claim,
  patienceMs: number,
): Promise<Created> {
  const until = now() + patienceMs;
  for (;;) {
    const current = await records.claimOf(claim);
    if (current?.profile_id && current.attempt === claim.attempt)
      return { profile_id: current.profile_id, link: null };
    if (!current || current.released || current.attempt !== claim.attempt)
      throw new ClaimLost("the claim is gone");
    if (await records.lease(current, now(), LEASE_MS)) {
      try {
        const { profile_id, link, by } = await create(current);
        await records.bind(current, profile_id, { at: now(), by }, { isExecution });
        return { profile_id, link };
      } catch (error) {
        if (isRefusedForGood(error)) {
          if (await records.release(current, now()))
            await vault.remove(current, `request-${current.request_hash}`);
        }
        // Not before: the request of who repeats this has the same name.
        await records.unlease(current);
        throw error;
      }
    }
    if (now() >= until) throw new Transient("another create of this reference is under way", null);
    await sleep(PAUSE_MS);
  }

  async function create(current: Claim): Promise<Created & Pick<Bound, "by">> {
    if (current.creates > 0) {
      const found = await lookUpSafely(gateway, current.reference_id);
      if (found) return { profile_id: found.profile_id, link: null, by: "look-up" };
    }
    const stored = createRequestSchema.safeParse(await vault.get(current, `request-${current.request_hash}`));
    if (!stored.success) throw new ClaimLost("the request is not in the vault");
    try {
      if (current.mode === "encrypted") {
        const { body } = await createEncrypted(stored.data);
        return { profile_id: body.profile_id, link: body, by: "create" };
      }
      if (current.mode === "sync") {
        const { body } = await gateway.createProfileSync({ body: stored.data });
        return { profile_id: body.profile_id, link: body, by: "create" };
      }
      const { body } = await gateway.createProfileAsync({ body: stored.data });
      return { profile_id: body.profile_id, link: null, by: "create" };
    } catch (error) {
      const duplicate = error instanceof Unprocessable && isDuplicate(error);
      const adoptable = error instanceof Transient || duplicate;
      const found = adoptable ? await lookUpSafely(gateway, current.reference_id) : null;
      if (found) return { profile_id: found.profile_id, link: null, by: "look-up" };
      // The reference is ours by the claim: a create of our own got through, and the look-up lags behind.
      throw duplicate ? new Transient("the gateway does not show the profile yet", error.status) : error;
    }
  }

  /**
   * A refused create has no effect: tried once more with keys that are up to date. What is refused even then, for a
   * reason that nobody documents, may still be a matter of keys: it is tried again later, and no caller is
   * told that it is over.
   */
  async function createEncrypted(request: CreateRequest) {
    const send = async () => gateway.createProfileEncrypted({ body: await encryptCreate(request, cipher) });
    try {
      return await send();
    } catch (error) {
      if (!mayLackTheKey(error)) throw error;
    }
    await cipher.renew();
    try {
      return await send();
    } catch (error) {
      throw mayLackTheKey(error) ? new Transient("the gateway does not take our encryption", 422) : error;
    }
  }
}

/** A look-up that is refused says nothing about the create: it must not pass for the create's own refusal. */
async function lookUpSafely(gateway: Gateway, reference_id: string) {
  try {
    return await lookUp(gateway, reference_id);
  } catch (error) {
    if (error instanceof BadRequest || error instanceof Unprocessable)
      throw new Transient("the gateway refused the look-up", error.status);
    throw error;
  }
}

/** Whether a create need not be tried again as it is. */
export const isRefusedForGood = (error: unknown): boolean =>
  error instanceof BadRequest || error instanceof Unprocessable;

/** Whether an encrypted create was refused for a reason that nobody documents. */
const mayLackTheKey = (error: unknown): boolean =>
  error instanceof Unprocessable &&
  !/^(DUPLICATE_REFERENCE_ID|INVALID_PACKAGE_ID|BASE64_DECODE_ERROR)$/.test(error.reason);

const isDuplicate = (error: Unprocessable): boolean => error.reason === "DUPLICATE_REFERENCE_ID";
