import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { waits } from "../../../shared/profile/next.ts";
import { dueNotice, isReminded, nextNoticeAt, type Waiting } from "../../../shared/profile/notices.ts";
import { type Workflow, workflowSchema } from "../../../shared/profile/policy.ts";
import { profileStatuses } from "../../../shared/profile/status.ts";

const HOUR = 3_600_000;
const never = null;
const inHours = (at: number | null) => (at === null ? never : at / HOUR);
const workflow = workflowSchema.parse({
  config_id: "c",
  decision: { kind: "person" },
  reminders: { afterSeconds: 7_200, everySeconds: 3_600, atMost: 3 },
  reviewOverdueSeconds: 10_800,
  appointmentGraceSeconds: 1_800,
});
const quiet = workflowSchema.parse({ config_id: "c", decision: { kind: "person" } });
/** Parked at the hour 0, until the hour 100. */
const waiting = (fields: Partial<Waiting> = {}): Waiting => ({
  state: "OpenCapture",
  parked_at: 0,
  deadline_at: 100 * HOUR,
  link_ready: true,
  reminders: 0,
  appointment: null,
  past_slot: null,
  ...fields,
});
const slot = { end_at: 5 * HOUR };

describe("reminders", () => {
  const next = (fields: Partial<Waiting>, hour = 0) =>
    inHours(nextNoticeAt(waiting(fields), workflow, "capture_pending", hour * HOUR));
  const due = (hour: number, fields: Partial<Waiting> = {}) =>
    dueNotice(waiting(fields), workflow, "capture_pending", hour * HOUR);

  test("come after a time, then at intervals, so many and no more", () => {
    expect([0, 1, 2, 3].map((reminders) => next({ reminders }))).toEqual([2, 3, 4, never]);
    expect(due(1.9)).toBeNull();
    expect(due(2)).toMatchObject({ kind: "CaptureReminderDue", reminder: 1, of: 3, told: { reminders: 1 } });
    expect(due(3.1, { reminders: 1 })).toMatchObject({ reminder: 2 });
    expect(due(50, { reminders: 3 })).toBeNull();
  });

  test("come in the same interval as before the first, unless another is given", () => {
    const { everySeconds: _, ...rest } = { everySeconds: 0, ...workflow.reminders, afterSeconds: 7_200 };
    const steady: Workflow = { ...workflow, reminders: { ...rest, atMost: 3 } };
    expect(nextNoticeAt(waiting({ reminders: 1 }), steady, null, 0)).toBe(4 * HOUR);
  });

  test("that are overdue together are one, of the number that is nearest", () => {
    expect(due(3.2)).toMatchObject({ reminder: 2 });
    expect(due(3.6)).toMatchObject({ reminder: 3 });
    expect(due(90)).toMatchObject({ reminder: 3, of: 3 });
    expect(due(3.6, { reminders: 2 })).toBeNull();
  });

  test("are for whoever has the link and has not finished", () => {
    expect(next({ link_ready: false })).toBe(never);
    expect(next({ state: "Recapture", link_ready: false })).toBe(2);
    for (const state of waits)
      for (const status of profileStatuses) {
        const owed = `${state} ${status}`;
        const is = owed === "OpenCapture capture_pending" || owed === "Recapture recapture_pending";
        const notice = dueNotice(waiting({ state }), workflow, status, 2 * HOUR);
        expect(notice?.kind === "CaptureReminderDue", owed).toBe(is);
        expect(isReminded(waiting({ state }), status), owed).toBe(is);
      }
    expect(isReminded(waiting({ link_ready: false }), "capture_pending")).toBe(false);
    expect(isReminded(waiting({ state: null }), "capture_pending")).toBe(false);
  });

  test("are planned while the gateway says nothing, and no more once the customer is done", () => {
    expect(nextNoticeAt(waiting(), workflow, null, 0)).toBe(2 * HOUR);
    expect(nextNoticeAt(waiting(), workflow, "in_progress", 0)).toBe(never);
  });

  test("never come at the deadline, nor in a wait whose beginning is not known", () => {
    expect(next({ deadline_at: 2 * HOUR })).toBe(never);
    expect(next({ deadline_at: 2 * HOUR + 1 })).toBe(2);
    expect(next({ parked_at: null })).toBe(never);
  });
});

describe("an overdue review", () => {
  const review = waiting({ state: "Review" });

  test("is told of once", () => {
    expect(nextNoticeAt(review, workflow, "review_required", 0)).toBe(3 * HOUR);
    const notice = dueNotice(review, workflow, "review_required", 3 * HOUR);
    expect(notice).toMatchObject({ kind: "ReviewOverdue" });
    const told = { ...review, ...notice?.told };
    expect(nextNoticeAt(told, workflow, "review_required", 0)).toBe(never);
    expect(dueNotice(told, workflow, "review_required", 50 * HOUR)).toBeNull();
  });

  test("is none where nobody asked for it", () => {
    expect(nextNoticeAt(review, quiet, "review_required", 0)).toBe(never);
  });
});

describe("a booked slot", () => {
  test("is looked into once, when it is over and the grace as well", () => {
    const booked = waiting({ appointment: slot, reminders: 3 });
    expect(nextNoticeAt(booked, workflow, "capture_pending", 0)).toBe(5.5 * HOUR);
    expect(dueNotice(booked, workflow, "capture_pending", 5.4 * HOUR)).toBeNull();
    const notice = dueNotice(booked, workflow, "capture_pending", 5.5 * HOUR);
    expect(notice).toMatchObject({ kind: "AppointmentMissed", told: { past_slot: slot.end_at } });
    expect(dueNotice({ ...booked, ...notice?.told }, workflow, "capture_pending", 9 * HOUR)).toBeNull();
    const again = { ...booked, ...notice?.told, appointment: { end_at: 8 * HOUR } };
    expect(nextNoticeAt(again, workflow, "capture_pending", 6 * HOUR)).toBe(8.5 * HOUR);
  });

  test("is no matter of any wait but the capture's", () => {
    for (const state of waits.filter((each) => each !== "OpenCapture"))
      expect(nextNoticeAt(waiting({ state, appointment: slot, reminders: 3 }), workflow, null, 0)).toBe(
        never,
      );
  });

  test("does not hold reminders back: it is a webhook's word", () => {
    const booked = waiting({ appointment: slot });
    expect(dueNotice(booked, workflow, "capture_pending", 2 * HOUR)).toMatchObject({ reminder: 1 });
    expect(dueNotice(booked, workflow, "capture_pending", 9 * HOUR)?.kind).toBe("CaptureReminderDue");
  });
});

const anyWorkflow = fc
  .record({
    afterSeconds: fc.integer({ min: 1, max: 5_000 }),
    everySeconds: fc.option(fc.integer({ min: 1, max: 5_000 }), { nil: undefined }),
    atMost: fc.integer({ min: 0, max: 10 }),
    reviewOverdueSeconds: fc.option(fc.integer({ min: 1, max: 5_000 }), { nil: undefined }),
    appointmentGraceSeconds: fc.integer({ min: 0, max: 5_000 }),
  })
  .map(
    ({ reviewOverdueSeconds, appointmentGraceSeconds, ...reminders }): Workflow => ({
      ...quiet,
      reminders,
      appointmentGraceSeconds,
      ...(reviewOverdueSeconds !== undefined && { reviewOverdueSeconds }),
    }),
  );
const moment = fc.integer({ min: 0, max: 60_000_000 });
const anyWaiting = fc.record<Waiting>({
  state: fc.constantFrom(...waits),
  parked_at: fc.option(moment),
  deadline_at: fc.option(moment),
  link_ready: fc.boolean(),
  reminders: fc.integer({ min: 0, max: 12 }),
  appointment: fc.option(fc.record({ end_at: moment })),
  past_slot: fc.option(moment),
});

describe("whatever is waited for", () => {
  test("telling what is due comes to an end, and nothing told is due again", async () => {
    await fc.assert(
      fc.property(
        anyWaiting,
        anyWorkflow,
        fc.constantFrom(...profileStatuses),
        moment,
        (start, policy, status, now) => {
          let now_waiting = start;
          const kinds: string[] = [];
          for (
            let notice = dueNotice(now_waiting, policy, status, now);
            notice;
            notice = dueNotice(now_waiting, policy, status, now)
          ) {
            expect(notice.at).toBeLessThanOrEqual(now);
            kinds.push(notice.kind);
            now_waiting = { ...now_waiting, ...notice.told };
            expect(kinds.length).toBeLessThanOrEqual(2);
          }
          expect(new Set(kinds).size).toBe(kinds.length);
          const next = nextNoticeAt(now_waiting, policy, status, now);
          if (next === never) return;
          expect(next).toBeGreaterThan(now);
          expect(now_waiting.deadline_at === null || next < now_waiting.deadline_at).toBe(true);
        },
      ),
    );
  });

  test("reminders that are looked for late, or early, keep half of their interval and their number", async () => {
    await fc.assert(
      fc.property(
        anyWorkflow,
        fc.array(fc.integer({ min: 1, max: 9_000_000 }), { maxLength: 40 }),
        (policy, pauses) => {
          const { reminders = { afterSeconds: 1, atMost: 0 } } = policy;
          const every = (reminders.everySeconds ?? reminders.afterSeconds) * 1000;
          let state = waiting({ deadline_at: null });
          let now = 0;
          const told: { at: number; reminder: number }[] = [];
          for (const pause of pauses) {
            now += pause;
            const notice = dueNotice(state, policy, "capture_pending", now);
            if (notice?.kind !== "CaptureReminderDue") continue;
            told.push({ at: now, reminder: notice.reminder });
            state = { ...state, ...notice.told };
          }
          expect(told.length).toBeLessThanOrEqual(reminders.atMost);
          for (const [index, { at, reminder }] of told.entries()) {
            expect(at).toBeGreaterThanOrEqual(reminders.afterSeconds * 1000);
            const before = told[index - 1];
            if (!before) continue;
            expect(reminder).toBeGreaterThan(before.reminder);
            expect(at - before.at).toBeGreaterThanOrEqual(every / 2);
          }
        },
      ),
    );
  });
});
