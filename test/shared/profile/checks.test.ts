import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Checked, lacksLink, nextCheckSeconds, nextLookAt } from "../../../shared/profile/checks.ts";
import { waits } from "../../../shared/profile/next.ts";
import { profileStatuses } from "../../../shared/profile/status.ts";

const DAY = 86_400_000;
const first = { firstCheckSeconds: 900 };
const waiting = (fields: Partial<Checked> = {}): Checked => ({
  state: "Review",
  status: "review_required",
  link_ready: true,
  checks: 0,
  deadline_at: 300 * DAY,
  notice_at: null,
  ...fields,
});

test("checks come at doubling intervals, at most a day apart", () => {
  expect([0, 1, 2, 3].map((checks) => nextCheckSeconds(900, checks))).toEqual([900, 1800, 3600, 7200]);
  expect(nextCheckSeconds(900, 50)).toBe(86_400);
  expect(nextCheckSeconds(1, 10_000)).toBe(86_400);
});

describe("the next look", () => {
  test("is the next check, unless a notice or the deadline comes first", () => {
    expect(nextLookAt(waiting({ checks: 1 }), first, 5)).toBe(5 + 1_800_000);
    expect(nextLookAt(waiting({ notice_at: 7 }), first, 5)).toBe(7);
    expect(nextLookAt(waiting({ deadline_at: 6, notice_at: 7 }), first, 5)).toBe(6);
    expect(nextLookAt(waiting({ deadline_at: 5, notice_at: 4 }), first, 5)).toBe(5 + 900_000);
  });

  test("comes soon while a link is looked for, and no later than otherwise", () => {
    const linkless = { state: "OpenCapture", status: "capture_pending", link_ready: false } as const;
    expect(nextLookAt(waiting(linkless), first, 0)).toBe(60_000);
    expect(nextLookAt(waiting({ ...linkless, checks: 2 }), first, 0)).toBe(240_000);
    expect(nextLookAt(waiting(linkless), { firstCheckSeconds: 20 }, 0)).toBe(20_000);
    expect(nextLookAt(waiting({ ...linkless, status: "in_progress" }), first, 0)).toBe(900_000);
    expect(nextLookAt(waiting({ ...linkless, link_ready: true }), first, 0)).toBe(900_000);
  });

  test("comes rarely in a retention: after a week, two weeks more, and at its date", () => {
    const kept = (at: number, checks: number) =>
      nextLookAt(waiting({ state: "Retain", deadline_at: 30 * DAY, checks }), first, at * DAY) / DAY;
    expect([kept(0, 0), kept(7, 1), kept(21, 2)]).toEqual([7, 21, 30]);
    expect(nextLookAt(waiting({ state: "Retain", deadline_at: DAY }), first, 0)).toBe(DAY);
  });

  test("comes daily at least in a retention whose date has passed", () => {
    const late = waiting({ state: "Retain", deadline_at: DAY, checks: 9 });
    expect(nextLookAt(late, first, 3 * DAY)).toBe(4 * DAY);
  });

  test("lies ahead, and neither a notice nor a deadline that lies ahead is passed", async () => {
    const moment = fc.option(fc.integer({ min: 1, max: 500 * DAY }), { nil: null });
    await fc.assert(
      fc.property(
        fc.record({
          state: fc.constantFrom(...waits),
          status: fc.constantFrom(...profileStatuses),
          link_ready: fc.boolean(),
          checks: fc.integer({ min: 0, max: 2_000 }),
          deadline_at: moment,
          notice_at: moment,
        }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 0, max: 500 * DAY }),
        (checked, firstCheckSeconds, now) => {
          const at = nextLookAt(checked, { firstCheckSeconds }, now);
          expect(at).toBeGreaterThan(now);
          for (const ahead of [checked.deadline_at, checked.notice_at])
            if (ahead !== null && ahead > now) expect(at).toBeLessThanOrEqual(ahead);
          if (checked.state !== "Retain") expect(at).toBeLessThanOrEqual(now + DAY);
        },
      ),
    );
  });
});

test("a link is looked for from the status on in which there may be one until the customer is done", () => {
  const openWithout = (status: Checked["status"]) =>
    lacksLink({ state: "OpenCapture", status, link_ready: false });
  expect(profileStatuses.filter(openWithout)).toEqual(["pending", "capture_pending"]);
  expect(lacksLink({ state: "OpenCapture", status: "pending", link_ready: true })).toBe(false);
  expect(lacksLink({ state: "Recapture", status: "recapture_pending", link_ready: false })).toBe(false);
});
