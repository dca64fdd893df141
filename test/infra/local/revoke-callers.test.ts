import { beforeEach, expect, test } from "vitest";
import { sha256Hex } from "../../../infra/local/new-key.ts";
import { revokeCallers } from "../../../infra/local/revoke-callers.ts";
import { setUpAccount } from "../../../infra/local/set-up-account.ts";
import { type CallersSecret, callersSecretSchema } from "../../../shared/store/secrets.ts";
import { MemorySecrets } from "./memory-secrets.ts";

let secrets: MemorySecrets;
const target = () => ({
  secrets: secrets.client,
  callersSecret: "callers",
  gatewaySecret: "gateway",
  webhooksSecret: "webhooks",
  webhooksUrl: "https://hooks.example.com",
});
const addKey = (accountId: string, callerKey: string) =>
  setUpAccount(target(), {
    accountId,
    callerKey,
    gateway: { baseUrl: "https://gateway.example.com", apiKey: "gateway-key" },
    webhookKind: "W1",
    rotateWebhooks: false,
  });
const keysOf = (accountId: string) =>
  secrets.read<CallersSecret>("callers").callers.find((caller) => caller.accountId === accountId)?.keyHashes;

const dated = (key: string) => ({ [sha256Hex(key)]: expect.any(Number) });

beforeEach(async () => {
  secrets = new MemorySecrets();
  for (const key of ["one", "two", "three"]) await addKey("a/1", key);
  await addKey("b/2", "theirs");
});

test("all but the newest go, and nothing else changes", async () => {
  const { hashKey } = secrets.read<CallersSecret>("callers");
  expect(await revokeCallers(target(), "a/1", { keepNewest: true })).toEqual([
    sha256Hex("two"),
    sha256Hex("one"),
  ]);
  expect(secrets.read("callers")).toEqual({
    hashKey,
    callers: [
      { accountId: "a/1", keyHashes: [sha256Hex("three")], issuedAt: dated("three") },
      { accountId: "b/2", keyHashes: [sha256Hex("theirs")], issuedAt: dated("theirs") },
    ],
  });
});

test("where there is one key, keeping the newest writes nothing", async () => {
  const { writes } = secrets;
  expect(await revokeCallers(target(), "b/2", { keepNewest: true })).toEqual([]);
  expect(secrets.writes).toBe(writes);
});

test("all go, the account stays, and a later setup gives it a key again", async () => {
  expect(await revokeCallers(target(), "a/1", { keepNewest: false })).toHaveLength(3);
  expect(keysOf("a/1")).toEqual([]);
  expect(callersSecretSchema.safeParse(secrets.read("callers")).success).toBe(true);
  await addKey("a/1", "four");
  expect(keysOf("a/1")).toEqual([sha256Hex("four")]);
  expect(keysOf("b/2")).toEqual([sha256Hex("theirs")]);
});

test("an account that is not there loses nothing", async () => {
  const before = secrets.values.get("callers");
  expect(await revokeCallers(target(), "c/3", { keepNewest: false })).toEqual([]);
  expect(secrets.values.get("callers")).toBe(before);
});
