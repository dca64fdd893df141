import { expect, test } from "vitest";
import { countOnboardings, onboardingCountsSchema } from "../../../functions/actions/count-onboardings.ts";
import { recordsOver } from "../../../shared/store/records.ts";
import { MemoryTable } from "../../shared/store/memory-table.ts";
import { callOf, key, START } from "../onboarding-in-memory.ts";
import { park, request } from "../waiting-in-memory.ts";

const HOUR = 3_600_000;
const account_id = key.account_id;
const all = (seconds: number) => ({ p50: seconds, p90: seconds, p99: seconds, max: seconds });

async function counted(prepare: (records: ReturnType<typeof recordsOver>) => Promise<void>) {
  const records = recordsOver(new MemoryTable());
  await prepare(records);
  const { status, body } = await countOnboardings.run(callOf({}), { records, now: () => START + HOUR });
  expect(status).toBe(200);
  return onboardingCountsSchema.parse(body);
}

test("counts the caller's by status with their ages, and nobody else's", async () => {
  const counts = await counted(async (records) => {
    for (const reference_id of ["a", "b"]) await park(records, { account_id, reference_id });
    await park(records, { account_id, reference_id: "c", state: "Attention", status: "in_progress" });
    await request(records, { account_id, reference_id: "d", due_at: START + HOUR });
    for (const reference_id of ["a", "b", "x"])
      await park(records, { account_id: "other/9", reference_id, state: "Attention", status: "failed" });
  });
  expect(counts).toEqual({
    at: "2026-01-05T10:00:00.000Z",
    complete: true,
    total: { count: 4, stuck: 1, age_seconds: all(3600) },
    statuses: [
      { status: "capture_pending", count: 2, stuck: 0, age_seconds: all(3600) },
      ...counts.statuses.slice(1),
    ],
  });
  expect(counts.statuses.slice(1)).toEqual(
    expect.arrayContaining([
      { status: "in_progress", count: 1, stuck: 1, age_seconds: all(3600) },
      { status: null, count: 1, stuck: 0, age_seconds: all(3600) },
    ]),
  );
});

test("of nothing counts nothing", async () => {
  const nothing = { count: 0, stuck: 0, age_seconds: null };
  expect(await counted(async () => {})).toMatchObject({ complete: true, total: nothing, statuses: [] });
});

test("says so when its time did not suffice", async () => {
  const records = recordsOver(new MemoryTable());
  await park(records, { account_id, reference_id: "a" });
  let at = START;
  const now = () => {
    at += HOUR;
    return at;
  };
  const { body } = await countOnboardings.run(callOf({}), { records, now });
  expect(body).toMatchObject({ complete: false, total: { count: 0 } });
});
