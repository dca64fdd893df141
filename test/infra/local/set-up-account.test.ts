import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newContentKey } from "../../../infra/local/content-keys.ts";
import { sha256Hex } from "../../../infra/local/new-key.ts";
import { rotateKeys } from "../../../infra/local/rotate-keys.ts";
import { type AccountToSetUp, setUpAccount } from "../../../infra/local/set-up-account.ts";
import {
  configuredAccounts,
  enteredAccount,
  enteredKey,
  sandboxAccount,
} from "../../../infra/local/set-up-stage.ts";
import {
  type CallersSecret,
  type GatewaySecret,
  type SandboxSecret,
  type WebhooksSecret,
  webhookSlots,
} from "../../../shared/store/secrets.ts";
import { MemorySecrets } from "./memory-secrets.ts";

describe("setting an account up", () => {
  let secrets: MemorySecrets;
  let sandbox: Server;
  let requests: { path: string; headers: Record<string, unknown>; body: unknown }[];
  let sandboxUrl: string;

  beforeEach(async () => {
    secrets = new MemorySecrets();
    requests = [];
    sandbox = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString()) as unknown;
      requests.push({ path: `${request.method} ${request.url}`, headers: request.headers, body });
      response.end("{}");
    }).listen(0, "127.0.0.1");
    await once(sandbox, "listening");
    sandboxUrl = `http://127.0.0.1:${(sandbox.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    sandbox.close();
  });

  const target = (withSandbox: boolean) => ({
    secrets: secrets.client,
    callersSecret: "callers",
    gatewaySecret: "gateway",
    webhooksSecret: "webhooks",
    webhooksUrl: "https://hooks.example.com",
    ...(withSandbox && { sandbox: { secret: "sandbox", url: sandboxUrl } }),
  });
  const account: AccountToSetUp = {
    accountId: "a/1",
    callerKey: "caller-key-1",
    gateway: { baseUrl: "https://gateway.example.com", apiKey: "gateway-key" },
    webhookKind: "W3",
    rotateWebhooks: false,
  };

  test("stores hashes of the caller's key and the webhook tokens, never the words", async () => {
    const urls = await setUpAccount(target(false), account);
    expect(Object.keys(urls)).toEqual([...webhookSlots]);
    const token = urls.scheduling?.split("/").at(-1) ?? "";
    expect(urls.scheduling).toBe(`https://hooks.example.com/webhooks/scheduling/${token}`);
    expect(token).toMatch(/^[\w-]{43}$/);
    const stored = (secrets.values.get("callers") ?? "") + secrets.values.get("webhooks");
    expect(stored).not.toContain("caller-key-1");
    expect(stored).not.toContain(token);
    expect(stored).toContain(sha256Hex("caller-key-1"));
    expect(stored).toContain(sha256Hex(token));
    expect(new Set(Object.values(urls).map((url) => url.split("/").at(-1))).size).toBe(4);
  });

  test("repeated, adds a caller's key, keeps the one before and leaves webhook URLs alone", async () => {
    await setUpAccount(target(false), account);
    const webhooks = secrets.values.get("webhooks");
    const { hashKey } = secrets.read<CallersSecret>("callers");
    expect(await setUpAccount(target(false), { ...account, callerKey: "caller-key-2" })).toEqual({});
    expect(secrets.read<CallersSecret>("callers")).toMatchObject({
      hashKey,
      callers: [{ accountId: "a/1", keyHashes: [sha256Hex("caller-key-2"), sha256Hex("caller-key-1")] }],
    });
    expect(secrets.values.get("webhooks")).toBe(webhooks);
  });

  test("knows an account whose callers show tokens, without a key", async () => {
    await setUpAccount(target(false), { ...account, callerKey: null });
    expect(secrets.read<CallersSecret>("callers").callers).toMatchObject([
      { accountId: "a/1", keyHashes: [] },
    ]);
  });

  test("repeated with the same key, writes nothing", async () => {
    await setUpAccount(target(true), account);
    const { writes } = secrets;
    await setUpAccount(target(true), account);
    expect(secrets.writes).toBe(writes);
    expect(requests).toHaveLength(1);
  });

  test("rotation keeps the URLs before valid, and no older ones", async () => {
    for (let round = 0; round < 3; round++)
      await setUpAccount(target(false), { ...account, rotateWebhooks: true });
    for (const { tokenHashes } of secrets.read<WebhooksSecret>("webhooks").slots)
      expect(tokenHashes).toHaveLength(2);
  });

  test("tells the sandbox all four URLs and the kind of webhook", async () => {
    const urls = await setUpAccount(target(true), account);
    expect(requests).toMatchObject([
      {
        path: "PUT /sandbox/webhooks",
        headers: { "api-key": "gateway-key", "account-id": "a/1" },
        body: { kind: "W3", urls },
      },
    ]);
    expect(Object.keys(urls)).toHaveLength(4);
  });

  test("gives a sandbox account one content key, the same on both sides and the same again", async () => {
    await setUpAccount(target(true), account);
    const keys = secrets.read<GatewaySecret>("gateway").accounts["a/1"]?.contentKeys;
    expect(keys).toHaveLength(1);
    await setUpAccount(target(true), { ...account, callerKey: "caller-key-2" });
    expect(secrets.read<GatewaySecret>("gateway").accounts["a/1"]?.contentKeys).toEqual(keys);
    expect(secrets.read<SandboxSecret>("sandbox").accounts).toMatchObject([{ contentKeys: keys }]);
  });

  test("makes no content key for a provider's gateway, which hands its own over", async () => {
    await setUpAccount(target(false), account);
    expect(secrets.read<GatewaySecret>("gateway").accounts["a/1"]?.contentKeys).toBeUndefined();
  });

  test("a rotated content key is on both sides, and other accounts keep theirs", async () => {
    await setUpAccount(target(true), account);
    await setUpAccount(target(true), { ...account, accountId: "b/2" });
    const other = secrets.read<GatewaySecret>("gateway").accounts["b/2"];
    const store = { secrets: secrets.client, gatewaySecret: "gateway", sandboxSecret: "sandbox" };
    const pace = { switchAfterSeconds: 5, overlapSeconds: 60 };
    const keys = await rotateKeys(store, "a/1", newContentKey(), pace);
    expect(keys).toHaveLength(2);
    const { accounts } = secrets.read<GatewaySecret>("gateway");
    expect(accounts).toMatchObject({ "a/1": { contentKeys: keys, apiKey: "gateway-key" }, "b/2": other });
    const sandboxKeys = secrets.read<SandboxSecret>("sandbox").accounts.map(({ contentKeys }) => contentKeys);
    expect(sandboxKeys).toEqual([keys, other?.contentKeys]);
  });

  test("replaces the random word that CloudFormation leaves in a new secret", async () => {
    secrets.values.set("callers", "x!k3%random-word");
    await setUpAccount(target(false), account);
    expect(secrets.read<CallersSecret>("callers").callers).toHaveLength(1);
  });

  test("leaves broken JSON alone and says so", async () => {
    secrets.values.set("callers", '{"hashKey": "abc');
    await expect(setUpAccount(target(false), account)).rejects.toThrow(/secret callers holds broken JSON/);
    expect(secrets.values.get("callers")).toBe('{"hashKey": "abc');
  });
});

describe("the gateway of a stage", () => {
  const environment = {
    GATEWAY_BASE_URL: "https://gateway.example.com/",
    GATEWAY_API_KEY: "word",
    GATEWAY_ACCOUNT_ID: "a/1",
  };

  test("is taken from the environment without a question", async () => {
    expect(await enteredAccount(environment)).toEqual({
      baseUrl: "https://gateway.example.com",
      apiKey: "word",
      accountId: "a/1",
    });
  });

  test.each([
    "http://gateway.example.com",
    "https://a:b@gateway.example.com",
    "https://gateway.example.com?x=1",
    "gateway",
  ])("%s is refused as its base URL", async (url) => {
    await expect(enteredAccount({ ...environment, GATEWAY_BASE_URL: url })).rejects.toThrow(
      /plain https URL/,
    );
  });

  test("a sandbox account that is known keeps its id and key", () => {
    const known = { accountId: "sandbox/1", baseUrl: "https://old.example.com", apiKey: "word" };
    const secret = { accounts: { "sandbox/1": known } };
    expect(sandboxAccount("https://new.example.com", secret)).toEqual({
      ...known,
      baseUrl: "https://new.example.com",
    });
    expect(sandboxAccount("https://new.example.com", undefined).accountId).toMatch(
      /^sandbox\/[0-9a-f-]{36}$/,
    );
  });
});

describe("the accounts of a stage's settings", () => {
  const retail = { accountId: "1/retail", baseUrl: "https://gateway.example.com" };
  const business = { accountId: "1/business", baseUrl: "https://gateway.example.com" };
  const stage = { name: "prod", gatewayAccounts: { retail, business } };
  const none = { name: "prod", gatewayAccounts: {} };

  test("are set up in turn, or one by its name or id", () => {
    expect(configuredAccounts(stage, undefined, undefined)).toEqual([
      { ...retail, name: "retail" },
      { ...business, name: "business" },
    ]);
    expect(configuredAccounts(stage, "business", "key")).toEqual([{ ...business, name: "business" }]);
    expect(configuredAccounts(stage, "1/retail", "key")).toEqual([{ ...retail, name: "retail" }]);
    expect(configuredAccounts(none, undefined, "key")).toEqual([]);
  });

  test("of which an unknown one is refused, and one key for several", () => {
    expect(() => configuredAccounts(stage, "other", undefined)).toThrow(
      'cdk.json: stages.prod.gatewayAccounts has no "other"; it has retail, business',
    );
    expect(() => configuredAccounts(none, "retail", undefined)).toThrow(
      "cdk.json: stages.prod.gatewayAccounts lists no account",
    );
    expect(() => configuredAccounts(stage, undefined, "key")).toThrow(
      "GATEWAY_API_KEY is one account's: name it, --account retail or business",
    );
  });

  test("have their api-key from the environment, else somebody must be there to ask", async () => {
    expect(await enteredKey({ GATEWAY_API_KEY: " word " }, "retail", "old")).toBe("word");
    await expect(enteredKey({}, "retail", undefined)).rejects.toThrow(/no terminal.*set GATEWAY_API_KEY/);
  });
});
