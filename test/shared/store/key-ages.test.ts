import { describe, expect, test } from "vitest";
import { keysInUse, oldestDays } from "../../../shared/store/key-ages.ts";

const DAY_MS = 86_400_000;
const NOW = Date.parse("2026-01-05T09:00:00.000Z");
const daysAgo = (days: number) => NOW - days * DAY_MS;
const hash = (digit: string) => digit.repeat(64);
const contentKey = { kid: "old", cek: "very-secret", encrypts_from: daysAgo(400), retires_at: daysAgo(-1) };

const keys = keysInUse({
  callers: {
    hashKey: "very-secret",
    callers: [
      {
        accountId: "a/1",
        keyHashes: [hash("1"), hash("2"), hash("3")],
        issuedAt: { [hash("1")]: daysAgo(1), [hash("2")]: daysAgo(90) },
      },
    ],
  },
  webhooks: { slots: [{ accountId: "a/1", slot: "scheduling", tokenHashes: [hash("4")] }] },
  gateway: {
    accounts: {
      "a/1": {
        baseUrl: "https://gateway.example.com",
        apiKey: "very-secret",
        accountId: "a/1",
        contentKeys: [{ ...contentKey, kid: "new", encrypts_from: daysAgo(3), retires_at: null }, contentKey],
      },
    },
  },
});

describe("keys in use", () => {
  test("are told by what opens nothing, with the day of their issue where it is known", () => {
    expect(keys).toEqual([
      { kind: "caller", accountId: "a/1", name: "111111111111", issued_at: daysAgo(1) },
      { kind: "caller", accountId: "a/1", name: "222222222222", issued_at: daysAgo(90) },
      { kind: "caller", accountId: "a/1", name: "333333333333", issued_at: null },
      { kind: "webhook", accountId: "a/1", name: "scheduling", issued_at: null },
      { kind: "content", accountId: "a/1", name: "new", issued_at: daysAgo(3) },
    ]);
  });

  test("are none where nothing is set up", () => {
    expect(keysInUse({ callers: null, webhooks: null, gateway: null })).toEqual([]);
  });
});

test("the oldest is the oldest that has a date; one that begins later is not below zero", () => {
  expect(oldestDays(keys, "caller", NOW)).toBe(90);
  expect(oldestDays(keys, "webhook", NOW)).toBe(0);
  expect(oldestDays(keys, "content", daysAgo(10))).toBe(0);
});
