import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { encryptingKey } from "../../shared/gateway/encryption.ts";
import { gatewaySecretSchema, type StoredContentKey } from "../../shared/store/secrets.ts";
import { ask } from "./ask.ts";
import { chosenAccount, NO_ACCOUNT } from "./chosen-account.ts";
import { CommandFailed } from "./command-failed.ts";
import { newContentKey, type RotationPace, rotated } from "./content-keys.ts";
import { readEndpoints, writeEndpoints } from "./endpoints.ts";
import { contentKeysOf, withContentKeys, withSandboxContentKeys } from "./merge-secrets.ts";
import { changeSecret, readSecret } from "./secret-values.ts";
import { findTarget } from "./stage-target.ts";

/** Where the content keys of a stage are kept: ours, and the gateway's where that is the sandbox. */
export interface KeyStore {
  secrets: SecretsManagerClient;
  gatewaySecret: string;
  sandboxSecret: string | null;
}

/** As shared/store/secret-cache.ts has it. */
const SECRET_CACHE_SECONDS = 300;

type NewKey = Pick<StoredContentKey, "kid" | "cek">;

/** Adds a content key to an account on both sides, and plans the switch and the retirement. Returns all keys. */
export async function rotateKeys(
  { secrets, gatewaySecret, sandboxSecret }: KeyStore,
  accountId: string,
  fresh: NewKey,
  pace: RotationPace,
  now = Date.now(),
): Promise<StoredContentKey[]> {
  let keys: StoredContentKey[] = [];
  await changeSecret(secrets, gatewaySecret, (before) => {
    keys = rotated(contentKeysOf(before, accountId), fresh, now, pace);
    return withContentKeys(before, accountId, keys);
  });
  // Both sides get the same: where they differed, ours is what counts.
  if (sandboxSecret)
    await changeSecret(secrets, sandboxSecret, (before) => withSandboxContentKeys(before, accountId, keys));
  return keys;
}

/** `npm run keys -- rotate`. Throws `CommandFailed`. */
export async function rotateStageKeys(
  stage: string,
  { account, ...pace }: RotationPace & { account?: string | undefined },
): Promise<void> {
  const store = await keyStoreOf(stage);
  const accountId = chosenAccount(
    [...(await keysByAccount(store.secrets, store.gatewaySecret)).keys()],
    account,
  );
  const fresh = store.sandboxSecret ? newContentKey() : await enteredKey(process.env);
  if (Math.min(pace.switchAfterSeconds, pace.overlapSeconds) < SECRET_CACHE_SECONDS)
    console.log(
      `Note: functions keep a secret for up to ${SECRET_CACHE_SECONDS} s; with a shorter switch or overlap, requests may fail until they have read it anew.`,
    );
  const keys = await rotateKeys(store, accountId, fresh, pace);
  if (stage === "local") await tellEndpoints(accountId, keys);
  console.log(`Stage ${stage}, account ${accountId}: key ${fresh.kid} is added.\n`);
  printKeys(keys);
  if (store.sandboxSecret)
    console.log(`\nFor callers that encrypt for themselves (shown only now): ${fresh.cek}`);
}

/** `npm run keys -- list`: every account's keys, never the keys themselves. */
export async function listStageKeys(stage: string): Promise<void> {
  const { secrets, gatewaySecret } = await keyStoreOf(stage);
  const accounts = await keysByAccount(secrets, gatewaySecret);
  if (accounts.size === 0) throw new CommandFailed(NO_ACCOUNT);
  for (const [accountId, keys] of accounts) {
    console.log(`account ${accountId}${keys.length === 0 ? ": no content key" : ""}`);
    printKeys(keys);
  }
}

function printKeys(keys: readonly StoredContentKey[], now = Date.now()): void {
  const at = (time: number) => new Date(time).toISOString();
  const inUse = encryptingKey(keys, now);
  for (const key of keys) {
    const { kid, encrypts_from, retires_at } = key;
    const retired = retires_at !== null && retires_at <= now;
    const until = retires_at === null ? "" : `, read until ${at(retires_at)}`;
    const encrypts =
      encrypts_from > now ? `encrypts from ${at(encrypts_from)}` : key === inUse ? "in use" : "replaced";
    console.log(`  ${kid}  ${retired ? "retired" : encrypts + until}`);
  }
}

async function keyStoreOf(stage: string): Promise<KeyStore> {
  const { secrets, gatewaySecret, sandbox } = await findTarget(stage);
  return { secrets, gatewaySecret, sandboxSecret: sandbox?.secret ?? null };
}

async function keysByAccount(
  secrets: SecretsManagerClient,
  name: string,
): Promise<Map<string, StoredContentKey[]>> {
  const secret = gatewaySecretSchema.safeParse((await readSecret(secrets, name)) ?? { accounts: {} });
  if (!secret.success)
    throw new CommandFailed(
      `the gateway secret holds something that this version does not know (${secret.error.issues[0]?.path.join(".")}): mend it first`,
    );
  return new Map(Object.entries(secret.data.accounts).map(([id, { contentKeys }]) => [id, contentKeys]));
}

/** The key as the provider handed it over, from the environment or else asked for. */
async function enteredKey(environment: Record<string, string | undefined>): Promise<NewKey> {
  const kid = environment["CONTENT_KEY_ID"]?.trim() || (await ask("Key id: ", "set CONTENT_KEY_ID"));
  const cek =
    environment["CONTENT_KEY"]?.trim() ||
    (await ask("Content key, Base64 (not shown): ", "set CONTENT_KEY", { secret: true }));
  if (!kid || !cek)
    throw new CommandFailed("a rotation needs the key's id and the key, as the provider sent them");
  return { kid, cek };
}

async function tellEndpoints(accountId: string, contentKeys: StoredContentKey[]): Promise<void> {
  const endpoints = await readEndpoints();
  if (endpoints.accountId === accountId) await writeEndpoints({ ...endpoints, contentKeys });
}
