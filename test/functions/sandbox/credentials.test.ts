import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { authenticateBy } from "../../../functions/sandbox/credentials.ts";

const hash = (key: string) => createHash("sha256").update(key).digest("hex");
const secretOf = (...accounts: [string, string][]) =>
  JSON.stringify({ accounts: accounts.map(([accountId, key]) => ({ accountId, apiKeyHash: hash(key) })) });

function setUp(secret: string) {
  const world = { secret, reads: 0, now: 1_000_000 };
  const read = async () => {
    world.reads++;
    return world.secret;
  };
  return { world, authenticate: authenticateBy(read, { now: () => world.now }) };
}

describe("credentials", () => {
  test("a key is valid for its own account only", async () => {
    const { authenticate } = setUp(secretOf(["a", "key a"], ["b", "key b"], ["a", "second key a"]));
    expect(await authenticate("key a", "a")).toBe(true);
    expect(await authenticate("second key a", "a")).toBe(true);
    expect(await authenticate("key a", "b")).toBe(false);
    expect(await authenticate("key c", "a")).toBe(false);
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
