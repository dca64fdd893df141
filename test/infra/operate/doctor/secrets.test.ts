import { describe, expect, test } from "vitest";
import { parseStage, type Stage } from "../../../../infra/config.ts";
import { lineOf } from "../../../../infra/operate/doctor/finding.ts";
import { judgeSecrets, learnSecrets, type Secrets } from "../../../../infra/operate/doctor/secrets.ts";
import { webhookSlots } from "../../../../shared/store/secrets.ts";
import { MemorySecrets } from "../../local/memory-secrets.ts";

const now = Date.parse("2026-06-01T00:00:00Z");
const DAY = 86_400_000;
const SECRET = "very-secret";
const hash = "0".repeat(64);
const cek = Buffer.alloc(32, 1).toString("base64");
const key = (kid: string, encrypts_from: number, retires_at: number | null = null) => ({
  kid,
  cek,
  encrypts_from,
  retires_at,
});
const account = (accountId: string, more: object = {}) => ({
  accountId,
  apiKey: SECRET,
  baseUrl: "https://gateway.example.com",
  ...more,
});
const issuedAt = { [hash]: now - 100 * DAY };
const callers = {
  hashKey: "k".repeat(44),
  callers: [{ accountId: "a/1", keyHashes: [hash], issuedAt }],
};
const gateway = { accounts: { "a/1": account("a/1") } };
const webhooks = {
  slots: webhookSlots.map((slot) => ({ accountId: "a/1", slot, tokenHashes: [hash], issuedAt })),
};

const stageOf = (settings: object = {}): Stage => parseStage("prod", { prod: settings });

function lines(change: Partial<Record<keyof Secrets, unknown>> = {}, settings: object = {}): string[] {
  const value = { callers, gateway, webhooks, ...change };
  const secrets = Object.fromEntries(
    Object.entries(value).map(([name, held]) => [name, { value: held }]),
  ) as unknown as Secrets;
  const { findings } = judgeSecrets(stageOf(settings), secrets, "https://sandbox.example.com", now);
  const shown = findings.map(lineOf);
  expect(shown.join()).not.toContain(SECRET);
  return shown;
}
const wrongs = (...input: Parameters<typeof lines>) =>
  lines(...input).filter((line) => !line.startsWith("✓"));

test("a stage that was set up is well, a line for each secret", () => {
  expect(lines()).toEqual([
    "✓ secret callers: 1 api-key of 1 account, the oldest issued 2026-02-21",
    "✓ secret gateway: 1 account: a/1",
    "✓ secret webhooks: 4 slots of 1 account, the oldest issued 2026-02-21",
  ]);
});

describe("a secret", () => {
  test.each(["callers", "gateway", "webhooks", "sandbox"] as const)(
    "%s that was never set up is one line",
    (name) => {
      expect(wrongs({ [name]: undefined })).toEqual([
        `✗ secret ${name}: was never set up: \`npm run setup -- --stage prod\``,
      ]);
    },
  );

  test.each([
    ["callers", { ...callers, hashKey: 1 }, "hashKey"],
    ["gateway", { accounts: { "a/1": { ...account("a/1"), apiKey: "" } } }, "accounts.a/1.apiKey"],
    ["gateway", { accounts: { "a/1": account("a/1", { baseUrl: SECRET }) } }, "accounts.a/1.baseUrl"],
    [
      "gateway",
      { accounts: { "a/1": account("a/1", { contentKeys: [{ ...key("k", 0), cek: SECRET }] }) } },
      "accounts.a/1.contentKeys.0.cek",
    ],
    [
      "webhooks",
      { slots: [{ accountId: "a/1", slot: "scheduling", tokenHashes: [SECRET] }] },
      "slots.0.tokenHashes.0",
    ],
    ["webhooks", [], "all of it"],
  ])("%s that is malformed names the place and never what is there", (name, value, path) => {
    expect(wrongs({ [name]: value })).toEqual([
      `✗ secret ${name}: missing or malformed: ${path}: \`npm run setup -- --stage prod\``,
    ]);
  });

  test("with broken JSON, one that is empty, and one that nobody may read", async () => {
    const memory = new MemorySecrets();
    memory.values.set("callers", `{"hashKey": "${SECRET}`);
    memory.values.set("gateway", "");
    const client = memory.client;
    const read = client.send.bind(client);
    client.send = ((command: { input: { SecretId: string } }) =>
      command.input.SecretId === "webhooks"
        ? Promise.reject(new Error("not authorized"))
        : read(command as never)) as typeof client.send;
    const secrets = await learnSecrets(client, {
      callersSecret: "callers",
      gatewaySecret: "gateway",
      webhooksSecret: "webhooks",
    });
    expect(judgeSecrets(stageOf(), secrets, null, now).findings.map(lineOf)).toEqual([
      "✗ secret callers: holds broken JSON: mend it in the console of Secrets Manager",
      "✗ secret gateway: was never set up: `npm run setup -- --stage prod`",
      "? secret webhooks: could not check: not authorized",
    ]);
  });
});

describe("callers", () => {
  test("there must be some, one for every account with a gateway", () => {
    expect(wrongs({ callers: { ...callers, callers: [] } })).toEqual([
      "✗ secret callers: nobody may call: `npm run setup -- --stage prod`",
    ]);
    const other = { accounts: { ...gateway.accounts, "b/2": account("b/2") } };
    expect(wrongs({ gateway: other, webhooks: undefined })[0]).toBe(
      "✗ secret callers: account b/2 has a gateway, but nobody may call in its name: `npm run setup -- --stage prod`",
    );
  });

  test("whose keys are all revoked are for a person to judge, unless they show tokens", () => {
    const revoked = { ...callers, callers: [{ accountId: "a/1", keyHashes: [] }] };
    expect(wrongs({ callers: revoked })).toEqual([
      "? secret callers: account a/1 has no api-key: were all of them revoked? Else: `npm run setup -- --stage prod`",
    ]);
    const jwt = { issuer: "https://login.example.com/", audience: ["onboarding"], accountClaim: "account" };
    expect(lines({ callers: revoked }, { jwt })[0]).toBe("✓ secret callers: 1 account, known by tokens");
  });
});

describe("gateway accounts", () => {
  const main = { accountId: "a/1", baseUrl: "https://gateway.example.com/" };
  const other = { accountId: "b/2", baseUrl: "https://gateway.example.com" };

  test("as the settings list them are well", () => {
    expect(wrongs({}, { gatewayAccounts: { main } })).toEqual([]);
  });

  test("that are listed and have no entry say which to set up", () => {
    expect(wrongs({}, { gatewayAccounts: { main, other } })).toEqual([
      "✗ secret gateway: lacks stages.prod.gatewayAccounts.other (b/2): `npm run setup -- --stage prod --account other`",
    ]);
  });

  test("that have an entry and are not listed say so", () => {
    expect(
      wrongs(
        { gateway: { accounts: { ...gateway.accounts, "b/2": account("b/2") } }, callers: undefined },
        { gatewayAccounts: { main } },
      ),
    ).toContain(
      "✗ secret gateway: has account b/2, which stages.prod.gatewayAccounts does not list: list it in cdk.json, or delete its entry in the secret",
    );
  });

  test("whose gateway moved in the settings are set up again", () => {
    const moved = { ...main, baseUrl: "https://new.example.com" };
    expect(wrongs({}, { gatewayAccounts: { main: moved } })).toEqual([
      "✗ secret gateway: has another base URL than stages.prod.gatewayAccounts.main: `npm run setup -- --stage prod --account main`",
    ]);
  });

  test("must be there, be who they say, and be reached over https", () => {
    expect(wrongs({ gateway: { accounts: {} } })).toEqual([
      "✗ secret gateway: holds no account: `npm run setup -- --stage prod`",
    ]);
    expect(wrongs({ gateway: { accounts: { "a/1": account("b/2") } } })).toEqual([
      "✗ secret gateway: the entry of account a/1 is another account's: `npm run setup -- --stage prod`",
    ]);
    const plain = { accounts: { "a/1": account("a/1", { baseUrl: "http://127.0.0.1:4566" }) } };
    expect(wrongs({ gateway: plain })).toEqual([
      "✗ secret gateway: the base URL of account a/1 is not https: `npm run setup -- --stage prod`",
    ]);
    expect(wrongs({ gateway: plain }, { sandbox: {} })).toEqual([]);
  });
});

describe("content keys", () => {
  const encrypted = { workflows: { x: { config_id: "c", decision: { kind: "person" }, encrypted: true } } };
  const withKeys = (...contentKeys: object[]) => ({
    gateway: { accounts: { "a/1": account("a/1", { contentKeys }) } },
  });
  const rotate = "`npm run keys -- rotate --stage prod --account a/1`";

  test("one must be in use where a workflow is encrypted", () => {
    expect(wrongs({}, encrypted)).toEqual([
      `✗ content key of a/1: none is in use, but the workflow x is encrypted: ${rotate}`,
    ]);
    expect(wrongs(withKeys(key("later", now + DAY)), encrypted)).toHaveLength(1);
    expect(lines(withKeys(key("k", now - DAY)), encrypted)).toContain(
      "✓ content key of a/1: in use since 2026-05-31",
    );
  });

  test("none is needed where no workflow is, unless there was one", () => {
    expect(wrongs()).toEqual([]);
    expect(wrongs(withKeys(key("k", now - DAY, now - 1)))).toEqual([
      `✗ content key of a/1: none is in use any more: ${rotate}`,
    ]);
  });

  test("one that retires must have a successor", () => {
    const retiring = key("old", now - DAY, now + 2 * DAY);
    expect(wrongs(withKeys(retiring))).toEqual([
      `✗ content key of a/1: retires 2026-06-03 and none follows it: ${rotate}`,
    ]);
    expect(wrongs(withKeys(key("new", now + DAY), retiring))).toEqual([]);
    expect(wrongs(withKeys(key("new", now + 3 * DAY), retiring))).toHaveLength(1);
  });
});

describe("webhook tokens", () => {
  test("every account with a gateway has one for each slot", () => {
    const [, ...rest] = webhooks.slots;
    expect(wrongs({ webhooks: { slots: rest } })).toEqual([
      "✗ secret webhooks: account a/1 has no URL for profile-status: `npm run setup -- --stage prod`",
    ]);
    expect(wrongs({ webhooks: { slots: [] } })).toEqual([
      "✗ secret webhooks: no URL was issued for a/1: `npm run setup -- --stage prod`",
    ]);
  });
});

describe("the sandbox's accounts", () => {
  const sandbox = {
    baseUrl: "https://sandbox.example.com",
    accounts: [{ accountId: "a/1", apiKeyHash: hash }],
  };
  const settings = { sandbox: {} };

  test("are there, and links lead to where the sandbox is", () => {
    expect(lines({ sandbox }, settings).at(-1)).toBe("✓ secret sandbox: 1 account");
    expect(wrongs({ sandbox: { ...sandbox, accounts: [] } }, settings)).toEqual([
      "✗ secret sandbox: holds no account: `npm run setup -- --stage prod`",
    ]);
    expect(wrongs({ sandbox: { ...sandbox, baseUrl: "https://old.example.com" } }, settings)).toEqual([
      "✗ secret sandbox: capture links lead elsewhere: its base URL is not the sandbox's: `npm run setup -- --stage prod`",
    ]);
  });
});
