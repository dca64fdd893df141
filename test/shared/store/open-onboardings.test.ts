import { describe, expect, test } from "vitest";
import type { Claim } from "../../../shared/store/claims.ts";
import { type OnboardingKey, onboardingPk } from "../../../shared/store/keys.ts";
import { recordsOver } from "../../../shared/store/records.ts";
import { dueProjection } from "../../../shared/store/table.ts";
import { itemBytes } from "../../bench/table-meter.ts";
import { park, request } from "../../functions/waiting-in-memory.ts";
import { MemoryTable, projected } from "./memory-table.ts";

const key: OnboardingKey = { account_id: "acme/1", reference_id: "order-7" };

describe("an entry of the index is rewritten by nothing that happens while something waits:", () => {
  async function waiting() {
    const table = new MemoryTable();
    const records = recordsOver(table);
    await park(records, key);
    await request(records, key);
    const entryOf = (sk: string) => {
      const item = table.items.get(JSON.stringify([onboardingPk(key), sk]));
      if (!item) throw new Error("the item is there");
      return projected(item);
    };
    const claim = await records.claimOf(key);
    if (!claim) throw new Error("the claim is there");
    return { records, entryOf, claim };
  }
  type Does = (records: ReturnType<typeof recordsOver>, claim: Claim) => Promise<unknown>;

  test.each<[string, Does]>([
    ["a signal", (records) => records.signal(key)],
    ["a booked slot", (records) => records.appointment(key, { scheduled_at: 1, start_at: 2, end_at: 3 }, 1)],
  ])("%s", async (_what, does) => {
    const { records, entryOf, claim } = await waiting();
    const before = entryOf("profile");
    expect(await does(records, claim)).toBe(true);
    expect(entryOf("profile")).toEqual(before);
  });

  test.each<[string, Does]>([
    ["a lease", (records, claim) => records.lease(claim, 1, 2)],
    ["a lease that is given back", (records, claim) => records.unlease(claim)],
  ])("%s", async (_what, does) => {
    const { records, entryOf, claim } = await waiting();
    const before = entryOf("claim");
    await does(records, claim);
    expect(entryOf("claim")).toEqual(before);
  });
});

test("an entry with everything at its longest is below 1 KB, which is one write unit", () => {
  const entry = {
    pk: onboardingPk({ account_id: "a".repeat(128), reference_id: "r".repeat(128) }),
    sk: "profile",
    dueShard: "due#15",
    dueAt: 1_767_607_200_000,
    config_id: "c".repeat(128),
    created_at: 1_767_607_200_000,
    deadline_at: 1_767_607_200_000,
    held: { by: "b".repeat(64), at: 1_767_607_200_000 },
    parked_at: 1_767_607_200_000,
    profile_id: "00000000-0000-4000-8000-000000000007",
    link_ready: true,
    notice_at: 1_767_607_200_000,
    checks: 120,
    reason: "r".repeat(100),
    state: "OpenCapture",
    status: "recapture_pending",
    attempt: 12,
  };
  expect(Object.keys(projected(entry)).sort()).toEqual(Object.keys(entry).sort());
  expect(Object.keys(entry)).toEqual(expect.arrayContaining([...dueProjection]));
  expect(itemBytes(entry)).toBeLessThan(1_024);
});

test("what parked before its moment was kept for the index is listed with what is known", async () => {
  const table = new MemoryTable();
  const records = recordsOver(table);
  await park(records, { ...key, requested_at: 5 });
  const pk = onboardingPk(key);
  await table.update(pk, "profile", { parked_at: null });
  const { dueShard } = Object(await table.get(pk, "profile"));
  const { entries } = await records.open(Number(dueShard.slice("due#".length)), 10);
  expect(entries.map(({ onboarding }) => onboarding)).toMatchObject([
    { ...key, requested_at: 5, since: 5, state: "OpenCapture", status: "capture_pending" },
  ]);
});
