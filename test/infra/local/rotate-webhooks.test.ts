import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256Hex } from "../../../infra/local/new-key.ts";
import { rotateWebhooks, validWebhooks } from "../../../infra/local/rotate-webhooks.ts";
import { type AccountToSetUp, setUpAccount } from "../../../infra/local/set-up-account.ts";
import { type WebhooksSecret, webhookSlots, webhooksSecretSchema } from "../../../shared/store/secrets.ts";
import { MemorySecrets } from "./memory-secrets.ts";

let secrets: MemorySecrets;
let sandbox: Server;
let status: number;
let told: { apiKey: unknown; accountId: unknown; body: unknown }[];

beforeEach(async () => {
  secrets = new MemorySecrets();
  status = 200;
  told = [];
  sandbox = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as unknown;
    told.push({ apiKey: request.headers["api-key"], accountId: request.headers["account-id"], body });
    response.writeHead(status).end("{}");
  }).listen(0, "127.0.0.1");
  await once(sandbox, "listening");
});
afterEach(() => {
  sandbox.close();
});

const target = (withSandbox = false) => ({
  secrets: secrets.client,
  callersSecret: "callers",
  gatewaySecret: "gateway",
  webhooksSecret: "webhooks",
  webhooksUrl: "https://hooks.example.com",
  ...(withSandbox && {
    sandbox: { secret: "sandbox", url: `http://127.0.0.1:${(sandbox.address() as AddressInfo).port}` },
  }),
});
const account: AccountToSetUp = {
  accountId: "a/1",
  callerKey: "caller-key-1",
  gateway: { baseUrl: "https://gateway.example.com", apiKey: "gateway-key" },
  webhookKind: "W1",
  rotateWebhooks: false,
};
const hashesOf = (accountId: string) =>
  Object.fromEntries(
    secrets
      .read<WebhooksSecret>("webhooks")
      .slots.filter((entry) => entry.accountId === accountId)
      .map(({ slot, tokenHashes }) => [slot, tokenHashes]),
  );
const hashOf = (url = "") => sha256Hex(url.split("/").at(-1) ?? "");

test("a rotation gives four new URLs, keeps those before and ends those before them", async () => {
  const first = await setUpAccount(target(), account);
  const second = await rotateWebhooks(target(), "a/1");
  expect(Object.keys(second)).toEqual([...webhookSlots]);
  for (const slot of webhookSlots) {
    expect(second[slot]).toMatch(new RegExp(`^https://hooks\\.example\\.com/webhooks/${slot}/[\\w-]{43}$`));
    expect(hashesOf("a/1")[slot]).toEqual([hashOf(second[slot]), hashOf(first[slot])]);
  }
  const third = await rotateWebhooks(target(), "a/1");
  for (const slot of webhookSlots)
    expect(hashesOf("a/1")[slot]).toEqual([hashOf(third[slot]), hashOf(second[slot])]);
  expect(webhooksSecretSchema.safeParse(secrets.read("webhooks")).success).toBe(true);
});

test("a rotation touches no other account and no other secret", async () => {
  await setUpAccount(target(), account);
  await setUpAccount(target(), { ...account, accountId: "b/2" });
  const [other, callers, gateway] = [
    hashesOf("b/2"),
    secrets.values.get("callers"),
    secrets.values.get("gateway"),
  ];
  await rotateWebhooks(target(), "a/1");
  expect([hashesOf("b/2"), secrets.values.get("callers"), secrets.values.get("gateway")]).toEqual([
    other,
    callers,
    gateway,
  ]);
});

test("a sandbox is told the new URLs, with the key that the stage has there", async () => {
  await setUpAccount(target(true), account);
  const urls = await rotateWebhooks(target(true), "a/1", "W3");
  expect(told.at(-1)).toEqual({ apiKey: "gateway-key", accountId: "a/1", body: { kind: "W3", urls } });
});

test("a sandbox that does not take them is named, and the URLs before stay valid", async () => {
  const first = await setUpAccount(target(true), account);
  status = 404;
  await expect(rotateWebhooks(target(true), "a/1")).rejects.toThrow(/did not take the webhook URLs.*404/);
  for (const slot of webhookSlots) expect(hashesOf("a/1")[slot]).toContain(hashOf(first[slot]));
});

test("an account that was never set up gets no URLs", async () => {
  await setUpAccount(target(), account);
  const webhooks = secrets.values.get("webhooks");
  await expect(rotateWebhooks(target(), "c/3")).rejects.toThrow(/not set up/);
  expect(secrets.values.get("webhooks")).toBe(webhooks);
});

test("what is valid is told in numbers, of accounts without a URL as well", async () => {
  await setUpAccount(target(), account);
  await rotateWebhooks(target(), "a/1");
  secrets.values.set(
    "webhooks",
    JSON.stringify({ slots: secrets.read<WebhooksSecret>("webhooks").slots.slice(1) }),
  );
  const withOther = { accounts: { ...secrets.read<{ accounts: object }>("gateway").accounts, "b/2": {} } };
  secrets.values.set("gateway", JSON.stringify(withOther));
  expect(Object.fromEntries(await validWebhooks(target()))).toEqual({
    "a/1": { "profile-status": 0, "capture-session": 2, scheduling: 2, "profile-creation": 2 },
    "b/2": { "profile-status": 0, "capture-session": 0, scheduling: 0, "profile-creation": 0 },
  });
});
