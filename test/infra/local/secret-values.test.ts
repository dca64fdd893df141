import { beforeEach, describe, expect, test, vi } from "vitest";
import { callerKeys, withCaller } from "../../../infra/local/merge-secrets.ts";
import { revokeCallers } from "../../../infra/local/revoke-callers.ts";
import { changeSecret } from "../../../infra/local/secret-values.ts";
import { MemorySecrets } from "./memory-secrets.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

const hashKey = Buffer.alloc(32).toString("base64");
const add = (key: string) => (before: unknown) => withCaller(before, "a/1", key, hashKey);

describe("changing a secret", () => {
  let secrets: MemorySecrets;
  const setUp = (key: string) => changeSecret(secrets.client, "callers", add(key));
  const keys = () => callerKeys(secrets.read("callers")).get("a/1");

  beforeEach(() => {
    secrets = new MemorySecrets();
  });

  test.each(["read", "move"] as const)(
    "loses no key to another setup right before the %s ends",
    async (kind) => {
      await setUp("first");
      secrets.before = { kind, act: () => setUp("theirs") };
      await setUp("ours");
      expect(keys()).toEqual(["ours", "theirs", "first"]);
    },
  );

  test("loses no key where several setups begin at once", async () => {
    await setUp("0");
    await Promise.all(["1", "2", "3"].map(setUp));
    expect(keys()?.sort()).toEqual(["0", "1", "2", "3"]);
  });

  test("does not bring back a key that was revoked meanwhile", async () => {
    await setUp("leaked");
    const target = { secrets: secrets.client, callersSecret: "callers" };
    secrets.before = {
      kind: "move",
      act: async () => {
        await revokeCallers(target, "a/1", { keepNewest: false });
      },
    };
    await setUp("ours");
    expect(keys()).toEqual(["ours"]);
  });

  test("is done once, though the answer was lost and the request repeated", async () => {
    await setUp("first");
    const change = vi.fn(add("ours"));
    secrets.losesAnswer = true;
    await changeSecret(secrets.client, "callers", change);
    expect(change).toHaveBeenCalledTimes(1);
    expect(keys()).toEqual(["ours", "first"]);
  });

  test("gives up where somebody else always comes first, and leaves the secret to him", async () => {
    await setUp("first");
    let theirs = 0;
    const change = (before: unknown) => {
      const key = `theirs-${theirs++}`;
      secrets.before = { kind: "move", act: () => setUp(key) };
      return add("ours")(before);
    };
    await expect(changeSecret(secrets.client, "callers", change)).rejects.toThrow(
      "secret callers is being changed by somebody else: run the command again",
    );
    expect(keys()).not.toContain("ours");
    expect(keys()).toHaveLength(theirs + 1);
  });
});
