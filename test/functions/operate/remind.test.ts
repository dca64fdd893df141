import { beforeEach, describe, expect, test } from "vitest";
import { remind } from "../../../functions/operate/remind.ts";
import { workflowSchema } from "../../../shared/profile/policy.ts";
import type { Parking } from "../../../shared/store/records.ts";
import { settle } from "../../shared/store/settle.ts";
import { key, onboardingInMemory, START } from "../onboarding-in-memory.ts";

const workflow = (atMost: number) =>
  workflowSchema.parse({
    config_id: "c",
    decision: { kind: "person" },
    reminders: { afterSeconds: 60, atMost },
  });

describe("an operator's reminder", () => {
  let onboarding: ReturnType<typeof onboardingInMemory>;
  const parking = {
    state: "OpenCapture" as const,
    parked_at: START,
    task_token: "t",
    waits_for: [],
    deadline_at: START + 9_000,
    due_at: START + 5_000,
  } satisfies Parking;

  beforeEach(async () => {
    onboarding = onboardingInMemory();
    await onboarding.created();
    await onboarding.records.park(await onboarding.record(), parking, { link_ready: true });
  });
  const reminded = async (atMost = 3) =>
    remind(await onboarding.record(), "capture_pending", workflow(atMost), onboarding.deps);

  test("is the next one of its wait, counted, and leaves the next look where it was", async () => {
    expect(await reminded()).toBe(1);
    expect(await reminded()).toBe(2);
    expect(onboarding.published).toMatchObject([
      { type: "CaptureReminderDue", detail: { ...key, status: "capture_pending", reminder: 1, of: 3 } },
      { type: "CaptureReminderDue", detail: { reminder: 2, of: 3 } },
    ]);
    expect(await onboarding.record()).toMatchObject({ reminders: 2, checks: 0, due_at: parking.due_at });
    const lines = await onboarding.records.history(key, null);
    expect(lines.map(({ kind, by }) => `${kind} ${by}`)).toEqual([
      "CaptureReminderDue operator",
      "CaptureReminderDue operator",
    ]);
  });

  test("may be one more than the workflow allows", async () => {
    await reminded(1);
    expect(await reminded(1)).toBe(2);
    expect(onboarding.published.at(-1)?.detail).toMatchObject({ reminder: 2, of: 2 });
  });

  test("by two at once is one", async () => {
    const record = await onboarding.record();
    const twice = [1, 2].map(() => remind(record, "capture_pending", workflow(3), onboarding.deps));
    expect(await Promise.all(twice)).toEqual([1, 1]);
    expect(onboarding.told().events).toBe(1);
    expect(await onboarding.record()).toMatchObject({ reminders: 1 });
  });

  test("is none where no customer is waited for, or he has no link", async () => {
    const record = await onboarding.record();
    expect(await remind(record, "in_progress", workflow(3), onboarding.deps)).toBeNull();
    const noLink = { ...record, link_ready: false };
    expect(await remind(noLink, "capture_pending", workflow(3), onboarding.deps)).toBeNull();
    await settle(onboarding.records, key, {});
    expect(await reminded()).toBeNull();
    expect(onboarding.published).toEqual([]);
  });
});
