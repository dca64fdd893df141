import { describe, expect, test } from "vitest";
import {
  gatewayAccountOf,
  slotsWithoutToken,
  withCaller,
  withGatewayAccount,
  withoutCallerKeys,
  withSandboxAccount,
  withWebhookToken,
} from "../../../infra/local/merge-secrets.ts";
import {
  callersSecretSchema,
  gatewaySecretSchema,
  sandboxSecretSchema,
  webhooksSecretSchema,
} from "../../../shared/store/secrets.ts";

const hash = (digit: string) => digit.repeat(64);
const hashKey = "k".repeat(44);

describe("callers", () => {
  test("a new key comes first and all earlier ones stay", () => {
    const once = withCaller(undefined, "a/1", hash("1"), hashKey, 1);
    const twice = withCaller(
      withCaller(once, "b/2", hash("2"), "x".repeat(44), 2),
      "a/1",
      hash("3"),
      "y".repeat(44),
      3,
    );
    expect(callersSecretSchema.parse(twice)).toEqual({
      hashKey,
      callers: [
        {
          accountId: "a/1",
          keyHashes: [hash("3"), hash("1")],
          issuedAt: { [hash("3")]: 3, [hash("1")]: 1 },
        },
        { accountId: "b/2", keyHashes: [hash("2")], issuedAt: { [hash("2")]: 2 } },
      ],
    });
  });

  test("the same key again changes nothing", () => {
    const once = withCaller(undefined, "a/1", hash("1"), hashKey);
    expect(withCaller(once, "a/1", hash("1"), "z".repeat(44))).toEqual(once);
  });

  test("an account whose callers show tokens has no key, and one that had some keeps them", () => {
    const known = withCaller(undefined, "a/1", null, hashKey);
    expect(callersSecretSchema.parse(known)).toEqual({
      hashKey,
      callers: [{ accountId: "a/1", keyHashes: [], issuedAt: {} }],
    });
    const withKey = withCaller(known, "a/1", hash("1"), hashKey);
    expect(withCaller(withKey, "a/1", null, hashKey)).toEqual(withKey);
  });

  test("a key of before dates were kept has none, whatever is added beside it or taken away", () => {
    const before = { hashKey, callers: [{ accountId: "a/1", keyHashes: [hash("1")] }] };
    const again = withCaller(before, "a/1", hash("1"), hashKey, 7);
    expect(again.callers).toEqual([{ accountId: "a/1", keyHashes: [hash("1")], issuedAt: {} }]);
    const two = withCaller(before, "a/1", hash("2"), hashKey, 7);
    expect(two.callers[0]?.issuedAt).toEqual({ [hash("2")]: 7 });
    expect(withoutCallerKeys(two, "a/1", [hash("2")]).callers[0]?.issuedAt).toEqual({});
  });
});

describe("gateway accounts", () => {
  const account = { accountId: "a/1", baseUrl: "https://gateway.example.com", apiKey: "one" };

  test("other accounts, and fields that this version does not know, stay", () => {
    const before = {
      later: true,
      accounts: {
        "a/1": { ...account, apiKey: "old", keys: { k1: "jwk" } },
        "b/2": { ...account, accountId: "b/2" },
      },
    };
    const after = withGatewayAccount(before, account);
    expect(after).toEqual({
      later: true,
      accounts: { "a/1": { ...account, keys: { k1: "jwk" } }, "b/2": before.accounts["b/2"] },
    });
    expect(gatewaySecretSchema.safeParse(after).success).toBe(true);
  });

  test("a known account is found by its id, or as the only one", () => {
    const secret = withGatewayAccount(undefined, account);
    expect(gatewayAccountOf(secret)).toEqual(account);
    expect(gatewayAccountOf(secret, "a/1")).toEqual(account);
    expect(gatewayAccountOf(secret, "c/3")).toBeUndefined();
    expect(gatewayAccountOf(undefined)).toBeUndefined();
  });
});

describe("webhook tokens", () => {
  test("at most two are valid, newest first, and each slot and account keeps its own", () => {
    let secret: unknown;
    for (const digit of ["1", "2", "3"])
      secret = withWebhookToken(secret, "a/1", "profile-status", hash(digit), Number(digit));
    secret = withWebhookToken(secret, "a/1", "scheduling", hash("4"), 4);
    secret = withWebhookToken(secret, "b/2", "profile-status", hash("5"), 5);
    expect(webhooksSecretSchema.parse(secret).slots).toEqual([
      {
        accountId: "a/1",
        slot: "profile-status",
        tokenHashes: [hash("3"), hash("2")],
        issuedAt: { [hash("3")]: 3, [hash("2")]: 2 },
      },
      { accountId: "a/1", slot: "scheduling", tokenHashes: [hash("4")], issuedAt: { [hash("4")]: 4 } },
      { accountId: "b/2", slot: "profile-status", tokenHashes: [hash("5")], issuedAt: { [hash("5")]: 5 } },
    ]);
    expect(slotsWithoutToken(secret, "a/1")).toEqual(["capture-session", "profile-creation"]);
    expect(slotsWithoutToken(undefined, "a/1")).toHaveLength(4);
  });
});

test("a sandbox account has one key, other accounts keep theirs, and the sandbox learns its base URL", () => {
  const url = "https://sandbox.example.com";
  const first = withSandboxAccount(undefined, "a/1", hash("1"), "https://old.example.com");
  const before = withSandboxAccount(first, "b/2", hash("2"), url);
  const { accounts, baseUrl } = sandboxSecretSchema.parse(withSandboxAccount(before, "a/1", hash("3"), url));
  expect(accounts).toEqual([
    { accountId: "b/2", apiKeyHash: hash("2"), contentKeys: [] },
    { accountId: "a/1", apiKeyHash: hash("3"), contentKeys: [] },
  ]);
  expect(baseUrl).toBe(url);
});

test("a secret of another shape is refused instead of overwritten, without a word of what it holds", () => {
  const strange = { callers: "confidential" };
  expect(() => withCaller(strange, "a/1", hash("1"), hashKey)).toThrow(/callers secret holds something/);
  expect(() => withCaller(strange, "a/1", hash("1"), hashKey)).not.toThrow(/confidential/);
});
