import { describe, expect, test } from "vitest";
import { type Wait, waits, waitsFor } from "../../../shared/profile/next.ts";
import type { ProfileStatus } from "../../../shared/profile/status.ts";
import { type OnboardingKey, onboardingPk } from "../../../shared/store/keys.ts";
import { readRecord } from "../../../shared/store/profile-record.ts";
import { recordsOver } from "../../../shared/store/records.ts";
import { itemBytes } from "../../bench/table-meter.ts";
import { MemoryTable } from "./memory-table.ts";
import { settle } from "./settle.ts";

const NOW = 1_767_607_200_000;
const key: OnboardingKey = { account_id: "bank/1042", reference_id: "r".repeat(40) };
/** As AWS gives them out. */
const awsToken = Buffer.alloc(525, 0xa7).toString("base64");
const uuid = "00000000-0000-4000-8000-000000000007";

/** What each wait has beside what all have, where much happened before. */
const more: Record<Wait, { status: ProfileStatus; told?: object; fields?: object }> = {
  OpenCapture: { status: "capture_pending", told: { notice_at: NOW, reminders: 3 } },
  Review: { status: "review_required", told: { notice_at: NOW }, fields: { rounds: 3 } },
  Recapture: { status: "recapture_pending", told: { notice_at: NOW, reminders: 3 }, fields: { rounds: 3 } },
  Attention: {
    status: "recapture_pending",
    fields: { rounds: 3, missed: 2, reason: "the Recapture deadline passed" },
  },
  Retain: {
    status: "completed",
    fields: { rounds: 3, reviewer_action: "approved", outcome: "completed", retain_until: NOW },
  },
};

async function parkedIn(state: Wait, task_token = awsToken, waits_for?: ProfileStatus[]) {
  const table = new MemoryTable();
  const records = recordsOver(table);
  const { status, told = {}, fields = {} } = more[state];
  const execution = `${"e".repeat(40)}-2`;
  const made = { profile_id: uuid, config_id: uuid, execution, created_at: NOW, encrypted: false };
  await records.create({ ...key, ...made, status: "pending" });
  const read = async () => {
    const record = await records.find(key);
    if (!record) throw new Error("the record is there");
    return record;
  };
  for (let signal = 0; signal < 20; signal++) await records.signal(key, status);
  const parking = { state, parked_at: NOW, deadline_at: NOW, due_at: NOW };
  await records.park(
    await read(),
    { ...parking, task_token, waits_for: waits_for ?? waitsFor(state, status) },
    { status, link_ready: true, ...fields },
  );
  await records.postpone(await read(), NOW, { checks: 20, ...told });
  const item = table.items.get(JSON.stringify([onboardingPk(key), "profile"])) ?? {};
  return { table, records, item, read };
}

describe("the hot item", () => {
  test.each(waits)(
    "is below 1 KB, which is one write unit, with a token of AWS's: parked in %s",
    async (state) => {
      const { item } = await parkedIn(state);
      expect(awsToken).toHaveLength(700);
      expect(itemBytes(item)).toBeLessThanOrEqual(1_024);
    },
  );

  test("says nothing that its key or its state says", async () => {
    const { item, read } = await parkedIn("Review");
    for (const name of ["account_id", "reference_id", "waits_for"]) expect(item).not.toHaveProperty(name);
    expect(await read()).toMatchObject({ ...key, waits_for: waitsFor("Review", "review_required") });
  });

  test("says what its step waits for where that is something else", async () => {
    const { read } = await parkedIn("Attention", awsToken, ["purged", "review_required"]);
    expect((await read()).waits_for).toEqual(["purged", "review_required"]);
  });

  test("does not say what is as it was at the beginning", async () => {
    const { records, table } = await parkedIn("Review");
    await settle(records, key, { rounds: 0, link_ready: false, missed: 0, reviewer_action: null });
    const item = await table.get(onboardingPk(key), "profile");
    for (const name of ["rounds", "link_ready", "missed", "reviewer_action"])
      expect(item).not.toHaveProperty(name);
    expect(await records.find(key)).toMatchObject({ rounds: 0, link_ready: false, missed: 0 });
  });

  test.each([
    awsToken,
    "00000000-0000-4000-8000-000000000007",
    "token",
    "AAA=",
    "AAB=",
    "_-_-",
    "ünd",
    "AAAA ",
  ])("gives a task token back as it came: %s", async (token) => {
    expect((await (await parkedIn("Review", token)).read()).task_token).toBe(token);
  });
});

test("an item of the version before is read as it was meant", () => {
  const item = {
    pk: onboardingPk(key),
    sk: "profile",
    ...key,
    profile_id: "p",
    parked_profile_id: "p",
    config_id: "c",
    execution: "e-1",
    created_at: 1,
    encrypted: false,
    status: "capture_pending",
    signal: 3,
    wait: 2,
    rounds: 0,
    schema_version: 1,
    state: "OpenCapture",
    parked_at: 5,
    task_token: awsToken,
    waits_for: ["capture_pending", "completed"],
    link_ready: false,
    deadline_at: 9,
    checks: 0,
    dueShard: "due#1",
    dueAt: 7,
    last_write: "park",
  };
  expect(readRecord(item)).toMatchObject({
    ...key,
    profile_id: "p",
    task_token: awsToken,
    waits_for: ["capture_pending", "completed"],
    due_at: 7,
    notice_at: null,
    signal: 3,
  });
  const { waits_for: _, task_token: __, ...unparked } = item;
  expect(readRecord(unparked)).toMatchObject({ waits_for: [], task_token: null });
});
