import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { authenticateBy, cipherBy, hashOfKey } from "../../../functions/sandbox/accounts.ts";
import { cacheSecret } from "../../../shared/store/secret-cache.ts";
import { sandboxSecretSchema } from "../../../shared/store/secrets.ts";

const hash = (key: string) => createHash("sha256").update(key).digest("hex");
const secretOf = (...accounts: [string, string][]) =>
  JSON.stringify({ accounts: accounts.map(([accountId, key]) => ({ accountId, apiKeyHash: hash(key) })) });

function setUp(secret: string) {
  const world = { secret, reads: 0, now: 1_000_000 };
  const read = async () => {
    world.reads++;
    return world.secret;
  };
  const cached = cacheSecret(read, sandboxSecretSchema, () => world.now);
  const byHash = authenticateBy(cached);
  const authenticate = (apiKey: string, accountId: string) => byHash(hashOfKey(apiKey), accountId);
  return { world, byHash, authenticate, cipherOf: cipherBy(cached, () => world.now) };
}

describe("credentials", () => {
  test("a key is valid for its own account only", async () => {
    const { authenticate } = setUp(secretOf(["a", "key a"], ["b", "key b"], ["a", "second key a"]));
    expect(await authenticate("key a", "a")).toBe(true);
    expect(await authenticate("second key a", "a")).toBe(true);
    expect(await authenticate("key a", "b")).toBe(false);
    expect(await authenticate("key c", "a")).toBe(false);
  });

  test("a hash is compared as a whole: neither a part of it nor none is a key", async () => {
    const { byHash } = setUp(secretOf(["a", "key"]));
    expect(await byHash(hash("key"), "a")).toBe(true);
    for (const given of ["", hash("key").slice(0, 62), `${hash("key")}00`, "key"])
      expect(await byHash(given, "a")).toBe(false);
  });

  test("a hash in the secret that is none lets nobody in", async () => {
    const { byHash } = setUp(JSON.stringify({ accounts: [{ accountId: "a", apiKeyHash: "x".repeat(64) }] }));
    for (const given of ["", hash("key")]) expect(await byHash(given, "a")).toBe(false);
  });

  test("known credentials are kept for five minutes", async () => {
    const { authenticate, world } = setUp(secretOf(["a", "key"]));
    for (let minute = 0; minute < 5; minute++) {
      expect(await authenticate("key", "a")).toBe(true);
      world.now += 59_000;
    }
    expect(world.reads).toBe(1);
    world.secret = secretOf(["a", "other"]);
    world.now += 10_000;
    expect(await authenticate("key", "a")).toBe(false);
  });

  test("unknown credentials read the secret again, though not at any pace", async () => {
    const { authenticate, world } = setUp(secretOf(["a", "key"]));
    await authenticate("key", "a");
    world.secret = secretOf(["a", "key"], ["new", "new key"]);
    world.now += 1_000;
    expect(await authenticate("new key", "new")).toBe(true);
    for (let nth = 0; nth < 100; nth++) await authenticate("wrong", "a");
    expect(world.reads).toBe(2);
  });

  test.each([
    "",
    "generated text",
    '{"accounts":"none"}',
    '{"accounts":[{"accountId":"a","apiKeyHash":"0"}]}',
  ])("a secret that nobody set up knows nobody: %j", async (secret) => {
    const { authenticate } = setUp(secret);
    expect(await authenticate("key", "a")).toBe(false);
  });
});

describe("content keys", () => {
  const keyOf = (kid: string) => ({
    kid,
    cek: randomBytes(32).toString("base64"),
    encrypts_from: 0,
    retires_at: null,
  });
  const withKeys = (keys: Record<string, ReturnType<typeof keyOf>[]>) =>
    JSON.stringify({
      accounts: Object.entries(keys).map(([accountId, contentKeys]) => ({
        accountId,
        apiKeyHash: hash(accountId),
        contentKeys,
      })),
    });

  test("an account reads its own tokens and no other's, be the kid the same", async () => {
    const { cipherOf } = setUp(withKeys({ a: [keyOf("k")], b: [keyOf("k")] }));
    const token = await cipherOf("a").encrypt({ dob: "1990-01-01" });
    expect(await cipherOf("a").decrypt(token)).toEqual({ dob: "1990-01-01" });
    await expect(cipherOf("b").decrypt(token)).rejects.toThrow("the token cannot be decrypted");
  });

  test("a key that was added meanwhile is found", async () => {
    const older = keyOf("older");
    const newer = { ...keyOf("newer"), encrypts_from: 1 };
    const { cipherOf, world } = setUp(withKeys({ a: [older] }));
    await cipherOf("a").encrypt(1);
    const other = setUp(withKeys({ a: [newer] }));
    const token = await other.cipherOf("a").encrypt("hello");
    world.secret = withKeys({ a: [newer, older] });
    world.now += 1_000;
    expect(await cipherOf("a").decrypt(token)).toBe("hello");
    expect(world.reads).toBe(2);
  });

  test("an account without keys encrypts nothing", async () => {
    const { cipherOf } = setUp(secretOf(["a", "key"]));
    await expect(cipherOf("a").encrypt(1)).rejects.toThrow("no content key in force");
  });
});
