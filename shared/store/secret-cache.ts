import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type * as z from "zod";

const CACHE_MS = 5 * 60_000;
/** A wrong credential makes us read the secret again, but not more often than this. */
const REFRESH_MS = 1_000;

/** A secret, kept at most five minutes. `null` while setup has not written it. */
export interface CachedSecret<Value> {
  get(): Promise<Value | null>;
  /** Reads again because something in it seems out of date. */
  refresh(): Promise<Value | null>;
}

/** Keeps what `read` fetches: the secret's text, empty while it has none. */
export function cacheSecret<Schema extends z.ZodType>(
  read: () => Promise<string>,
  schema: Schema,
  now: () => number = Date.now,
): CachedSecret<z.output<Schema>> {
  let cached: { value: z.output<Schema> | null; at: number } | undefined;
  let reading: Promise<z.output<Schema> | null> | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  /** Whoever asks while a read is under way gets what that read finds. */
  const readAgain = () => {
    reading ??= (async () => {
      readAt = now();
      try {
        const value = parse(await read(), schema);
        // What is not set up yet may be in a second.
        cached = { value, at: value === null ? Number.NEGATIVE_INFINITY : now() };
        return value;
      } finally {
        reading = undefined;
      }
    })();
    return reading;
  };
  const recent = (since: number, milliseconds: number) => now() - since < milliseconds;
  return {
    get: async () => (cached && recent(cached.at, CACHE_MS) ? cached.value : readAgain()),
    refresh: async () => (cached && !reading && recent(readAt, REFRESH_MS) ? cached.value : readAgain()),
  };
}

export const cachedSecret = <Schema extends z.ZodType>(
  client: SecretsManagerClient,
  SecretId: string,
  schema: Schema,
): CachedSecret<z.output<Schema>> =>
  cacheSecret(async () => {
    try {
      return (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? "";
    } catch (error) {
      // A secret that setup has not written yet may have no value at all.
      if (error instanceof ResourceNotFoundException) return "";
      throw error;
    }
  }, schema);

/** `null` for what is not JSON or not of the shape; neither error may be passed on, they quote the secret. */
function parse<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> | null {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
