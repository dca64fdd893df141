import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
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

export function cachedSecret<Schema extends z.ZodType>(
  client: SecretsManagerClient,
  secretId: string,
  schema: Schema,
  now: () => number = Date.now,
): CachedSecret<z.output<Schema>> {
  let cached: { value: z.output<Schema> | null; at: number } | undefined;
  const read = async () => {
    const { SecretString = "{}" } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    const value = parse(SecretString, schema);
    // What is not set up yet may be in a second.
    cached = { value, at: value === null ? Number.NEGATIVE_INFINITY : now() };
    return value;
  };
  return {
    get: async () => (cached && now() - cached.at < CACHE_MS ? cached.value : read()),
    refresh: async () => (cached && now() - cached.at < REFRESH_MS ? cached.value : read()),
  };
}

/** `null` for what is not JSON or not of the shape; neither error may be passed on, they quote the secret. */
function parse<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> | null {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
