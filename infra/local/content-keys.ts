import { randomBytes, randomUUID } from "node:crypto";
import { contentKeySchema, type StoredContentKey } from "../../shared/store/secrets.ts";
import { CommandFailed } from "./command-failed.ts";

/** When a rotation takes effect, from the moment it is written. */
export interface RotationPace {
  /** Until the new key encrypts. Longer than functions keep a secret, so that both sides know it by then. */
  switchAfterSeconds: number;
  /** From the switch on: how long the keys before are still read. */
  overlapSeconds: number;
}

export const usualPace: RotationPace = { switchAfterSeconds: 600, overlapSeconds: 86_400 };

/** A key of 32 random bytes under a new `kid`. */
export const newContentKey = (): Pick<StoredContentKey, "kid" | "cek"> => ({
  kid: randomUUID(),
  cek: randomBytes(32).toString("base64"),
});

/**
 * An account's keys after one is added, newest first (contract §9): all are read, the new one encrypts after a while,
 * the ones before retire after the overlap. Retired ones go. The first key of all encrypts at once.
 * Throws `CommandFailed` for a `kid` that is taken or a key of another length.
 */
export function rotated(
  keys: readonly StoredContentKey[],
  fresh: Pick<StoredContentKey, "kid" | "cek">,
  now: number,
  { switchAfterSeconds, overlapSeconds }: RotationPace,
): StoredContentKey[] {
  if (keys.some(({ kid }) => kid === fresh.kid))
    throw new CommandFailed("the account has a key of this kid already: each key needs its own");
  const encrypts_from = keys.length === 0 ? now : now + switchAfterSeconds * 1000;
  const retires_at = encrypts_from + overlapSeconds * 1000;
  const added = contentKeySchema.safeParse({ ...fresh, encrypts_from, retires_at: null });
  if (!added.success) throw new CommandFailed(`the key is not usable: ${added.error.issues[0]?.message}`);
  const before = keys
    .filter((key) => key.retires_at === null || key.retires_at > now)
    .map((key) => ({ ...key, retires_at: Math.min(key.retires_at ?? retires_at, retires_at) }));
  return [added.data, ...before];
}
