import { beforeEach, describe, expect, test, vi } from "vitest";
import type { LookRequest } from "../../../functions/looks.ts";
import { lookAndResume, type ResumeDeps } from "../../../functions/resume/resume.ts";
import { type SweepDeps, sweep } from "../../../functions/sweep/sweep.ts";
import { workflowSchema } from "../../../shared/profile/policy.ts";
import { onboardingPk } from "../../../shared/store/keys.ts";
import { recordsOver } from "../../../shared/store/records.ts";
import { MemoryTable } from "../../shared/store/memory-table.ts";
import { MemoryVault } from "../../shared/store/memory-vault.ts";
import { recordedMetrics } from "../metrics/recorded-metrics.ts";
import { onboardingInMemory, request } from "../onboarding-in-memory.ts";

const START = Date.parse("2026-01-05T09:00:00.000Z");
const MINUTE = 60_000;
const key = { account_id: "acme/1", reference_id: "order-7" };

describe("what is due", () => {
  let now: number;
  let table: MemoryTable;
  let sent: LookRequest[];
  let deps: SweepDeps & ResumeDeps;
  let metrics: ReturnType<typeof recordedMetrics>;

  beforeEach(async () => {
    now = START;
    sent = [];
    const log = { info() {}, warn() {}, error() {} };
    metrics = recordedMetrics();
    table = new MemoryTable();
    const records = recordsOver(table);
    deps = {
      records,
      vault: new MemoryVault(),
      executions: {
        arnOf: () => "",
        start: async () => "",
        look: async () => "runs",
        resume: async () => true,
        isWaitedFor: async () => true,
        fail: async () => {},
      },
      sendLooks: async (looks) => void sent.push(...looks),
      publish: async () => {},
      gatewayOf: async () =>
        ({
          fetchStatus: async () => ({
            ...key,
            profile_id: "p",
            status: "capture_pending",
            status_detail: null,
            reviewer_action: null,
          }),
        }) as never,
      workflowOf: () =>
        workflowSchema.parse({ config_id: "c", decision: { kind: "person" }, firstCheckSeconds: 600 }),
      captureHosts: [],
      now: () => now,
      log,
      metrics,
    };
    const made = {
      profile_id: "p",
      config_id: "c",
      execution: "e-1",
      created_at: START,
      status: "pending",
      encrypted: false,
    } as const;
    await records.create({ ...key, ...made });
    const seen = await records.find(key);
    if (!seen) throw new Error("the record is there");
    await records.park(
      seen,
      {
        state: "OpenCapture",
        parked_at: START,
        task_token: "t",
        waits_for: ["completed"],
        deadline_at: START + 1_000 * MINUTE,
        due_at: START + MINUTE,
      },
      { link_ready: true },
    );
  });
  const sweepAt = async (minute: number) => {
    now = START + minute * MINUTE;
    await sweep(deps);
  };
  const record = async () => {
    const found = await deps.records.find(key);
    if (!found) throw new Error("the record is there");
    return found;
  };
  /** Parks it anew: due after a minute, and for what. */
  const parksWith = async (fields: object) => {
    const parking = { parked_at: START, task_token: "t", waits_for: [], due_at: START + MINUTE };
    await deps.records.park(
      await record(),
      { state: "OpenCapture", ...parking, deadline_at: START + 1_000 * MINUTE, ...fields },
      {},
    );
  };

  test("of two sweeps at once only one sends", async () => {
    now = START + MINUTE;
    await Promise.all([sweep(deps), sweep(deps)]);
    expect(sent).toHaveLength(1);
  });

  describe("for a check", () => {
    test("is looked at once, and the sweep has planned the next check by then", async () => {
      await sweepAt(0);
      expect(sent).toEqual([]);
      for (const minute of [1, 2, 3, 5, 20]) await sweepAt(minute);
      expect(sent).toEqual([key]);
      expect(await record()).toMatchObject({ checks: 1, due_at: START + 21 * MINUTE });
    });

    test("costs one write where the look brings no news, however late and often that is made", async () => {
      let writes = 0;
      table.onChange = () => writes++;
      await sweepAt(1);
      for (const minute of [2, 2, 15]) {
        now = START + minute * MINUTE;
        expect(await lookAndResume(sent[0] as LookRequest, deps)).toBe("no-news");
      }
      expect(writes).toBe(1);
    });

    test("is looked at again by the next check when the look got lost", async () => {
      await sweepAt(1);
      await sweepAt(20);
      expect(sent).toHaveLength(1);
      await sweepAt(21);
      expect(sent).toHaveLength(2);
      expect(await record()).toMatchObject({ checks: 2, due_at: START + 61 * MINUTE });
    });

    test("passes neither the deadline nor the next notice", async () => {
      await parksWith({ deadline_at: START + 12 * MINUTE });
      await sweepAt(1);
      expect((await record()).due_at).toBe(START + 12 * MINUTE);
      await parksWith({ notice_at: START + 9 * MINUTE });
      await sweepAt(1);
      expect((await record()).due_at).toBe(START + 9 * MINUTE);
    });
  });

  describe.each([
    ["its deadline", { deadline_at: START + MINUTE }],
    ["a notice", { notice_at: START + MINUTE }],
  ])("for %s", (_what, fields) => {
    beforeEach(() => parksWith(fields));

    test("is looked at once in five minutes, however many sweeps come before the look", async () => {
      for (const minute of [1, 2, 3, 5]) await sweepAt(minute);
      expect(sent).toEqual([{ ...key, until: START + 6 * MINUTE }]);
    });

    test("is looked at again soon when the look got lost", async () => {
      await sweepAt(1);
      await sweepAt(6);
      expect(sent).toHaveLength(2);
    });

    test("is looked at next by the check that its look plans", async () => {
      vi.spyOn(deps.executions, "resume").mockResolvedValue(false);
      await sweepAt(1);
      now = START + 2 * MINUTE;
      expect(await lookAndResume(sent[0] as LookRequest, deps)).toBe("no-news");
      expect((await record()).due_at).toBe(START + 2 * MINUTE + 20 * MINUTE);
      // The same message once more moves nothing.
      now += MINUTE;
      await lookAndResume(sent[0] as LookRequest, deps);
      expect((await record()).due_at).toBe(START + 2 * MINUTE + 20 * MINUTE);
    });
  });

  test("and parked before notices were kept in the index is looked at as for a check", async () => {
    await table.update(onboardingPk(key), "profile", { deadline_at: null, notice_at: null });
    await sweepAt(1);
    expect(sent).toEqual([key]);
  });
});

test("a claim without its request is not released while somebody creates its profile", async () => {
  const world = onboardingInMemory();
  const claim = await world.claimed();
  await world.vault.erase(key);
  world.clock.now += 61_000;
  await world.records.lease(claim, world.clock.now, 65_000);
  const sweeping = () => sweep({ ...world.deps, sendLooks: async () => {} });
  await sweeping();
  expect(await world.records.claimOf(key)).toMatchObject({ released: false });
  world.clock.now += 66_000;
  await sweeping();
  expect(await world.records.claimOf(key)).toMatchObject({ released: true });
});

describe("a claim that was released", () => {
  async function refused() {
    const world = onboardingInMemory();
    const claim = await world.claimed();
    await world.records.release(claim, world.clock.now);
    const sweepAfter = async (seconds: number) => {
      world.clock.now += seconds * 1_000;
      await sweep({ ...world.deps, sendLooks: async () => {} });
    };
    return { ...world, claim, sweepAfter };
  }

  test("leaves no request in the vault, though whoever released it died before it was erased", async () => {
    const { vault, records, deps, sweepAfter } = await refused();
    await sweepAfter(66);
    expect(vault.objects.size).toBe(0);
    expect(await records.claimOf(key)).toMatchObject({ released: true });
    expect(await records.claimOf(key)).not.toHaveProperty("due_at");
    expect(deps.executions.start).not.toHaveBeenCalled();
  });

  test("leaves none that a repetition put back, which had read the claim before", async () => {
    const { vault, records, claim, claimed, deps, sweepAfter } = await refused();
    await vault.erase(key);
    deps.records = { ...records, claimOf: async () => ({ ...claim, released: false }) };
    await claimed();
    deps.records = records;
    expect(vault.objects.size).toBe(1);
    await sweepAfter(66);
    expect(vault.objects.size).toBe(0);
  });

  test("is not done with while a repetition may still be under way, whatever the index says", async () => {
    const { table, records, sweepAfter } = await refused();
    const entry = { pk: onboardingPk(key), sk: "claim", dueAt: START };
    table.queryDue = async () => [entry];
    await sweepAfter(30);
    expect(await records.claimOf(key)).toMatchObject({ due_at: START + 65_000 });
  });

  test("is erased after its request was found missing, should that come late", async () => {
    const { vault, records, claim, claimed, sweepAfter } = await refused();
    await claimed();
    await vault.erase(key);
    await sweepAfter(61);
    expect(await records.claimOf(key)).toMatchObject({ released: true, attempt: 2 });
    await vault.put(key, `request-${claim.request_hash}`, request);
    await sweepAfter(66);
    expect(vault.objects.size).toBe(0);
  });

  test("is not taken anew in the moment in which it is erased, and then is", async () => {
    const { vault, records, claimed, sweepAfter } = await refused();
    const erase = vault.erase.bind(vault);
    vault.erase = async (of) => {
      await expect(claimed()).rejects.toThrow("what the reference left is being erased");
      return erase(of);
    };
    await sweepAfter(66);
    expect(vault.objects.size).toBe(0);
    const anew = await claimed();
    expect(anew).toMatchObject({ attempt: 2 });
    expect(await vault.get(key, `request-${anew.request_hash}`)).toEqual(request);
    expect(await records.claimOf(key)).toMatchObject({ released: false });
  });

  test("and taken anew just before it is erased keeps its new request", async () => {
    const { vault, records, claimed, deps, sweepAfter } = await refused();
    deps.records = {
      ...records,
      leaseErasure: async (claim, now) => {
        await claimed();
        return records.leaseErasure(claim, now);
      },
    };
    await sweepAfter(66);
    expect(vault.objects.size).toBe(1);
  });

  test("and taken anew since keeps its new request, and with its next release leaves neither", async () => {
    const { vault, records, clock, claimed, deps, sweepAfter } = await refused();
    const corrected = { ...request, data: {} };
    const anew = await claimed("async", corrected);
    await sweepAfter(66);
    expect(await vault.get(key, `request-${anew.request_hash}`)).toEqual(corrected);
    expect(deps.executions.start).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ attempt: 2 }));
    await records.release(anew, clock.now);
    await sweepAfter(66);
    expect(vault.objects.size).toBe(0);
  });
});
