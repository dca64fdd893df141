import { describe, expect, test } from "vitest";
import { fetchOnboarding, onboardingSchema } from "../../../functions/actions/fetch-onboarding.ts";
import type { Wait } from "../../../shared/profile/next.ts";
import { callOf, key, onboardingInMemory, START } from "../onboarding-in-memory.ts";

const HOUR_MS = 3_600_000;
const slot = {
  scheduled_at: START,
  start_at: START + HOUR_MS,
  end_at: START + HOUR_MS + 15 * 60_000,
};
const shown = {
  scheduled_at: "2026-01-05T09:00:00.000Z",
  start_time: "2026-01-05T10:00:00.000Z",
  end_time: "2026-01-05T10:15:00.000Z",
};

/** An onboarding that waits, and how a caller sees it at a moment. */
async function waiting(wait: Wait) {
  const { created, record, records, deps } = onboardingInMemory();
  await created();
  const parking = {
    state: wait,
    task_token: "token",
    waits_for: [],
    deadline_at: START + 24 * HOUR_MS,
    due_at: START + HOUR_MS,
  };
  expect(await records.park(await record(), parking, { status: "capture_pending" })).toBe(true);
  return {
    book: () => records.appointment(key, slot, slot.scheduled_at),
    forget: () => records.appointment(key, null, slot.scheduled_at + 1),
    async seenAt(now: number) {
      const { status, body } = await fetchOnboarding.run(callOf({ id: key.reference_id }), {
        ...deps,
        now: () => now,
      });
      expect(status).toBe(200);
      return onboardingSchema.parse(body);
    },
  };
}

const theCapture = "the customer to finish the capture";
const theCall = "the customer's video call";

describe("a customer with a booked video call", () => {
  test("is shown with the slot", async () => {
    const { book, seenAt } = await waiting("OpenCapture");
    await book();
    expect(await seenAt(START)).toMatchObject({ appointment: shown, waiting_for: theCall });
  });

  test.each([
    ["before it", slot.start_at - 1, theCall],
    ["while it runs", slot.start_at, theCall],
    ["in its last moment", slot.end_at - 1, theCall],
    ["at its end", slot.end_at, theCapture],
    ["long after it", slot.end_at + 24 * HOUR_MS, theCapture],
  ])("is waited for by the slot's end and no longer: %s", async (_when, now, waiting_for) => {
    const { book, seenAt } = await waiting("OpenCapture");
    await book();
    expect(await seenAt(now)).toMatchObject({
      waiting_for,
      waiting_until: "2026-01-06T09:00:00.000Z",
      appointment: shown,
    });
  });

  test("who gave it back has the capture to finish", async () => {
    const { book, forget, seenAt } = await waiting("OpenCapture");
    await book();
    await forget();
    expect(await seenAt(START)).toMatchObject({ appointment: null, waiting_for: theCapture });
  });

  test.each<[Wait, string]>([
    ["Review", "a person to approve, reject or ask for recapture"],
    ["Recapture", "the customer to redo the requested items"],
    ["Attention", "a person to look at it"],
    ["Retain", "the retention date"],
  ])("is not what %s waits for", async (wait, waiting_for) => {
    const { book, seenAt } = await waiting(wait);
    await book();
    expect(await seenAt(START)).toMatchObject({ appointment: shown, waiting_for });
  });
});

test("who booked none is waited for to finish the capture", async () => {
  const { seenAt } = await waiting("OpenCapture");
  expect(await seenAt(START)).toMatchObject({ appointment: null, waiting_for: theCapture });
});
