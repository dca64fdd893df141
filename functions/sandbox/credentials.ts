import { createHash, timingSafeEqual } from "node:crypto";
import { type SandboxSecret, sandboxSecretSchema } from "../../shared/store/secrets.ts";
import type { Authenticate, Clock } from "./sandbox.ts";

const CACHE_MS = 5 * 60_000;

/** Unknown credentials make us read the secret again, but not more often than this. */
const REREAD_MS = 1_000;

/** Checks api-keys against the hashes in a secret, which `read` fetches. An empty or ill-shaped secret knows nobody. */
export function authenticateBy(read: () => Promise<string>, clock: Pick<Clock, "now">): Authenticate {
  let known: SandboxSecret["accounts"] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  const refresh = async () => {
    readAt = clock.now();
    known = accountsOf(await read());
  };
  const matches = (apiKey: string, accountId: string): boolean => {
    const hash = createHash("sha256").update(apiKey).digest();
    let found = false;
    for (const { accountId: id, apiKeyHash } of known) {
      const expected = Buffer.from(apiKeyHash, "hex");
      const same = expected.length === hash.length && timingSafeEqual(expected, hash);
      if (same && id === accountId) found = true;
    }
    return found;
  };
  return async (apiKey, accountId) => {
    if (clock.now() - readAt >= CACHE_MS) await refresh();
    if (matches(apiKey, accountId)) return true;
    if (clock.now() - readAt < REREAD_MS) return false;
    await refresh();
    return matches(apiKey, accountId);
  };
}

const accountsOf = (secret: string): SandboxSecret["accounts"] => parse(secret)?.accounts ?? [];

/** Where customers reach the sandbox, as setup said; `undefined` before that. */
export const baseUrlIn = (secret: string): string | undefined => parse(secret)?.baseUrl;

/** `null` for what is no such secret; the parser's error would quote it. */
function parse(secret: string): SandboxSecret | null {
  try {
    return sandboxSecretSchema.parse(JSON.parse(secret));
  } catch {
    return null;
  }
}
