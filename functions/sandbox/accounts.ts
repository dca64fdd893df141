import { createHash } from "node:crypto";
import { type ContentCipher, createContentCipher } from "../../shared/gateway/encryption.ts";
import type { CachedSecret } from "../../shared/store/secret-cache.ts";
import type { SandboxSecret } from "../../shared/store/secrets.ts";
import { sameSecret } from "./same-secret.ts";
import type { Authenticate } from "./sandbox.ts";

/** How an api-key is compared and kept. */
export const hashOfKey = (apiKey: string): string => createHash("sha256").update(apiKey).digest("hex");

/** Checks hashes of api-keys against those in the secret, in constant time. A secret without a value knows nobody. */
export function authenticateBy(secret: CachedSecret<SandboxSecret>): Authenticate {
  const matches = (known: SandboxSecret | null, keyHash: string, accountId: string): boolean => {
    let found = false;
    for (const { accountId: id, apiKeyHash } of known?.accounts ?? [])
      if (sameSecret(apiKeyHash, keyHash) && id === accountId) found = true;
    return found;
  };
  return async (keyHash, accountId) =>
    matches(await secret.get(), keyHash, accountId) || matches(await secret.refresh(), keyHash, accountId);
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
