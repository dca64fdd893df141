import type { CallersSecret, GatewaySecret, WebhooksSecret } from "./secrets.ts";

/** The words that open something in this stage and that somebody has to replace now and then. */
export const keyKinds = ["caller", "webhook", "content"] as const;
export type KeyKind = (typeof keyKinds)[number];

/** A key in use, without anything that would open something. */
export interface KeyInUse {
  kind: KeyKind;
  accountId: string;
  /** Which one: the beginning of its hash, the slot of its URL, or its `kid`. */
  name: string;
  /** Epoch milliseconds; `null`: issued before that was noted. */
  issued_at: number | null;
}

/** Of a hash so much is shown. */
const SHOWN_CHARACTERS = 12;

/** Every key that is in use. A content key that retires on a date of its own is replaced already. */
export function keysInUse(secrets: {
  callers: CallersSecret | null;
  webhooks: WebhooksSecret | null;
  gateway: GatewaySecret | null;
}): KeyInUse[] {
  const callers = secrets.callers?.callers ?? [];
  const slots = secrets.webhooks?.slots ?? [];
  const accounts = Object.entries(secrets.gateway?.accounts ?? {});
  return [
    ...callers.flatMap(({ accountId, keyHashes, issuedAt = {} }) =>
      keyHashes.map((hash) => ({
        kind: "caller" as const,
        accountId,
        name: hash.slice(0, SHOWN_CHARACTERS),
        issued_at: issuedAt[hash] ?? null,
      })),
    ),
    ...slots.flatMap(({ accountId, slot, tokenHashes, issuedAt = {} }) =>
      tokenHashes.map((hash) => ({
        kind: "webhook" as const,
        accountId,
        name: slot,
        issued_at: issuedAt[hash] ?? null,
      })),
    ),
    ...accounts.flatMap(([accountId, { contentKeys }]) =>
      contentKeys
        .filter(({ retires_at }) => retires_at === null)
        .map(({ kid, encrypts_from }) => ({
          kind: "content" as const,
          accountId,
          name: kid,
          issued_at: encrypts_from,
        })),
    ),
  ];
}

const DAY_MS = 86_400_000;

/** The age in days of the oldest key of a kind that has a date; 0 without any. */
export const oldestDays = (keys: readonly KeyInUse[], kind: KeyKind, now: number): number =>
  Math.max(
    0,
    ...keys.flatMap((key) => (key.kind === kind && key.issued_at !== null ? [now - key.issued_at] : [])),
  ) / DAY_MS;
