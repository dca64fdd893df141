import { beforeEach, describe, expect, test } from "vitest";
import type { LookRequest } from "../../../functions/looks.ts";
import { lookAndResume, type ResumeDeps } from "../../../functions/resume/resume.ts";
import { type SweepDeps, sweep } from "../../../functions/sweep/sweep.ts";
import { workflowSchema } from "../../../shared/profile/policy.ts";
import { recordsOver } from "../../../shared/store/records.ts";
import { MemoryTable } from "../../shared/store/memory-table.ts";
import { MemoryVault } from "../../shared/store/memory-vault.ts";

const START = Date.parse("2026-01-05T09:00:00.000Z");
const MINUTE = 60_000;
const key = { account_id: "acme/1", reference_id: "order-7" };

describe("what is due", () => {
  let now: number;
  let sent: LookRequest[];
  let deps: SweepDeps & ResumeDeps;

  beforeEach(async () => {
    now = START;
    sent = [];
    const log = { info() {}, warn() {}, error() {} };
    const records = recordsOver(new MemoryTable());
    deps = {
      records,
      vault: new MemoryVault(),
      executions: { arnOf: () => "", start: async () => "", resume: async () => true, fail: async () => {} },
      sendLooks: async (looks) => void sent.push(...looks),
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
      now: () => now,
      log,
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
        task_token: "t",
        waits_for: ["completed"],
        deadline_at: START + 1_000 * MINUTE,
        due_at: START + MINUTE,
      },
      {},
    );
  });
  const sweepAt = async (minute: number) => {
    now = START + minute * MINUTE;
    await sweep(deps);
  };

  test("is looked at once, however many sweeps come before the look", async () => {
    await sweepAt(0);
    expect(sent).toEqual([]);
    for (const minute of [1, 2, 3, 5]) await sweepAt(minute);
    expect(sent).toEqual([{ ...key, until: START + 6 * MINUTE }]);
  });

  test("is looked at again when the look got lost", async () => {
    await sweepAt(1);
    await sweepAt(6);
    expect(sent).toHaveLength(2);
  });

  test("is checked next after twice the time, from its look on", async () => {
    await sweepAt(1);
    now = START + 2 * MINUTE;
    expect(await lookAndResume(sent[0] as LookRequest, deps)).toBe("no-news");
    expect((await deps.records.find(key))?.due_at).toBe(START + 2 * MINUTE + 20 * MINUTE);
    // The same message once more moves nothing.
    now += MINUTE;
    await lookAndResume(sent[0] as LookRequest, deps);
    expect((await deps.records.find(key))?.due_at).toBe(START + 2 * MINUTE + 20 * MINUTE);
    await sweepAt(21);
    expect(sent).toHaveLength(1);
    await sweepAt(22);
    expect(sent).toHaveLength(2);
  });

  test("of two sweeps at once only one sends", async () => {
    now = START + MINUTE;
    await Promise.all([sweep(deps), sweep(deps)]);
    expect(sent).toHaveLength(1);
  });
});
