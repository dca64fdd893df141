import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LookRequest } from "../../../functions/looks.ts";
import { type ResumeDeps, takeLook } from "../../../functions/resume/resume.ts";
import type { Step } from "../../../functions/step.ts";
import { steps } from "../../../functions/steps/index.ts";
import { sweep } from "../../../functions/sweep/sweep.ts";
import { ingest } from "../../../functions/webhooks/ingest.ts";
import { waits } from "../../../shared/profile/next.ts";
import { type Workflow, workflowSchema } from "../../../shared/profile/policy.ts";
import type { ProfileStatus } from "../../../shared/profile/status.ts";
import { key, onboardingInMemory, profile_id, START, state, statusAnswer } from "../onboarding-in-memory.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const workflow = (fields: object = {}): Workflow =>
  workflowSchema.parse({
    config_id: "c",
    decision: { kind: "person" },
    firstCheckSeconds: 900,
    reminders: { afterSeconds: 3_600, everySeconds: 1_800, atMost: 3 },
    ...fields,
  });

/** A profile that parks in a step and is looked at whenever the sweeper, every minute, finds that it is due. */
async function parkedIn(step: Step, status: ProfileStatus, settings: Workflow = workflow()) {
  const at = { status: status as string, down: false };
  const onboarding = onboardingInMemory({
    fetchProfile: () => {
      if (at.down) throw new Error("no answer");
      return statusAnswer(at.status);
    },
    fetchCaptureLink: () => ({
      status: 200,
      body: { capture_link: "https://capture.idfy.com/x", capture_expires_at: null, profile_id },
    }),
  });
  const { clock, records, published } = onboarding;
  const queue: LookRequest[] = [];
  const deps: ResumeDeps & typeof onboarding.deps = {
    ...onboarding.deps,
    workflowOf: () => settings,
    captureHosts: ["idfy.com"],
    // Looks that come after a pause are left out: they are for a gateway that is slow to show what it announced.
    sendLooks: async (looks, delay = 0) => void (delay === 0 && queue.push(...looks)),
  };
  await onboarding.created();
  await step.run(state, deps, "token");
  let looks = 0;
  const look = async (request: LookRequest) => {
    looks++;
    await takeLook(request, deps).catch(() => {});
  };
  const noticed = () =>
    published
      .filter(({ type }) => /Reminder|Overdue|Missed/.test(type))
      .map(({ type, detail }) => `${type} ${detail["reminder"] ?? ""}`.trim());
  return {
    ...onboarding,
    deps,
    at,
    look,
    noticed,
    looks: () => looks,
    /** Lets the minutes up to this one pass. */
    async until(minute: number) {
      while (clock.now < START + minute * MINUTE) {
        clock.now = (Math.floor(clock.now / MINUTE) + 1) * MINUTE;
        await sweep(deps);
        for (const request of queue.splice(0)) await look(request);
      }
    },
    /** A webhook, and the look that its signal leads to. */
    async webhook(slot: string, body: object) {
      const told = JSON.stringify({ profile_id, ...body });
      await ingest(slot, "token", Buffer.from(told), { ...deps, ownerOf: async () => key.account_id });
      const record = await records.find(key);
      await look({ ...key, wait: record?.wait ?? 0, again: 0 });
    },
  };
}
const { OpenCapture, Review, Recapture } = steps;
const time = (minute: number) => new Date(START + minute * MINUTE).toISOString();
const booked = (action: string, start: number, scheduled = 0) => ({
  scheduling_details: {
    action,
    scheduled_at: time(scheduled),
    start_time: time(start),
    end_time: time(start + 15),
  },
});

describe("a customer who does not come", () => {
  test("is reminded in time, so often and no more, and nothing moves", async () => {
    const waiting = await parkedIn(OpenCapture, "capture_pending");
    await waiting.until(59);
    expect(waiting.noticed()).toEqual([]);
    await waiting.until(61);
    expect(waiting.noticed()).toEqual(["CaptureReminderDue 1"]);
    await waiting.until(24 * 60);
    expect(waiting.noticed()).toEqual([
      "CaptureReminderDue 1",
      "CaptureReminderDue 2",
      "CaptureReminderDue 3",
    ]);
    expect(waiting.deps.executions.resume).not.toHaveBeenCalled();
    expect(waiting.published.at(-1)).toMatchObject({
      type: "CaptureReminderDue",
      detail: { ...key, profile_id, status: "capture_pending", reminder: 3, of: 3, round: 0 },
    });
    expect(new Set(waiting.published.map(({ detail }) => detail["event_id"])).size).toBe(4);
    const lines = (await waiting.records.history(key, profile_id)).filter(
      ({ kind }) => kind === "CaptureReminderDue",
    );
    expect(lines).toMatchObject(
      [60, 90, 120].map((minute) => ({ by: "sweeper", at: expect.closeTo(START + minute * MINUTE, -5) })),
    );
    expect(lines[2]?.detail).toMatchObject({ reminder: 3, of: 3 });
  });

  test("has finished and is not reminded, though the machines are still at it", async () => {
    const waiting = await parkedIn(OpenCapture, "capture_pending");
    await waiting.until(50);
    waiting.at.status = "in_progress";
    await waiting.until(24 * 60);
    expect(waiting.noticed()).toEqual([]);
  });

  test("is reminded once after a night in which nothing was swept", async () => {
    const waiting = await parkedIn(OpenCapture, "capture_pending");
    waiting.clock.now = START + 12 * HOUR;
    await waiting.until(30 * 60);
    expect(waiting.noticed()).toEqual(["CaptureReminderDue 3"]);
  });

  test("is reminded when the gateway answers again, not before", async () => {
    const waiting = await parkedIn(OpenCapture, "capture_pending");
    waiting.at.down = true;
    await waiting.until(10 * 60);
    expect(waiting.noticed()).toEqual([]);
    waiting.at.down = false;
    await waiting.until(24 * 60);
    expect(waiting.noticed()).toEqual(["CaptureReminderDue 3"]);
  });

  test("is reminded under one id by two looks at once, and once is counted", async () => {
    const waiting = await parkedIn(OpenCapture, "capture_pending");
    waiting.clock.now = START + 61 * MINUTE;
    await Promise.all([waiting.look(key), waiting.look(key)]);
    const ids = waiting.published
      .filter(({ type }) => type === "CaptureReminderDue")
      .map(({ detail }) => detail["event_id"]);
    expect(new Set(ids).size).toBe(1);
    expect(await waiting.record()).toMatchObject({ reminders: 1 });
  });

  test("is reminded by a webhook's look while the sweeper's is on its way, and not by both", async () => {
    const waiting = await parkedIn(OpenCapture, "capture_pending");
    waiting.clock.now = START + 61 * MINUTE;
    await sweep(waiting.deps);
    await waiting.webhook("capture-session", { session_status: "incomplete" });
    expect(waiting.noticed()).toEqual(["CaptureReminderDue 1"]);
    expect(await waiting.record()).toMatchObject({ reminders: 1, checks: 0, due_at: START + 76 * MINUTE });
    await waiting.until(62);
    expect(waiting.noticed()).toHaveLength(1);
  });

  test("is reminded again by the look that is repeated when the bus took nothing", async () => {
    const waiting = await parkedIn(OpenCapture, "capture_pending");
    const { publish } = waiting.deps;
    waiting.deps.publish = async () => {
      throw new Error("the bus is down");
    };
    await waiting.until(63);
    waiting.deps.publish = publish;
    expect(await waiting.record()).toMatchObject({ reminders: 0 });
    await waiting.until(70);
    expect(waiting.noticed()).toEqual(["CaptureReminderDue 1"]);
  });

  test("is not reminded of a wait that was over before the gateway answered", async () => {
    const waiting = await parkedIn(Recapture, "recapture_pending");
    waiting.clock.now = START + 61 * MINUTE;
    const { gatewayOf } = waiting.deps;
    // The round ends and the next one begins while the look waits for its answer.
    waiting.deps.gatewayOf = async (account_id) => {
      const gateway = await gatewayOf(account_id);
      const fetchStatus: typeof gateway.fetchStatus = async (input) => {
        await Recapture.run({ ...state, rounds: 1 }, { ...waiting.deps, gatewayOf }, "token 2");
        return gateway.fetchStatus(input);
      };
      return { ...gateway, fetchStatus };
    };
    await waiting.look(key);
    expect(waiting.noticed()).toEqual([]);
    expect(await waiting.record()).toMatchObject({ wait: 2, rounds: 2, reminders: 0 });
  });

  test("has a count of his own in each recapture round", async () => {
    const waiting = await parkedIn(OpenCapture, "capture_pending");
    await waiting.until(100);
    waiting.at.status = "recapture_pending";
    await Recapture.run(state, waiting.deps, "token 2");
    await waiting.until(24 * 60);
    expect(waiting.noticed()).toEqual([1, 2, 1, 2, 3].map((reminder) => `CaptureReminderDue ${reminder}`));
    expect(waiting.published.at(-1)?.detail).toMatchObject({ status: "recapture_pending", round: 1 });
    // The link and the round are announced as well.
    expect(waiting.told().events).toBe(7);
  });
});

test("the checks for lost webhooks come as often with reminders as without", async () => {
  const settings = workflow({ firstCheckSeconds: 900 });
  const looksBy = async (minute: number, atMost: number) => {
    const waiting = await parkedIn(OpenCapture, "capture_pending", {
      ...settings,
      reminders: { afterSeconds: 60, everySeconds: 60, atMost },
    });
    await waiting.until(minute);
    return { looks: waiting.looks(), checks: (await waiting.record()).checks };
  };
  const without = await looksBy(600, 0);
  const many = await looksBy(600, 10);
  expect(many.looks).toBe(without.looks + 10);
  expect(many.checks).toBe(without.checks);
});

test("a wait without a notice writes no more than before there were any", async () => {
  const waiting = await parkedIn(OpenCapture, "capture_pending", workflow({ reminders: undefined }));
  let writes = 0;
  waiting.table.onChange = () => writes++;
  await waiting.look({ ...key, wait: 1 });
  await waiting.webhook("capture-session", { session_status: "incomplete" });
  // The session's two lines, and the signal.
  expect(writes).toBe(3);
});

describe("a review", () => {
  test("that nobody decides is said to be overdue once", async () => {
    const waiting = await parkedIn(Review, "review_required", workflow({ reviewOverdueSeconds: 7_200 }));
    await waiting.until(119);
    expect(waiting.noticed()).toEqual([]);
    await waiting.until(48 * 60);
    expect(waiting.noticed()).toEqual(["ReviewOverdue"]);
    expect(waiting.published.at(-1)?.detail).toMatchObject({ status: "review_required" });
  });

  test("that was decided in time is not", async () => {
    const waiting = await parkedIn(Review, "review_required", workflow({ reviewOverdueSeconds: 7_200 }));
    waiting.at.status = "completed";
    await waiting.until(121);
    expect(waiting.noticed()).toEqual([]);
    expect(waiting.deps.executions.resume).toHaveBeenCalled();
  });
});

describe("a booked slot", () => {
  const settings = workflow({ reminders: undefined, firstCheckSeconds: 86_400 });
  const parked = () => parkedIn(OpenCapture, "capture_pending", settings);

  test("that passes without a session is said to be missed, though no check is due until tomorrow", async () => {
    const waiting = await parked();
    await waiting.webhook("scheduling", booked("scheduled", 60));
    await waiting.until(89);
    expect(waiting.noticed()).toEqual([]);
    await waiting.until(91);
    expect(waiting.noticed()).toEqual(["AppointmentMissed"]);
    expect(waiting.published.at(-1)?.detail).toMatchObject({
      status: "capture_pending",
      appointment: { scheduled_at: time(0), start_time: time(60), end_time: time(75) },
    });
    await waiting.until(72 * 60);
    expect(waiting.noticed()).toEqual(["AppointmentMissed"]);
  });

  test("is not missed by whoever came: a session ended since it began", async () => {
    const waiting = await parked();
    await waiting.webhook("scheduling", booked("scheduled", 60));
    await waiting.until(70);
    await waiting.webhook("capture-session", { session_status: "incomplete", reason: "agent_drop" });
    await waiting.until(72 * 60);
    expect(waiting.noticed()).toEqual([]);
    expect((await waiting.record()).past_slot).toBe(START + 75 * MINUTE);
  });

  test("is missed by whoever came and left before it began", async () => {
    const waiting = await parked();
    await waiting.webhook("scheduling", booked("scheduled", 60));
    await waiting.until(30);
    await waiting.webhook("capture-session", { session_status: "incomplete" });
    await waiting.until(91);
    expect(waiting.noticed()).toEqual(["AppointmentMissed"]);
  });

  test("that was given back or moved is not missed; the one it was moved to may be", async () => {
    const waiting = await parked();
    await waiting.webhook("scheduling", booked("scheduled", 60));
    await waiting.webhook("scheduling", booked("rescheduled", 200, 5));
    await waiting.until(220);
    expect(waiting.noticed()).toEqual([]);
    await waiting.until(231);
    expect(waiting.noticed()).toEqual(["AppointmentMissed"]);
    await waiting.webhook("scheduling", booked("scheduled", 300, 240));
    await waiting.webhook("scheduling", booked("cancelled", 300, 240));
    await waiting.until(400);
    expect(waiting.noticed()).toHaveLength(1);
  });

  test("that was kept leaves nothing to say in a later recapture", async () => {
    const waiting = await parked();
    await waiting.webhook("scheduling", booked("scheduled", 60));
    await waiting.until(70);
    waiting.at.status = "recapture_pending";
    await Recapture.run(state, waiting.deps, "token 2");
    await waiting.until(72 * 60);
    expect(waiting.noticed()).toEqual([]);
  });
});

test("whatever a look finds, the next one lies ahead and not after the deadline", async () => {
  const statuses = [
    "pending",
    "capture_pending",
    "in_progress",
    "recapture_pending",
    "review_required",
    "a new word",
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...waits),
      fc.constantFrom(...statuses),
      fc.integer({ min: 1, max: 3_000 }),
      fc.array(fc.record({ minutes: fc.integer({ min: 1, max: 400 }), taken: fc.boolean() }), {
        maxLength: 12,
      }),
      fc.record({
        afterSeconds: fc.integer({ min: 1, max: 9_000 }),
        atMost: fc.integer({ min: 0, max: 10 }),
      }),
      async (wait, status, firstCheckSeconds, looks, reminders) => {
        const settings = { ...workflow({ reviewOverdueSeconds: 5_000, firstCheckSeconds }), reminders };
        const waiting = await parkedIn(OpenCapture, "capture_pending", settings);
        const deadline_at = START + 40 * HOUR;
        const parking = {
          state: wait,
          parked_at: START,
          task_token: "t",
          waits_for: [],
          deadline_at,
          due_at: START + 1,
        };
        await waiting.records.park(await waiting.record(), parking, {});
        waiting.at.status = status;
        for (const { minutes, taken } of looks) {
          waiting.clock.now += minutes * MINUTE;
          const { due_at, deadline_at } = await waiting.record();
          const now = waiting.clock.now;
          if (due_at === null || deadline_at === null || now >= deadline_at) return;
          // No check is planned for a fraction of a second.
          const until = now + 5 * MINUTE + 1;
          const takes = taken && due_at <= now && (await waiting.records.takeDue(key, due_at, until));
          await waiting.look({ ...key, ...(takes && { until }) });
          const after = await waiting.record();
          expect(after.due_at).toBeGreaterThan(now);
          expect(after.due_at).toBeLessThanOrEqual(deadline_at);
          if (takes) expect(after.due_at).not.toBe(until);
        }
      },
    ),
    { numRuns: 300 },
  );
});
