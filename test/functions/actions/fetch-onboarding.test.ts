import { randomUUID } from "node:crypto";
import type { HistoryEventType } from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import { MAX_RESULT_BYTES } from "../../../functions/action.ts";
import { asked } from "../../../functions/actions/act-on-onboarding.ts";
import { fetchOnboarding, onboardingSchema } from "../../../functions/actions/fetch-onboarding.ts";
import { audited } from "../../../functions/operate/operator-audit.ts";
import type { ReadHistory } from "../../../functions/timeline/execution-lines.ts";
import type { Wait } from "../../../shared/profile/next.ts";
import { ERASURE_FAILS } from "../../../shared/profile/stuck.ts";
import { settle } from "../../shared/store/settle.ts";
import { callOf, key, onboardingInMemory, profile_id, START } from "../onboarding-in-memory.ts";

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
    parked_at: START,
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
        readHistory: async () => null,
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

const DAY_MS = 24 * HOUR_MS;

/** An onboarding, and how it is shown; `parked` puts it into a wait of a day, with the next look after an hour. */
async function showing() {
  const onboarding = onboardingInMemory();
  const { deps, record, records } = onboarding;
  const seen = async (query: object = {}, readHistory: ReadHistory = async () => null) => {
    const call = callOf({ id: key.reference_id, query });
    const { status, body } = await fetchOnboarding.run(call, { ...deps, readHistory });
    expect(status).toBe(200);
    return onboardingSchema.parse(body);
  };
  return {
    ...onboarding,
    seen,
    lines: async () => (await seen()).events.map(({ kind, by, says }) => `${by}: ${kind}: ${says}`),
    async parked(state: Wait, fields: Parameters<typeof records.park>[2]) {
      const [now, token] = [onboarding.clock.now, { task_token: "token", waits_for: [] }];
      const moments = { parked_at: now, deadline_at: now + DAY_MS, due_at: now + HOUR_MS };
      expect(await records.park(await record(), { state, ...token, ...moments }, fields)).toBe(true);
    },
  };
}

describe("why an onboarding is where it is, and whether somebody should look", () => {
  test.each<[string, Wait, Parameters<Awaited<ReturnType<typeof showing>>["parked"]>[1], string, boolean]>([
    [
      "waits for its link",
      "OpenCapture",
      { status: "pending" },
      "The gateway is still preparing the profile: there is no capture link yet. If nothing happens in time, a person is asked to look at it.",
      false,
    ],
    [
      "waits for the customer",
      "OpenCapture",
      { status: "capture_pending", link_ready: true },
      "The customer has not finished at the capture page. If nothing happens in time, we cancel it at the gateway.",
      false,
    ],
    [
      "waits for the gateway's machines",
      "OpenCapture",
      { status: "in_progress", link_ready: true },
      "The customer is done at the capture page, and the gateway is checking what was captured. If nothing happens in time, a person is asked to look at it.",
      false,
    ],
    [
      "waits for a decision",
      "Review",
      { status: "review_required" },
      "The gateway asks for a decision, and it is left to a person. If nothing happens in time, a person is asked to look at it.",
      false,
    ],
    [
      "waits for the customer's second try",
      "Recapture",
      { status: "recapture_pending", rounds: 2 },
      "The customer was sent back to redo something, in round 2, and has not done so. If nothing happens in time, we ask the gateway to reject it, and a person if it does not.",
      false,
    ],
    [
      "waits for somebody's attention",
      "Attention",
      { status: "in_progress", reason: "recapture rounds are used up", missed: 0 },
      "A person has to look at it: recapture rounds are used up. If nothing happens in time, we try to end it, and ask a person again if the gateway does not let us.",
      true,
    ],
    [
      "waits for somebody's attention for the last time",
      "Attention",
      { status: "in_progress", reason: "a step failed repeatedly", missed: 2 },
      "A person has to look at it: a step failed repeatedly. If nothing happens in time, we give it up.",
      true,
    ],
    [
      "waits for somebody's attention, since it could not be erased",
      "Attention",
      { status: "cancelled", outcome: "cancelled", reason: ERASURE_FAILS, missed: 2 },
      "A person has to look at it: its data is due to be erased, and that failed repeatedly. If nothing happens in time, what we have of the customer is erased, once its date has come.",
      true,
    ],
    [
      "waits for the retention date",
      "Retain",
      { status: "completed", outcome: "completed" },
      "It ended well, with the customer approved. What we have of the customer is kept until the retention date. Then it is erased, at the gateway and with us.",
      false,
    ],
  ])("it %s", async (_what, state, fields, why, stuck) => {
    const { created, parked, seen } = await showing();
    await created();
    await parked(state, fields);
    expect(await seen()).toMatchObject({
      state,
      why,
      stuck,
      waiting_since: "2026-01-05T09:00:00.000Z",
      waiting_until: "2026-01-06T09:00:00.000Z",
      next_check_at: "2026-01-05T10:00:00.000Z",
    });
  });

  test.each([
    ["at the deadline", DAY_MS, false],
    ["a quarter of an hour after it", DAY_MS + 15 * 60_000, false],
    ["later", DAY_MS + 15 * 60_000 + 1, true],
  ])("it is stuck when its deadline brought nothing: %s", async (_when, after, stuck) => {
    const { created, parked, seen, clock } = await showing();
    await created();
    await parked("Review", { status: "review_required" });
    clock.now += after;
    const { why, ...rest } = await seen();
    expect(rest).toMatchObject({ stuck });
    expect(why).toContain("Its time is over: what comes then is due now.");
  });

  test("it is held: nothing is erased, however long its date has passed, and it is not stuck", async () => {
    const { created, parked, seen, records, clock } = await showing();
    await created();
    await parked("Retain", { status: "completed", outcome: "rejected" });
    await records.hold(key, { by: "counsel@example.com", at: clock.now });
    clock.now += 40 * DAY_MS;
    expect(await seen()).toMatchObject({
      held: { by: "counsel@example.com", at: "2026-01-05T09:00:00.000Z" },
      stuck: false,
      why: "It ended with the customer rejected. What we have of the customer is kept until the retention date. It is under legal hold: nothing of it is erased until the hold is released.",
    });
  });

  test("it has no profile yet", async () => {
    const { claimed, seen } = await showing();
    await claimed();
    expect(await seen()).toMatchObject({
      why: "The request is written down, and its profile is being created.",
      waiting_for: "the gateway to create the profile",
      stuck: false,
      profile_id: null,
      created_at: "2026-01-05T09:00:00.000Z",
    });
  });

  test("its create was put off: it is stuck until it is tried again", async () => {
    const { claimed, seen, records, clock } = await showing();
    const claim = await claimed();
    await records.lease(claim, clock.now, 1);
    await records.defer(claim, clock.now + HOUR_MS);
    expect(await seen()).toMatchObject({
      why: "The gateway has not created the profile, at 1 try so far. We try again by ourselves, until the customer's time is over.",
      stuck: true,
      next_check_at: "2026-01-05T10:00:00.000Z",
    });
  });

  test("its create was refused: the reference is free again", async () => {
    const { claimed, seen, records } = await showing();
    await records.release(await claimed(), START);
    expect(await seen()).toMatchObject({ stuck: false, waiting_for: null, next_check_at: null, may_do: [] });
    expect((await seen()).why).toContain("The reference is free for a new request.");
  });

  test("it has ended: nothing more will happen, and nothing is left to be done", async () => {
    const { created, seen, records, clock } = await showing();
    await created();
    await settle(records, key, { status: "purged", outcome: "expired", purged_at: clock.now });
    expect(await seen()).toMatchObject({
      why: "It ended because the customer's time was over, and the customer's data is erased. Nothing more will happen.",
      stuck: false,
      may_do: [],
      waiting_until: null,
      next_check_at: null,
    });
  });
});

describe("what may be done now", () => {
  test("is told in operators' words", async () => {
    const { created, parked, seen } = await showing();
    await created();
    await parked("Review", { status: "review_required" });
    const { may_do } = await seen();
    expect(may_do.map(({ action }) => action)).toEqual(["recheck", "recapture", "approve", "reject", "hold"]);
    expect(may_do).toContainEqual({ action: "approve", does: "approve the profile at the gateway" });
  });
});

describe("the execution", () => {
  test("is linked to in the console of its region", async () => {
    const { created, seen, deps } = await showing();
    const { execution } = await created();
    const arn = `arn:aws:states:eu-west-1:000000000000:execution:onboarding-prod:${execution}`;
    deps.executions.arnOf = () => arn;
    const { execution_arn, console_url } = await seen();
    expect(execution_arn).toBe(arn);
    expect(console_url).toBe(
      `https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn%3Aaws%3Astates%3Aeu-west-1%3A000000000000%3Aexecution%3Aonboarding-prod%3A${execution}`,
    );
  });

  const history =
    (...types: [HistoryEventType, string?][]): ReadHistory =>
    async () => ({
      isCut: false,
      events: types.map(([type, name], index) => ({
        id: index + 1,
        type,
        timestamp: new Date(START + index * 1_000),
        ...(name && { stateEnteredEventDetails: { name } }),
      })),
    });

  test("is asked for its steps only by who wants them", async () => {
    const { created, seen } = await showing();
    await created();
    const unasked: ReadHistory = () => Promise.reject(new Error("nobody should have asked"));
    for (const query of [{}, { steps: "false" }]) expect((await seen(query, unasked)).steps_note).toBeNull();
    await expect(seen({ steps: "true" }, unasked)).rejects.toThrow("nobody should have asked");
  });

  test("adds its steps to the timeline, in their places", async () => {
    const { created, seen, records } = await showing();
    await created();
    await records.record(key, "1", { at: START + 1_500, kind: "W6", by: "webhook", detail: {} });
    const steps = history(
      ["ExecutionStarted"],
      ["TaskStateEntered", "OpenCapture"],
      ["TaskStateEntered", "Review"],
    );
    const { events, steps_note } = await seen({ steps: "true" }, steps);
    expect(events.map(({ kind, by, says }) => [kind, by, says])).toEqual([
      [
        "OnboardingRequested",
        "caller",
        "The caller asked for this onboarding. We wrote that down before anything else.",
      ],
      ["ExecutionStarted", "step-functions", "The execution began."],
      ["ProfileCreated", "orchestrator", "We had the gateway create the profile."],
      [
        "StepEntered",
        "step-functions",
        "Step OpenCapture begins: it sees to it that there are a profile and its link, then waits for the customer.",
      ],
      ["W6", "webhook", "The gateway says that the profile is ready for its customer."],
      [
        "StepEntered",
        "step-functions",
        "Step Review begins: it decides as the workflow says, or waits for a person.",
      ],
    ]);
    expect(steps_note).toBeNull();
  });

  test.each([
    ["has not begun yet", 0, "There is no execution yet."],
    [
      "ended long ago",
      91,
      "Step Functions forgets an execution 90 days after its end: its steps are not known any more.",
    ],
  ])("that %s is no error but a note", async (_what, days, steps_note) => {
    const { created, seen, clock } = await showing();
    await created();
    clock.now += days * DAY_MS;
    const found = await seen({ steps: "true" });
    expect(found).toMatchObject({ steps_note });
    expect(found.events.map(({ kind }) => kind)).toEqual(["OnboardingRequested", "ProfileCreated"]);
  });

  test("that ended without an end is said to have to be restarted", async () => {
    const { created, parked, seen } = await showing();
    await created();
    await parked("Review", { status: "review_required" });
    const { stuck, why, may_do } = await seen(
      { steps: "true" },
      history(["ExecutionStarted"], ["ExecutionAborted"]),
    );
    expect(stuck).toBe(true);
    expect(why).toContain("No execution drives it: it has to be restarted.");
    expect(may_do.map(({ action }) => action)).toContain("restart");
  });
});

describe("the timeline", () => {
  test("tells how the profile came to be", async () => {
    const { claimed, lines, records, clock } = await showing();
    const claim = await claimed();
    await records.lease(claim, clock.now, 1);
    await records.bind(claim, profile_id, { at: clock.now, by: "look-up" });
    expect(await lines()).toContain(
      "orchestrator: ProfileCreated: The gateway had the profile already, from a try whose answer got lost. We took it over.",
    );
  });

  test("tells what the receipt says of the purge", async () => {
    const { created, lines, records, clock } = await showing();
    await created();
    await records.record(key, "p", { at: clock.now, kind: "ProfilePurged", by: "orchestrator", detail: {} });
    await records.receipt(key, { purged_at: clock.now, gateway: "refused", objects: 2 });
    await settle(records, key, { status: "purged", purged_at: clock.now });
    expect((await lines()).at(-1)).toBe(
      "orchestrator: ProfilePurged: The customer's data is erased with us; the gateway refused, and has to be asked by hand. A receipt stays. (event ProfilePurged)",
    );
  });

  test("has the reason of an operator while it is kept, and asks for none once it is erased", async () => {
    const { created, lines, records, vault, clock } = await showing();
    await created();
    const detail = { action: "hold", who: "ann@example.com", audit_id: "a1", reason_kept: 1 };
    await vault.put(key, "reason-a1", { reason: "the court asked for it" });
    await records.record(key, "1", { at: clock.now, kind: "OperatorAsked", by: "operator", detail });
    expect((await lines()).at(-1)).toMatch(
      /ann@example\.com asked for: hold\. Why: the court asked for it\./,
    );
    await settle(records, key, { status: "purged", purged_at: clock.now });
    vault.get = () => Promise.reject(new Error("nobody should have asked"));
    expect((await lines()).at(-1)).not.toMatch(/court/);
  });

  test("fits into an answer when operators wrote thousands of lines as long as they may be", async () => {
    const { created, seen, deps, clock } = await showing();
    await created();
    const reason = asked.reason.parse("\u0001".repeat(500));
    const words = { who: "w".repeat(128), ticket: "t".repeat(64), subject: "s".repeat(255), reason };
    for (let id = 0; id < 1_200; id++) {
      const act = { id: randomUUID(), action: "resend-link", ...words } as const;
      const audit = await audited(key, act, deps);
      await audit.ended("refused", "its link is on no host that customers may be sent to");
      clock.now++;
    }
    const body = JSON.stringify(await seen());
    expect(body).toContain('"kind":"TimelineCut"');
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(0.85 * MAX_RESULT_BYTES);
  });

  test("names the decision that counts", async () => {
    const { created, seen, records, clock } = await showing();
    await created();
    expect((await seen()).decision).toBeNull();
    const event = {
      kind: "Decided",
      by: "orchestrator",
      detail: { act: "approve", policy: "approve" },
    } as const;
    await records.record(key, "1", { at: clock.now, ...event });
    await records.record(key, "2", { at: clock.now + 1, kind: "W6", by: "webhook", detail: {} });
    expect((await seen()).decision).toEqual({
      at: "2026-01-05T09:00:00.000Z",
      by: "orchestrator",
      says: "We decided to approve the customer, as the workflow says.",
    });
  });
});
