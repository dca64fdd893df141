import { createHash } from "node:crypto";

/** One onboarding: our account and its own unique reference (contract §3.1). */
export interface OnboardingKey {
  account_id: string;
  reference_id: string;
}

/** Shards of the sparse index of due work. */
export const DUE_SHARDS = 16;

const part = (text: string) => `${text.length}:${text}`;

/** Account first, each part with its length, so that no account's key can be another's. */
export const onboardingPk = ({ account_id, reference_id }: OnboardingKey): string =>
  `${part(account_id)}|reference|${part(reference_id)}`;

export const profilePk = (account_id: string, profile_id: string): string =>
  `${part(account_id)}|profile|${part(profile_id)}`;

/** Reads an onboarding's key back; `null` for the key of something else. */
export function parseOnboardingPk(pk: string): OnboardingKey | null {
  const account = readPart(pk);
  const separator = "|reference|";
  if (!account?.rest.startsWith(separator)) return null;
  const reference = readPart(account.rest.slice(separator.length));
  return reference?.rest === "" ? { account_id: account.text, reference_id: reference.text } : null;
}

function readPart(text: string): { text: string; rest: string } | null {
  const colon = text.indexOf(":");
  const length = Number(text.slice(0, colon));
  if (colon < 1 || !Number.isInteger(length) || text.length < colon + 1 + length) return null;
  return { text: text.slice(colon + 1, colon + 1 + length), rest: text.slice(colon + 1 + length) };
}

export const dueShard = (pk: string): string =>
  `due#${createHash("sha256").update(pk).digest().readUInt16BE(0) % DUE_SHARDS}`;

/** The vault's prefix of one onboarding: all personal data of it, and nothing else, lies below. */
export const vaultPrefix = ({ account_id, reference_id }: OnboardingKey): string =>
  `${encodeURIComponent(account_id)}/${encodeURIComponent(reference_id)}/`;
