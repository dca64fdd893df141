import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ageSeconds, tallies, visitOpen } from "../../../functions/metrics/census.ts";
import type { OpenProfile } from "../../../shared/store/open-onboardings.ts";
import { recordsOver } from "../../../shared/store/records.ts";
import { MemoryTable } from "../../shared/store/memory-table.ts";
import { START } from "../onboarding-in-memory.ts";
import { park, request } from "../waiting-in-memory.ts";

const parked = (fields: Partial<OpenProfile>): OpenProfile => ({
  account_id: "acme/1",
  reference_id: "order-7",
  config_id: "config-example",
  requested_at: START,
  since: START,
  due_at: START,
  state: "OpenCapture",
  status: "capture_pending",
  profile_id: "profile-7",
  deadline_at: null,
  reason: null,
  held: false,
  ...fields,
});

describe("tallies", () => {
  test("percentiles are by nearest rank, in whole seconds", () => {
    const { visit, read } = tallies(() => "all", START);
    for (let seconds = 200; seconds >= 1; seconds--) visit(parked({ since: START - seconds * 1000 }));
    expect(read().total).toEqual({ count: 200, stuck: 0, ages: { p50: 100, p90: 180, p99: 198, max: 200 } });
  });

  test("one alone is all of its percentiles, and none has none", () => {
    const { visit, read } = tallies(() => "all", START);
    expect(read()).toEqual({ byKind: [], total: { count: 0, stuck: 0, ages: null } });
    visit(parked({ since: START - 1_999 }));
    expect(read().total.ages).toEqual({ p50: 1, p90: 1, p99: 1, max: 1 });
  });

  test("a percentile is the smallest age that so many do not exceed", async () => {
    await fc.assert(
      fc.property(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 300 }), (seconds) => {
        const { visit, read } = tallies(() => "all", START);
        for (const each of seconds) visit(parked({ since: START - each * 1000 }));
        const { ages } = read().total;
        if (!ages) throw new Error("there are some");
        expect(ages.max).toBe(Math.max(...seconds));
        for (const [percent, age] of [
          [50, ages.p50],
          [90, ages.p90],
          [99, ages.p99],
        ] as const) {
          const share = (of: (each: number) => boolean) => (seconds.filter(of).length * 100) / seconds.length;
          expect(share((each) => each <= age)).toBeGreaterThanOrEqual(percent);
          expect(share((each) => each < age)).toBeLessThan(percent);
        }
      }),
    );
  });

  test("kinds are counted apart, the most frequent first, and stuck ones in each", () => {
    const { visit, read } = tallies(({ state }) => state, START);
    visit(parked({ state: "Attention", since: START - 5_000 }));
    for (const since of [START - 1_000, START - 2_000]) visit(parked({ since }));
    visit(parked({ since: START - 3_000, deadline_at: 0 }));
    expect(read()).toMatchObject({
      byKind: [
        { kind: "OpenCapture", tally: { count: 3, stuck: 1, ages: { p50: 2, max: 3 } } },
        { kind: "Attention", tally: { count: 1, stuck: 1, ages: { p50: 5, max: 5 } } },
      ],
      total: { count: 4, stuck: 2, ages: { p50: 2, max: 5 } },
    });
  });

  test("nothing has waited for less than no time", () => {
    expect(ageSeconds({ since: START + 1 }, START)).toBe(0);
  });
});

describe("the walk", () => {
  async function stage(count: number) {
    const records = recordsOver(new MemoryTable());
    for (let index = 0; index < count; index++)
      await park(records, { account_id: `acme/${index % 3}`, reference_id: `order-${index}` });
    await request(records, { account_id: "acme/1", reference_id: "requested" });
    return records;
  }
  const now = () => START;
  const far = { entries: 200_000, until: START + 1 };

  test("visits everything of every account once", async () => {
    const records = await stage(200);
    const seen: string[] = [];
    expect(await visitOpen({ records, now }, far, ({ reference_id }) => seen.push(reference_id))).toBe(true);
    expect(seen.length).toBe(201);
    expect(new Set(seen).size).toBe(201);
  });

  test("of nothing sees all", async () => {
    const records = recordsOver(new MemoryTable());
    expect(await visitOpen({ records, now }, far, () => {})).toBe(true);
  });

  test("begins no page after its bound of entries, and says that it stopped", async () => {
    const records = await stage(200);
    const slow: Parameters<typeof visitOpen>[0]["records"] = {
      open: async (shard, _limit, after) => records.open(shard, 2, after),
    };
    let seen = 0;
    expect(await visitOpen({ records: slow, now }, { ...far, entries: 10 }, () => seen++)).toBe(false);
    expect(seen).toBeGreaterThanOrEqual(10);
    expect(seen).toBeLessThanOrEqual(10 + 16 * 2);
  });

  test("begins no page after its time, and says that it stopped", async () => {
    const records = await stage(20);
    let seen = 0;
    expect(await visitOpen({ records, now }, { ...far, until: START }, () => seen++)).toBe(false);
    expect(seen).toBe(0);
  });

  test("a shard that cannot be read is a fault, not a smaller count", async () => {
    const records = await stage(20);
    const broken = {
      open: async (shard: number, limit: number) => {
        if (shard === 9) throw new Error("read failed");
        return records.open(shard, limit);
      },
    };
    await expect(visitOpen({ records: broken, now }, far, () => {})).rejects.toThrow("read failed");
  });
});
