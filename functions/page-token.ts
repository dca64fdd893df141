import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import * as z from "zod";
import type { DuePosition } from "../shared/store/table.ts";

/** Where a page ended: a shard of the index, and the last entry there that was looked at; `null`: its beginning. */
export interface PageStart {
  shard: number;
  after: DuePosition | null;
}

const pageStartSchema: z.ZodType<PageStart> = z.object({
  shard: z.int().min(0),
  after: z.object({ pk: z.string(), sk: z.string(), dueAt: z.number() }).nullable(),
});

const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Tokens are as long as each other: how long a key is tells something of whose it is. */
const PADDED_BYTES = 512;

/**
 * The entry that a page ended with may be another account's. So the token is sealed with a key of the stage, and good
 * only for what it was given out `about`: the account and its question.
 */
export function sealPageStart(start: PageStart, hashKey: string, about: readonly string[]): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", keyOf(hashKey), iv).setAAD(aad(about));
  const text = Buffer.from(JSON.stringify(start));
  const padded = Buffer.alloc(Math.ceil(text.length / PADDED_BYTES) * PADDED_BYTES, " ");
  text.copy(padded);
  return Buffer.concat([iv, cipher.update(padded), cipher.final(), cipher.getAuthTag()]).toString(
    "base64url",
  );
}

/** `null` for what was not sealed here, or about something else. */
export function openPageStart(token: string, hashKey: string, about: readonly string[]): PageStart | null {
  const sealed = Buffer.from(token, "base64url");
  if (sealed.length < IV_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv("aes-256-gcm", keyOf(hashKey), sealed.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(aad(about))
    .setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const text = Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
    return pageStartSchema.parse(JSON.parse(text.toString()));
  } catch {
    return null;
  }
}

/** Another key than the one of hashes, from the same secret. */
const keyOf = (hashKey: string): Buffer =>
  Buffer.from(hkdfSync("sha256", Buffer.from(hashKey, "base64"), "", "page token", 32));

const aad = (about: readonly string[]): Buffer => Buffer.from(JSON.stringify(about));
