import * as z from "zod";
import {
  contentKeySchema,
  type StoredContentKey,
  type WebhookSlot,
  webhookSlots,
} from "../../shared/store/secrets.ts";
import { CommandFailed } from "./command-failed.ts";

/**
 * What each secret may hold before setup adds to it. Loose: entries and fields that this version does not know are
 * carried over untouched, because a rewritten secret that lost a key locks somebody out.
 */
const issuedBefore = z.record(z.string(), z.number()).optional();
const callersBefore = z.looseObject({
  hashKey: z.string().min(40).optional(),
  callers: z
    .array(z.looseObject({ accountId: z.string(), keyHashes: z.array(z.string()), issuedAt: issuedBefore }))
    .default([]),
});
const keysBefore = z.array(contentKeySchema).optional();
const gatewayBefore = z.looseObject({
  accounts: z.record(z.string(), z.looseObject({ contentKeys: keysBefore })).default({}),
});
const webhooksBefore = z.looseObject({
  slots: z
    .array(
      z.looseObject({
        accountId: z.string(),
        slot: z.string(),
        tokenHashes: z.array(z.string()),
        issuedAt: issuedBefore,
      }),
    )
    .default([]),
});
const sandboxBefore = z.looseObject({
  accounts: z
    .array(z.looseObject({ accountId: z.string(), apiKeyHash: z.string(), contentKeys: keysBefore }))
    .default([]),
});

/**
 * Adds a caller's key hash, or the account alone where callers show tokens, and keeps all earlier ones; `hashKey` is
 * set once and never changed.
 */
export function withCaller(
  before: unknown,
  accountId: string,
  keyHash: string | null,
  newHashKey: string,
  now: number = Date.now(),
) {
  const secret = parse(callersBefore, before, "callers");
  const known = secret.callers.find((caller) => caller.accountId === accountId);
  const keysBefore = known?.keyHashes ?? [];
  const fresh = keyHash !== null && !keysBefore.includes(keyHash) ? keyHash : null;
  const keyHashes = fresh === null ? keysBefore : [fresh, ...keysBefore];
  const account = {
    ...known,
    accountId,
    keyHashes,
    issuedAt: issuedAt(keyHashes, known?.issuedAt, fresh, now),
  };
  const callers = known
    ? secret.callers.map((caller) => (caller === known ? account : caller))
    : [...secret.callers, account];
  return { ...secret, hashKey: secret.hashKey ?? newHashKey, callers };
}

/** When the hashes of an entry were issued: as it was noted, and now for a fresh one. Of others nobody knows. */
function issuedAt(
  hashes: readonly string[],
  noted: Readonly<Record<string, number>> = {},
  fresh: string | null = null,
  now = 0,
): Record<string, number> {
  const dates = hashes.map((hash) => [hash, noted[hash] ?? (hash === fresh ? now : undefined)] as const);
  return Object.fromEntries(dates.flatMap(([hash, at]) => (at === undefined ? [] : [[hash, at]])));
}

/** The hashes of each account's keys, newest first. */
export const callerKeys = (before: unknown): Map<string, string[]> =>
  new Map(
    parse(callersBefore, before, "callers").callers.map(({ accountId, keyHashes }) => [accountId, keyHashes]),
  );

/** Takes keys of an account away by their hashes; the account stays, with or without a key. */
export function withoutCallerKeys(before: unknown, accountId: string, revoked: readonly string[]) {
  const secret = parse(callersBefore, before, "callers");
  const callers = secret.callers.map((caller) => {
    if (caller.accountId !== accountId) return caller;
    const keyHashes = caller.keyHashes.filter((hash) => !revoked.includes(hash));
    return { ...caller, keyHashes, issuedAt: issuedAt(keyHashes, caller.issuedAt) };
  });
  return { ...secret, callers };
}

/** Sets where an account's gateway is; other accounts, and what else this one's entry holds, stay. */
export function withGatewayAccount(
  before: unknown,
  account: { accountId: string; baseUrl: string; apiKey: string },
) {
  const secret = parse(gatewayBefore, before, "gateway");
  return {
    ...secret,
    accounts: {
      ...secret.accounts,
      [account.accountId]: { ...secret.accounts[account.accountId], ...account },
    },
  };
}

/** The content keys that an account has on our side. */
export const contentKeysOf = (before: unknown, accountId: string): StoredContentKey[] =>
  parse(gatewayBefore, before, "gateway").accounts[accountId]?.contentKeys ?? [];

/** Sets an account's content keys on our side; the account must be there. */
export function withContentKeys(before: unknown, accountId: string, contentKeys: StoredContentKey[]) {
  const secret = parse(gatewayBefore, before, "gateway");
  const account = secret.accounts[accountId];
  return { ...secret, accounts: { ...secret.accounts, [accountId]: { ...account, contentKeys } } };
}

/** Sets an account's content keys on the sandbox's side. */
export function withSandboxContentKeys(before: unknown, accountId: string, contentKeys: StoredContentKey[]) {
  const secret = parse(sandboxBefore, before, "sandbox");
  const accounts = secret.accounts.map((account) =>
    account.accountId === accountId ? { ...account, contentKeys } : account,
  );
  return { ...secret, accounts };
}

/** Every account that has a gateway. */
export const gatewayAccountIds = (before: unknown): string[] =>
  Object.keys(parse(gatewayBefore, before, "gateway").accounts);

/** The gateway entry that an account has already, if it is complete. */
export function gatewayAccountOf(before: unknown, accountId?: string) {
  const complete = z.object({ baseUrl: z.string(), apiKey: z.string().min(1), accountId: z.string().min(1) });
  const accounts = Object.values(parse(gatewayBefore, before, "gateway").accounts).flatMap((entry) => {
    const parsed = complete.safeParse(entry);
    return parsed.success ? [parsed.data] : [];
  });
  return accountId ? accounts.find((account) => account.accountId === accountId) : accounts[0];
}

/** Which of an account's four slots have no token yet. */
export function slotsWithoutToken(before: unknown, accountId: string): WebhookSlot[] {
  const { slots } = parse(webhooksBefore, before, "webhooks");
  return webhookSlots.filter(
    (slot) =>
      !slots.some(
        (entry) => entry.accountId === accountId && entry.slot === slot && entry.tokenHashes.length > 0,
      ),
  );
}

/** How many tokens are valid, by account and slot. */
export function webhookTokens(before: unknown): Map<string, Record<WebhookSlot, number>> {
  const { slots } = parse(webhooksBefore, before, "webhooks");
  const counted = (accountId: string) =>
    webhookSlots.map((slot) => {
      const entry = slots.find((each) => each.accountId === accountId && each.slot === slot);
      return [slot, entry?.tokenHashes.length ?? 0];
    });
  return new Map(
    slots.map(({ accountId }) => [
      accountId,
      Object.fromEntries(counted(accountId)) as Record<WebhookSlot, number>,
    ]),
  );
}

/** Puts a new token hash first in its slot; the one before stays valid, older ones do not. */
export function withWebhookToken(
  before: unknown,
  accountId: string,
  slot: WebhookSlot,
  tokenHash: string,
  now: number = Date.now(),
) {
  const secret = parse(webhooksBefore, before, "webhooks");
  const known = secret.slots.find((entry) => entry.accountId === accountId && entry.slot === slot);
  const hashesBefore = known?.tokenHashes ?? [];
  const fresh = hashesBefore.includes(tokenHash) ? null : tokenHash;
  const tokenHashes = [...new Set([tokenHash, ...hashesBefore])].slice(0, 2);
  const entry = {
    ...known,
    accountId,
    slot,
    tokenHashes,
    issuedAt: issuedAt(tokenHashes, known?.issuedAt, fresh, now),
  };
  const slots = known
    ? secret.slots.map((each) => (each === known ? entry : each))
    : [...secret.slots, entry];
  return { ...secret, slots };
}

/**
 * Lets an account call the sandbox gateway with this key, instead of an earlier one of its own, and tells the sandbox
 * its own base URL.
 */
export function withSandboxAccount(before: unknown, accountId: string, apiKeyHash: string, baseUrl: string) {
  const secret = parse(sandboxBefore, before, "sandbox");
  const known = secret.accounts.find((account) => account.accountId === accountId);
  return {
    ...secret,
    baseUrl,
    accounts: [
      ...secret.accounts.filter((account) => account.accountId !== accountId),
      { ...known, accountId, apiKeyHash },
    ],
  };
}

function parse<T>(schema: z.ZodType<T>, before: unknown, name: string): T {
  const parsed = schema.safeParse(before ?? {});
  if (parsed.success) return parsed.data;
  throw new CommandFailed(
    `the ${name} secret holds something that setup does not know (${parsed.error.issues[0]?.path.join(".") || "not an object"}): mend or empty it first`,
  );
}
