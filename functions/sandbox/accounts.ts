import { createHash, timingSafeEqual } from "node:crypto";
import { type ContentCipher, createContentCipher } from "../../shared/gateway/encryption.ts";
import type { CachedSecret } from "../../shared/store/secret-cache.ts";
import type { SandboxSecret } from "../../shared/store/secrets.ts";
import type { Authenticate } from "./sandbox.ts";

/** Checks api-keys against the hashes in the secret, in constant time. A secret without a value knows nobody. */
export function authenticateBy(secret: CachedSecret<SandboxSecret>): Authenticate {
  const matches = (known: SandboxSecret | null, apiKey: string, accountId: string): boolean => {
    const hash = createHash("sha256").update(apiKey).digest();
    let found = false;
    for (const { accountId: id, apiKeyHash } of known?.accounts ?? []) {
      const expected = Buffer.from(apiKeyHash, "hex");
      const same = expected.length === hash.length && timingSafeEqual(expected, hash);
      if (same && id === accountId) found = true;
    }
    return found;
  };
  return async (apiKey, accountId) =>
    matches(await secret.get(), apiKey, accountId) || matches(await secret.refresh(), apiKey, accountId);
}

/** Encrypts and decrypts with the account's own content keys (contract §9). */
export const cipherBy =
  (secret: CachedSecret<SandboxSecret>, now: () => number) =>
  (accountId: string): ContentCipher => {
    const keysIn = (known: SandboxSecret | null) =>
      (known?.accounts ?? []).flatMap((account) =>
        account.accountId === accountId ? account.contentKeys : [],
      );
    return createContentCipher(
      { get: async () => keysIn(await secret.get()), refresh: async () => keysIn(await secret.refresh()) },
      now,
    );
  };
