import { describe, expect, test } from "vitest";
import { change } from "../../../functions/sandbox/advance.ts";
import * as callMoves from "../../../functions/sandbox/call-moves.ts";
import {
  askForCall,
  bookSlot,
  dropCall,
  endCall,
  freeSlots,
  joinCall,
  waitingCalls,
} from "../../../functions/sandbox/calls.ts";
import type { ProfileRecord } from "../../../functions/sandbox/profile-record.ts";
import type { Settings } from "../../../functions/sandbox/settings.ts";
import { fullProfileSchema } from "../../../shared/gateway/profile.ts";
import { queueMetricsSchema } from "../../../shared/gateway/video-calls.ts";
import { webhookKind, webhooks } from "../../../shared/gateway/webhooks.ts";
import { ACCOUNT, OTHER_ACCOUNT, selfieRecapture, VirtualSandbox } from "./virtual-sandbox.ts";

const AGENT = "agent-1@calls.example.com";
const verified = { verdict: "verified", remark: null } as const;
const premium = { config: { id: "package-by-hand", overrides: { video_kyc_priority: 2 } } };

/** A world with receivers, and customers in it who may ask for calls. */
async function open(settings: Partial<Settings> = {}) {
  const world = new VirtualSandbox(settings);
  await world.listen();
  const { sandbox } = world;
  const customer = async (more: Record<string, unknown> = {}) => {
    const { profile_id, reference_id } = await world.create("by-hand", more);
    await world.pass(1);
    return { profile_id, reference_id };
  };
  const metrics = async (account = ACCOUNT) => {
    const { body } = await world.http("GET", "/v2/call_metrics", undefined, account);
    return (body.queue_metrics as Record<string, number>[]).map((queue) => [
      queue["operators_busy"],
      queue["operators_available"],
      queue["users_queued"],
    ]);
  };
  const stateOf = (profileId: string) => world.store.profiles.get(profileId)?.state;
  const slot = async (profileId: string, nth = 0) => {
    const found = (await freeSlots(sandbox, profileId))[nth];
    if (!found) throw new Error("no slot is free");
    return found.start_time;
  };
  const book = async (profileId: string, nth = 0) => bookSlot(sandbox, profileId, await slot(profileId, nth));
  const inCall = async (more: Record<string, unknown> = {}) => {
    const made = await customer(more);
    await askForCall(sandbox, made.profile_id);
    await joinCall(sandbox, made.profile_id, AGENT);
    return made;
  };
  const lines = (account = ACCOUNT) => Object.keys(world.store.switchboards.get(account)?.lines ?? {});
  const bodies = (slotName: string) =>
    world.posted.filter(({ url }) => url.endsWith(slotName)).map(({ body }) => body);
  return { world, sandbox, customer, metrics, stateOf, slot, book, inCall, lines, bodies };
}

const refusalOf = (answer: Awaited<ReturnType<typeof askForCall>>) =>
  answer && "refusal" in answer ? answer.refusal : null;
const refused = (status: number) => ({ refusal: { status } });
const nobody = [
  [0, 2, 0],
  [0, 1, 0],
];

describe("a customer who asks for a call", () => {
  test("waits in the queue of the profile's priority", async () => {
    const { sandbox, customer, metrics } = await open();
    const usual = await customer();
    const urgent = await customer(premium);
    await askForCall(sandbox, usual.profile_id);
    await askForCall(sandbox, urgent.profile_id);
    expect(await metrics()).toEqual([
      [0, 2, 1],
      [0, 1, 1],
    ]);
    expect(await waitingCalls(sandbox, ACCOUNT)).toEqual([
      {
        ...usual,
        video_kyc_priority: 1,
        state: "waiting",
        since: "2026-01-05T09:00:02.000Z",
        agent: null,
      },
      {
        ...urgent,
        video_kyc_priority: 2,
        state: "waiting",
        since: "2026-01-05T09:00:02.000Z",
        agent: null,
      },
    ]);
  });

  test.each([[undefined], [null], [{}], [{ video_kyc_priority: 7 }]])(
    "waits in the first queue when the overrides are %j",
    async (overrides) => {
      const { sandbox, customer, metrics } = await open({
        videoQueues: [
          { priority: 5, label: "First", operators: 1 },
          { priority: 3, label: "Other", operators: 1 },
        ],
      });
      const { profile_id } = await customer({ config: { id: "package-by-hand", overrides } });
      await askForCall(sandbox, profile_id);
      expect(await metrics()).toEqual([
        [0, 1, 0],
        [0, 1, 1],
      ]);
      expect(await waitingCalls(sandbox, ACCOUNT)).toMatchObject([{ video_kyc_priority: 5 }]);
    },
  );

  test("keeps the place by asking again, and is not told of", async () => {
    const { world, sandbox, customer } = await open();
    const { profile_id } = await customer();
    await askForCall(sandbox, profile_id);
    await world.pass(30);
    expect(await askForCall(sandbox, profile_id)).toMatchObject({ record: { profile_id } });
    expect(await waitingCalls(sandbox, ACCOUNT)).toMatchObject([{ since: "2026-01-05T09:00:01.000Z" }]);
    expect(world.webhooks(profile_id)).toEqual(["created capture_pending"]);
  });

  test("may leave the queue, which ends the journey", async () => {
    const { world, sandbox, customer, metrics } = await open();
    const { profile_id } = await customer();
    await askForCall(sandbox, profile_id);
    await dropCall(sandbox, profile_id, "customer_drop");
    await world.pass(1);
    expect(await metrics()).toEqual(nobody);
    expect(world.webhooks(profile_id)).toEqual(["created capture_pending", "session incomplete"]);
  });

  test("and goes away waits for an hour, and counts as having left", async () => {
    const { world, sandbox, customer, metrics, lines, bodies } = await open();
    const { profile_id } = await customer();
    await askForCall(sandbox, profile_id);
    await world.pass(3599);
    expect(await metrics()).toEqual([
      [0, 2, 1],
      [0, 1, 0],
    ]);
    await world.pass(1);
    expect(await metrics()).toEqual(nobody);
    expect(await waitingCalls(sandbox, ACCOUNT)).toEqual([]);
    expect(await joinCall(sandbox, profile_id, AGENT)).toMatchObject(refused(409));
    expect(lines()).toEqual([]);
    await world.pass(1);
    expect(bodies("capture-session")).toMatchObject([
      { profile_id, session_status: "incomplete", reason: "customer_drop", status: "capture_pending" },
    ]);
    // And may come again, for another hour.
    await askForCall(sandbox, profile_id);
    await world.pass(3599);
    expect((await metrics())[0]).toEqual([0, 2, 1]);
  });

  test("and goes away loses the place, not a slot that is still to come", async () => {
    const { world, sandbox, customer, book, stateOf } = await open();
    const { profile_id } = await customer();
    await book(profile_id, 7);
    await askForCall(sandbox, profile_id);
    await world.pass(3600);
    expect(await waitingCalls(sandbox, ACCOUNT)).toMatchObject([{ profile_id, state: "booked" }]);
    await world.status(profile_id);
    expect(stateOf(profile_id)).toMatchObject({ call: null, appointment: { state: "booked" } });
  });

  test("and goes away beyond a slot, too, is nowhere any more", async () => {
    const { world, sandbox, customer, book, lines, stateOf } = await open();
    const { profile_id } = await customer();
    await book(profile_id);
    await askForCall(sandbox, profile_id);
    await world.pass(3600);
    expect(await waitingCalls(sandbox, ACCOUNT)).toEqual([]);
    await world.status(profile_id);
    expect(stateOf(profile_id)).toMatchObject({ call: null, appointment: { state: "missed" } });
    expect(lines()).toEqual([]);
  });

  test("is not there for other accounts", async () => {
    const { sandbox, customer, metrics } = await open();
    await askForCall(sandbox, (await customer()).profile_id);
    expect(await waitingCalls(sandbox, OTHER_ACCOUNT)).toEqual([]);
    expect(await metrics(OTHER_ACCOUNT)).toEqual(nobody);
  });
});

describe("a call", () => {
  test("takes an operator of its queue from beginning to end, and tells how it ended", async () => {
    const { world, sandbox, customer, metrics, bodies, stateOf } = await open();
    const { profile_id, reference_id } = await customer();
    await askForCall(sandbox, profile_id);
    await joinCall(sandbox, profile_id, AGENT);
    expect(await metrics()).toEqual([
      [1, 1, 0],
      [0, 1, 0],
    ]);
    expect(await waitingCalls(sandbox, ACCOUNT)).toEqual([
      {
        profile_id,
        reference_id,
        video_kyc_priority: 1,
        state: "in_call",
        since: "2026-01-05T09:00:01.000Z",
        agent: AGENT,
      },
    ]);
    expect(await world.status(profile_id)).toBe("capture_pending");
    await endCall(sandbox, profile_id, { verdict: "verified", remark: "All well" });
    expect(await metrics()).toEqual(nobody);
    expect(await waitingCalls(sandbox, ACCOUNT)).toEqual([]);
    expect(await world.status(profile_id)).toBe("in_progress");
    await world.pass(0.5);
    expect(world.webhooks(profile_id)).toEqual([
      "created capture_pending",
      "session complete",
      "status in_progress",
    ]);
    const [session] = bodies("capture-session");
    expect(webhooks.W4.body.parse(session)).toEqual(session);
    expect(session).toMatchObject({
      session_status: "complete",
      reason: "",
      status: "capture_pending",
      video_call: { status: "verified", agent_remark: "All well" },
    });
    expect(stateOf(profile_id)?.performed_by).toEqual([
      { performed_at: "2026-01-05T09:00:01.000Z", action: "video_call", email: AGENT, account_id: ACCOUNT },
    ]);
  });

  test("is in the full profile and in W1, with the agent's word and the videos of both sides", async () => {
    const { world, sandbox, inCall, bodies } = await open();
    await world.listen("W1");
    const { profile_id } = await inCall();
    const before = (await world.http("GET", `/profiles/${profile_id}`)).body;
    expect(before.tasks.map(({ key }: { key: string }) => key)).not.toContain("vkyc.assisted_vkyc");
    await endCall(sandbox, profile_id, { verdict: "rejected", remark: "Face mismatch" });
    await world.pass(5);
    const { body } = await world.http("GET", `/profiles/${profile_id}`);
    for (const profile of [body, bodies("profile-status").at(-1)]) {
      expect(fullProfileSchema.parse(profile)).toEqual(profile);
      expect(profile.tasks.at(-1)).toEqual({
        key: "vkyc.assisted_vkyc",
        resources: ["nil.nil.agent.2.nil", "nil.nil.customer.2.nil"],
        result: {
          automated_response: null,
          manual_response: { remarks: "Face mismatch", status: "rejected" },
        },
        status: "completed",
        task_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        task_type: "vkyc.assisted_vkyc",
        tasks: [],
      });
      expect(profile.resources.videos.slice(-2)).toMatchObject([
        { ref_id: "nil.nil.agent.2.nil", source: 2, attr: "agent", type: null },
        { ref_id: "nil.nil.customer.2.nil", source: 2, attr: "customer", type: null },
      ]);
    }
  });

  test("rejected by the agent goes on to a review all the same", async () => {
    const { world, sandbox, inCall, bodies } = await open();
    const { profile_id } = await inCall();
    await endCall(sandbox, profile_id, { verdict: "rejected", remark: null });
    await world.pass(5);
    expect(await world.status(profile_id)).toBe("review_required");
    expect(bodies("capture-session")).toMatchObject([
      { video_call: { status: "rejected", agent_remark: null } },
    ]);
  });

  test.each(["agent_drop", "customer_drop"] as const)("may break off: %s", async (reason) => {
    const { world, sandbox, inCall, metrics, bodies } = await open();
    const { profile_id } = await inCall();
    await dropCall(sandbox, profile_id, reason);
    await world.pass(1);
    expect(await metrics()).toEqual(nobody);
    expect(await world.status(profile_id)).toBe("capture_pending");
    expect(bodies("capture-session")).toMatchObject([
      {
        session_status: "incomplete",
        reason,
        status: "capture_pending",
        video_call: { status: null, agent_remark: null },
      },
    ]);
    const { body } = await world.http("GET", `/profiles/${profile_id}`);
    expect(body.tasks.map(({ key }: { key: string }) => key)).not.toContain("vkyc.assisted_vkyc");
    expect(body.resources.videos).toEqual([]);
    // And the customer may come again.
    expect(await askForCall(sandbox, profile_id)).toMatchObject({ record: { profile_id } });
    expect(await joinCall(sandbox, profile_id, AGENT)).toMatchObject({ record: { profile_id } });
    await endCall(sandbox, profile_id, verified);
    expect(await world.status(profile_id)).toBe("in_progress");
  });

  test("that nobody ends gives its operator back after an hour, and counts as dropped by the agent", async () => {
    const { world, sandbox, inCall, metrics, bodies } = await open();
    const { profile_id } = await inCall();
    await world.pass(3599);
    expect(await metrics()).toEqual([
      [1, 1, 0],
      [0, 1, 0],
    ]);
    await world.pass(1);
    expect(await metrics()).toEqual(nobody);
    expect(await waitingCalls(sandbox, ACCOUNT)).toEqual([]);
    expect(refusalOf(await endCall(sandbox, profile_id, verified))).toMatchObject({ status: 409 });
    await world.pass(1);
    expect(bodies("capture-session")).toMatchObject([{ session_status: "incomplete", reason: "agent_drop" }]);
  });

  test("goes to nobody else while it lasts, and to nobody who does not wait", async () => {
    const { sandbox, customer, inCall } = await open();
    const talking = await inCall();
    expect(await joinCall(sandbox, talking.profile_id, "agent-2@calls.example.com")).toMatchObject(
      refused(409),
    );
    expect(await askForCall(sandbox, talking.profile_id)).toMatchObject(refused(409));
    const idle = await customer();
    expect(await joinCall(sandbox, idle.profile_id, AGENT)).toMatchObject(refused(409));
    expect(await dropCall(sandbox, idle.profile_id, "agent_drop")).toMatchObject(refused(409));
    expect(await endCall(sandbox, idle.profile_id, verified)).toMatchObject(refused(409));
    await askForCall(sandbox, idle.profile_id);
    expect(await dropCall(sandbox, idle.profile_id, "agent_drop")).toMatchObject(refused(409));
  });

  test("is for the capture alone", async () => {
    const { world, sandbox, inCall } = await open();
    const { profile_id } = await inCall();
    await endCall(sandbox, profile_id, verified);
    await world.pass(3);
    await world.http("POST", `/profiles/${profile_id}/recapture/submit`, selfieRecapture);
    for (const answer of [
      await askForCall(sandbox, profile_id),
      await bookSlot(sandbox, profile_id, "2026-01-05T09:15:00.000Z"),
      await joinCall(sandbox, profile_id, AGENT),
      await dropCall(sandbox, profile_id, "agent_drop"),
      await endCall(sandbox, profile_id, verified),
    ])
      expect(refusalOf(answer)).toEqual({
        status: 422,
        body: { error: "unprocessable_entity", reason: "Profile in incorrect state recapture_pending" },
      });
    expect(await freeSlots(sandbox, profile_id)).toEqual([]);
  });

  test("of an unknown profile is nobody's", async () => {
    const { sandbox } = await open();
    for (const answer of [
      await askForCall(sandbox, "unknown"),
      await bookSlot(sandbox, "unknown", "2026-01-05T09:15:00.000Z"),
      await joinCall(sandbox, "unknown", AGENT),
      await dropCall(sandbox, "unknown", "agent_drop"),
      await endCall(sandbox, "unknown", verified),
    ])
      expect(answer).toBeNull();
    expect(await freeSlots(sandbox, "unknown")).toEqual([]);
  });
});

describe("slots", () => {
  test("are the next eight quarters of an hour", async () => {
    const { sandbox, customer } = await open();
    const { profile_id } = await customer();
    const slots = await freeSlots(sandbox, profile_id);
    expect(slots).toHaveLength(8);
    expect(slots[0]).toEqual({
      start_time: "2026-01-05T09:15:00.000Z",
      end_time: "2026-01-05T09:30:00.000Z",
    });
    expect(slots[7]?.start_time).toBe("2026-01-05T11:00:00.000Z");
  });

  test("do not reach beyond the link", async () => {
    const { sandbox, customer } = await open({ linkLifetimeSeconds: 2000 });
    const { profile_id } = await customer();
    expect((await freeSlots(sandbox, profile_id)).map(({ start_time }) => start_time)).toEqual([
      "2026-01-05T09:15:00.000Z",
      "2026-01-05T09:30:00.000Z",
    ]);
  });

  test("are not there in a queue without operators", async () => {
    const { sandbox, customer } = await open({
      videoQueues: [{ priority: 1, label: "Closed", operators: 0 }],
    });
    const { profile_id } = await customer();
    expect(await freeSlots(sandbox, profile_id)).toEqual([]);
    await askForCall(sandbox, profile_id);
    expect(await joinCall(sandbox, profile_id, AGENT)).toMatchObject(refused(409));
  });

  test("have as many customers as their queue has operators", async () => {
    const { sandbox, customer, slot, book } = await open();
    const [first, second, third] = [await customer(), await customer(), await customer()];
    const other = await customer(premium);
    const wanted = await slot(third.profile_id);
    await book(first.profile_id);
    expect(await slot(third.profile_id)).toBe(wanted);
    await book(second.profile_id);
    expect(await slot(third.profile_id)).not.toBe(wanted);
    expect(await freeSlots(sandbox, third.profile_id)).toHaveLength(8);
    expect(await bookSlot(sandbox, third.profile_id, wanted)).toMatchObject(refused(409));
    expect(await slot(other.profile_id)).toBe(wanted);
  });

  test.each([
    ["between two slots", "2026-01-05T09:20:00.000Z"],
    ["in the past", "2026-01-05T09:00:00.000Z"],
    ["in the far future", "2026-03-05T09:00:00.000Z"],
    ["no time", "soon"],
  ])("%s cannot be booked", async (_, start) => {
    const { sandbox, customer, lines } = await open();
    const { profile_id } = await customer();
    expect(await bookSlot(sandbox, profile_id, start)).toMatchObject(refused(409));
    expect(lines()).toEqual([]);
  });
});

describe("an appointment", () => {
  test("is told with W5, and nothing else changes", async () => {
    const { world, sandbox, customer, book, bodies, metrics } = await open();
    const { profile_id, reference_id } = await customer();
    await book(profile_id);
    await world.pass(1);
    const [scheduled] = bodies("scheduling");
    expect(webhooks.W5.body.parse(scheduled)).toEqual(scheduled);
    expect(webhookKind("scheduling", scheduled)).toBe("W5");
    expect(scheduled).toEqual({
      profile_id,
      reference_id,
      scheduling_details: {
        action: "scheduled",
        scheduled_at: "2026-01-05T09:00:01.000Z",
        start_time: "2026-01-05T09:15:00.000Z",
        end_time: "2026-01-05T09:30:00.000Z",
      },
    });
    expect(await world.status(profile_id)).toBe("capture_pending");
    expect(world.webhooks(profile_id)).toEqual(["created capture_pending", "appointment scheduled"]);
    expect(await metrics()).toEqual(nobody);
    expect(await waitingCalls(sandbox, ACCOUNT)).toEqual([
      {
        profile_id,
        reference_id,
        video_kyc_priority: 1,
        state: "booked",
        since: "2026-01-05T09:00:01.000Z",
        agent: null,
      },
    ]);
  });

  test("that replaces another is rescheduled, and the other slot is free again", async () => {
    const { world, sandbox, customer, slot, book, bodies } = await open();
    const { profile_id } = await customer(premium);
    const other = await customer(premium);
    const first = await slot(profile_id);
    await book(profile_id);
    expect(await slot(other.profile_id)).not.toBe(first);
    await book(profile_id, 3);
    expect(await slot(other.profile_id)).toBe(first);
    // The slot that one has already: nothing happens.
    const again = bodies("scheduling").length;
    await bookSlot(
      sandbox,
      profile_id,
      world.store.profiles.get(profile_id)?.state.appointment?.start_time ?? "",
    );
    await world.pass(1);
    expect(bodies("scheduling").slice(again)).toMatchObject([
      { scheduling_details: { action: "scheduled", start_time: "2026-01-05T09:15:00.000Z" } },
      { scheduling_details: { action: "rescheduled", start_time: "2026-01-05T10:00:00.000Z" } },
    ]);
  });

  test("takes a waiting customer out of the queue", async () => {
    const { sandbox, customer, book, metrics } = await open();
    const { profile_id } = await customer();
    await askForCall(sandbox, profile_id);
    await book(profile_id);
    expect(await metrics()).toEqual(nobody);
    expect(await waitingCalls(sandbox, ACCOUNT)).toMatchObject([{ state: "booked" }]);
  });

  test("stays while its customer waits for an earlier call", async () => {
    const { sandbox, customer, book, metrics, stateOf } = await open();
    const { profile_id } = await customer();
    await book(profile_id);
    await askForCall(sandbox, profile_id);
    expect(await metrics()).toEqual([
      [0, 2, 1],
      [0, 1, 0],
    ]);
    expect(stateOf(profile_id)?.appointment).toMatchObject({ state: "booked" });
    expect(await waitingCalls(sandbox, ACCOUNT)).toMatchObject([{ state: "waiting" }]);
  });

  test("is kept when an agent joins, and its slot is free", async () => {
    const { sandbox, customer, slot, book, stateOf } = await open();
    const { profile_id } = await customer(premium);
    const other = await customer(premium);
    const wanted = await slot(profile_id);
    await book(profile_id);
    await joinCall(sandbox, profile_id, AGENT);
    expect(stateOf(profile_id)?.appointment).toMatchObject({ state: "kept", start_time: wanted });
    expect(await slot(other.profile_id)).toBe(wanted);
    expect(await bookSlot(sandbox, profile_id, wanted)).toMatchObject(refused(409));
  });

  test("may follow a call that broke off", async () => {
    const { world, sandbox, customer, book } = await open();
    const { profile_id } = await customer();
    await book(profile_id);
    await joinCall(sandbox, profile_id, AGENT);
    await dropCall(sandbox, profile_id, "customer_drop");
    await book(profile_id, 1);
    await world.pass(1);
    expect(world.webhooks(profile_id).slice(1)).toEqual([
      "appointment scheduled",
      "session incomplete",
      "appointment scheduled",
    ]);
  });

  test("in which nobody met is missed, and another may be booked", async () => {
    const { world, sandbox, customer, book, lines, stateOf } = await open();
    const { profile_id, reference_id } = await customer();
    await book(profile_id);
    await world.pass(1798);
    expect(await world.status(profile_id)).toBe("capture_pending");
    expect(stateOf(profile_id)?.appointment?.state).toBe("booked");
    await world.pass(1);
    expect(await waitingCalls(sandbox, ACCOUNT)).toEqual([]);
    expect(await world.status(profile_id)).toBe("capture_pending");
    expect(stateOf(profile_id)?.appointment).toEqual({
      state: "missed",
      scheduled_at: "2026-01-05T09:00:01.000Z",
      start_time: "2026-01-05T09:15:00.000Z",
      end_time: "2026-01-05T09:30:00.000Z",
    });
    expect(lines()).toEqual([]);
    const late = await world.http("PUT", "/scheduling/appointments/cancel", { reference_id });
    expect(late.status).toBe(404);
    await book(profile_id);
    await world.pass(1);
    expect(world.webhooks(profile_id).slice(1)).toEqual(["appointment scheduled", "appointment scheduled"]);
  });
});

describe("races", () => {
  test("for the last operator have one winner each", async () => {
    const { sandbox, customer, metrics } = await open();
    const customers = [await customer(), await customer(), await customer(), await customer()];
    for (const { profile_id } of customers) await askForCall(sandbox, profile_id);
    const answers = await Promise.all(
      customers.map(({ profile_id }) => joinCall(sandbox, profile_id, AGENT)),
    );
    expect(answers.map((answer) => refusalOf(answer)?.status ?? 200).sort()).toEqual([200, 200, 409, 409]);
    expect(await metrics()).toEqual([
      [2, 0, 2],
      [0, 1, 0],
    ]);
  });

  test("for the last slot have one winner", async () => {
    const { sandbox, customer, slot, stateOf } = await open();
    const customers = [await customer(premium), await customer(premium), await customer(premium)];
    const wanted = await slot(customers[0]?.profile_id ?? "");
    const answers = await Promise.all(
      customers.map(({ profile_id }) => bookSlot(sandbox, profile_id, wanted)),
    );
    expect(answers.map((answer) => refusalOf(answer)?.status ?? 200).sort()).toEqual([200, 409, 409]);
    const booked = customers.filter(({ profile_id }) => stateOf(profile_id)?.appointment);
    expect(booked).toHaveLength(1);
  });

  test("of two agents for one customer have one winner", async () => {
    const { sandbox, customer, metrics } = await open();
    const { profile_id } = await customer();
    await askForCall(sandbox, profile_id);
    const agents = ["agent-1@calls.example.com", "agent-2@calls.example.com"];
    const answers = await Promise.all(agents.map((agent) => joinCall(sandbox, profile_id, agent)));
    expect(answers.map((answer) => refusalOf(answer)?.status ?? 200).sort()).toEqual([200, 409]);
    expect(await metrics()).toEqual([
      [1, 1, 0],
      [0, 1, 0],
    ]);
  });

  test("between a decision and its write make it be taken anew", async () => {
    const { sandbox, customer, metrics } = await open();
    const [slow, fast] = [await customer(premium), await customer(premium)];
    for (const { profile_id } of [slow, fast]) await askForCall(sandbox, profile_id);
    const answer = await change(sandbox, slow.profile_id, async (record, moment, seen) => {
      const switchboard = await seen();
      await joinCall(sandbox, fast.profile_id, AGENT);
      return callMoves.joinCall(record, AGENT, switchboard, moment);
    });
    expect(answer).toMatchObject(refused(409));
    expect((await metrics())[1]).toEqual([1, 0, 1]);
  });

  test("of many customers on one switchboard lose nobody", async () => {
    const { sandbox, customer, metrics } = await open();
    const customers = await Promise.all(Array.from({ length: 12 }, () => customer()));
    const answers = await Promise.all(customers.map(({ profile_id }) => askForCall(sandbox, profile_id)));
    expect(answers.every((answer) => answer && "record" in answer)).toBe(true);
    expect((await metrics())[0]).toEqual([0, 2, 12]);
  });

  test("of a call and a cancel leave no operator behind", async () => {
    for (const cancelFirst of [true, false]) {
      const { world, sandbox, customer, metrics } = await open();
      const { profile_id } = await customer();
      await askForCall(sandbox, profile_id);
      const cancel = () => world.http("PUT", `/profiles/${profile_id}/cancel`);
      const join = () => joinCall(sandbox, profile_id, AGENT);
      await Promise.all(cancelFirst ? [cancel(), join()] : [join(), cancel()]);
      expect(await world.status(profile_id)).toBe("cancelled");
      expect(await metrics()).toEqual(nobody);
    }
  });
});

test("a full switchboard takes nobody new, and whoever is on it may go on", async () => {
  const { world, sandbox, customer, slot, stateOf } = await open();
  const [first, second] = [await customer(), await customer()];
  await askForCall(sandbox, first.profile_id);
  const board = world.store.switchboards.get(ACCOUNT);
  const line = board?.lines[first.profile_id];
  if (!board || !line) throw new Error("no line");
  for (let nth = 1; nth < 1000; nth++) board.lines[`profile ${nth}`] = line;
  expect(await askForCall(sandbox, second.profile_id)).toMatchObject(refused(409));
  const wanted = await slot(second.profile_id);
  expect(await bookSlot(sandbox, second.profile_id, wanted)).toMatchObject(refused(409));
  await bookSlot(sandbox, first.profile_id, wanted);
  expect(stateOf(first.profile_id)?.appointment).toMatchObject({ state: "booked" });
  // Lines that have lapsed take no room.
  const lines = world.store.switchboards.get(ACCOUNT)?.lines ?? {};
  for (const other of Object.values(lines)) other.until = "2026-01-05T09:00:00.000Z";
  expect(await askForCall(sandbox, second.profile_id)).toMatchObject({ record: {} });
});

test("a switchboard full of customers who went away takes somebody new after an hour", async () => {
  const { world, sandbox, customer, lines } = await open();
  const [first, second] = [await customer(), await customer()];
  await askForCall(sandbox, first.profile_id);
  const board = world.store.switchboards.get(ACCOUNT);
  const line = board?.lines[first.profile_id];
  if (!board || !line) throw new Error("no line");
  for (let nth = 1; nth < 1000; nth++) board.lines[`profile ${nth}`] = line;
  expect(await askForCall(sandbox, second.profile_id)).toMatchObject(refused(409));
  await world.pass(3600);
  expect(await askForCall(sandbox, second.profile_id)).toMatchObject({ record: {} });
  expect(lines()).toEqual([second.profile_id]);
});

describe("the switchboard forgets", () => {
  type Setup = Awaited<ReturnType<typeof open>>;
  const arrivals = {
    "who waits": ({ sandbox }: Setup, profileId: string) => askForCall(sandbox, profileId),
    "who has a slot": ({ book }: Setup, profileId: string) => book(profileId),
    "who talks": async ({ sandbox }: Setup, profileId: string) => {
      await askForCall(sandbox, profileId);
      return joinCall(sandbox, profileId, AGENT);
    },
  };
  const ends = {
    "a cancel": ({ world }: Setup, profileId: string) => world.http("PUT", `/profiles/${profileId}/cancel`),
    "the end of the link": ({ world }: Setup) => world.pass(2001),
    "a purge in capture": ({ world }: Setup, profileId: string) =>
      world.http("POST", `/profiles/${profileId}/purge`),
  };
  const cases = Object.entries(arrivals).flatMap(([who, arrive]) =>
    Object.entries(ends).map(([end, finish]) => ({ who, end, arrive, finish })),
  );

  test.each(cases)("$who, after $end", async ({ arrive, finish }) => {
    const setup = await open({ linkLifetimeSeconds: 2000, purgePolicy: "any" });
    const { world, sandbox, customer, metrics, lines, stateOf } = setup;
    const { profile_id, reference_id } = await customer();
    await arrive(setup, profile_id);
    expect(lines()).toEqual([profile_id]);
    await finish(setup, profile_id);
    expect(await waitingCalls(sandbox, ACCOUNT)).toEqual([]);
    expect(await metrics()).toEqual(nobody);
    await world.status(profile_id);
    expect(lines()).toEqual([]);
    expect(stateOf(profile_id)?.call).toBeNull();
    expect(stateOf(profile_id)?.appointment?.state).not.toBe("booked");
    const cancel = await world.http("PUT", "/scheduling/appointments/cancel", { reference_id });
    expect(cancel.status).toBe(404);
  });

  test("who finished otherwise than in a call", async () => {
    const { world, customer, book, lines, stateOf } = await open();
    const { profile_id } = await world.create("straight-through");
    await world.pass(1);
    await book(profile_id);
    await book((await customer()).profile_id);
    await world.pass(10);
    expect(await world.status(profile_id)).toBe("completed");
    expect(lines()).not.toContain(profile_id);
    expect(stateOf(profile_id)?.appointment?.state).toBe("cancelled");
  });

  test("links that ended while nobody looked", async () => {
    const { world, sandbox, customer, metrics, lines } = await open({ linkLifetimeSeconds: 2000 });
    const { profile_id } = await customer();
    await askForCall(sandbox, profile_id);
    await world.pass(2001);
    expect(await metrics()).toEqual(nobody);
    await askForCall(sandbox, (await customer()).profile_id);
    expect(lines()).not.toContain(profile_id);
  });
});

test("a purge clears the agent's remark, the appointment and what was routed", async () => {
  const MARK = "personal-mark";
  const { world, sandbox, customer, book } = await open();
  await world.listen("W1");
  const { profile_id } = await customer();
  const relay_data = Buffer.from(MARK).toString("base64");
  const update = { config: { overrides: { video_kyc_priority: 2 } }, relay_data };
  await world.http("PUT", `/profiles/${profile_id}/config`, update);
  await book(profile_id);
  await joinCall(sandbox, profile_id, AGENT);
  world.receiver = () => 500;
  await endCall(sandbox, profile_id, { verdict: "verified", remark: MARK });
  await world.pass(3);
  await world.http("POST", `/profiles/${profile_id}/complete_profile`, { status: "approved" });
  expect((await world.http("POST", `/profiles/${profile_id}/purge`)).status).toBe(200);
  const before = world.posted.length;
  world.receiver = () => 200;
  await world.pass(100);
  const { body } = await world.http("GET", `/profiles/${profile_id}`);
  expect(body).toMatchObject({ relay_data: null, tasks: [], resources: { videos: [] } });
  const { profiles, switchboards } = world.store;
  const left = JSON.stringify([[...profiles], [...switchboards], world.queue, world.posted.slice(before)]);
  expect(left).not.toContain(MARK);
  expect(left).not.toContain(relay_data);
  expect(left).not.toContain(AGENT);
  expect(profiles.get(profile_id)?.state).toMatchObject({ appointment: null, call: null, video_call: null });
});

describe("E14", () => {
  const path = "/scheduling/appointments/cancel";

  test("frees the slot and leaves the profile as it is", async () => {
    const { world, sandbox, customer, slot, book, stateOf, bodies } = await open();
    const { profile_id, reference_id } = await customer(premium);
    const other = await customer(premium);
    const wanted = await slot(profile_id);
    await book(profile_id);
    expect(await world.http("PUT", path, { reference_id })).toMatchObject({
      status: 200,
      body: { reference_id, state: "cancelled" },
    });
    expect(await world.status(profile_id)).toBe("capture_pending");
    expect(stateOf(profile_id)?.appointment).toMatchObject({ state: "cancelled", start_time: wanted });
    expect(await slot(other.profile_id)).toBe(wanted);
    expect(await waitingCalls(sandbox, ACCOUNT)).toEqual([]);
    await world.pass(1);
    expect(bodies("scheduling")).toHaveLength(1);
    // Another may be booked: no appointment is left that it would replace.
    await book(profile_id);
    await world.pass(1);
    expect(bodies("scheduling").at(-1)).toMatchObject({ scheduling_details: { action: "scheduled" } });
  });

  test("finds nothing the second time", async () => {
    const { world, customer, book } = await open();
    const { profile_id, reference_id } = await customer();
    await book(profile_id);
    const answers = await Promise.all([
      world.http("PUT", path, { reference_id }),
      world.http("PUT", path, { reference_id }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404]);
    expect(await world.http("PUT", path, { reference_id })).toMatchObject({
      status: 404,
      body: { errors: { detail: "Not Found" } },
    });
  });

  test("does not know unknown references, those of others, and customers without a slot", async () => {
    const { world, sandbox, customer, book, stateOf } = await open();
    const { profile_id, reference_id } = await customer();
    const unknown = { status: 404, body: { errors: { detail: "Not Found" } } };
    expect(await world.http("PUT", path, { reference_id })).toMatchObject(unknown);
    expect(await world.http("PUT", path, { reference_id: "unknown" })).toMatchObject(unknown);
    await askForCall(sandbox, profile_id);
    expect(await world.http("PUT", path, { reference_id })).toMatchObject(unknown);
    await book(profile_id);
    expect(await world.http("PUT", path, { reference_id }, OTHER_ACCOUNT)).toMatchObject(unknown);
    expect(await world.http("PUT", path, { reference_id: profile_id })).toMatchObject(unknown);
    expect(stateOf(profile_id)?.appointment?.state).toBe("booked");
  });

  test("takes the slot alone from a customer who also waits", async () => {
    const { world, sandbox, customer, book, metrics } = await open();
    const { profile_id, reference_id } = await customer();
    await book(profile_id);
    await askForCall(sandbox, profile_id);
    expect((await world.http("PUT", path, { reference_id })).status).toBe(200);
    expect((await metrics())[0]).toEqual([0, 2, 1]);
  });

  test.each([[{}], [{ reference_id: 5 }], [{ reference_id: "" }], [[]], [null]])(
    "refuses the body %j",
    async (body) => {
      const { world } = await open();
      expect(await world.http("PUT", path, body)).toMatchObject({
        status: 400,
        body: { message: "bad_request", reason: "Invalid request" },
      });
    },
  );

  test("refuses what is no JSON as every endpoint does", async () => {
    const { world } = await open();
    expect(await world.http("PUT", path, "{")).toMatchObject({
      status: 400,
      body: { errors: { detail: "Bad Request" } },
    });
  });
});

describe("E15", () => {
  const assignee = [{ action: "video_call", email: AGENT }];
  const update = (overrides: unknown, more = {}) => ({ config: { overrides }, ...more });
  const put = (world: VirtualSandbox, profileId: string, body: unknown, account = ACCOUNT) =>
    world.http("PUT", `/profiles/${profileId}/config`, body, account);

  test.each([
    ["a priority where there was none", null, { video_kyc_priority: 2 }, { video_kyc_priority: 2 }],
    [
      "agents beside a priority",
      { video_kyc_priority: 2 },
      { assignee },
      { video_kyc_priority: 2, assignee },
    ],
    [
      "a priority beside agents",
      { video_kyc_priority: 2, assignee },
      { video_kyc_priority: 1 },
      { video_kyc_priority: 1, assignee },
    ],
    [
      "both",
      { video_kyc_priority: 2, assignee },
      { video_kyc_priority: 1, assignee: [] },
      { video_kyc_priority: 1, assignee: [] },
    ],
    [
      "what is unknown beside what is unknown",
      { video_kyc_priority: 2, region: "north" },
      { video_kyc_priority: 3, shift: "late" },
      { video_kyc_priority: 3, region: "north", shift: "late" },
    ],
  ])("sets %s", async (_, before, supplied, after) => {
    const { world, customer } = await open();
    const { profile_id } = await customer({ config: { id: "package-by-hand", overrides: before } });
    const answer = await put(world, profile_id, update(supplied, { profile_id, reference_id: "any" }));
    expect(answer).toMatchObject({ status: 200, body: { profile_id } });
    expect(Object.keys(answer.body)).toEqual(["profile_id"]);
    const { config } = (await world.http("GET", `/profiles/${profile_id}`)).body;
    expect(config).toEqual({ id: "package-by-hand", overrides: after });
  });

  test("moves a waiting customer to the new queue, with the time that was waited", async () => {
    const { world, sandbox, customer, metrics } = await open();
    const { profile_id } = await customer();
    await askForCall(sandbox, profile_id);
    await world.pass(30);
    await put(world, profile_id, update({ video_kyc_priority: 2 }));
    expect(await metrics()).toEqual([
      [0, 2, 0],
      [0, 1, 1],
    ]);
    expect(await waitingCalls(sandbox, ACCOUNT)).toMatchObject([
      { video_kyc_priority: 2, since: "2026-01-05T09:00:01.000Z" },
    ]);
    await joinCall(sandbox, profile_id, AGENT);
    expect(await metrics()).toEqual([
      [0, 2, 0],
      [1, 0, 0],
    ]);
  });

  test("moves a booked slot to the new queue", async () => {
    const { world, customer, slot, book } = await open();
    const { profile_id } = await customer();
    const other = await customer(premium);
    const wanted = await slot(profile_id);
    await book(profile_id);
    await put(world, profile_id, update({ video_kyc_priority: 2 }));
    expect(await slot(other.profile_id)).not.toBe(wanted);
  });

  test("does not exchange the agent of a call in progress", async () => {
    const { world, inCall, metrics } = await open();
    const { profile_id } = await inCall();
    await put(world, profile_id, update({ video_kyc_priority: 2 }));
    expect(await metrics()).toEqual([
      [1, 1, 0],
      [0, 1, 0],
    ]);
  });

  test("holds up no scripted journey", async () => {
    const { world } = await open();
    const { profile_id } = await world.create("straight-through");
    for (let nth = 0; nth < 20; nth++) {
      await put(world, profile_id, update({ video_kyc_priority: nth }));
      await world.pass(0.2);
    }
    await world.pass(1);
    expect(await world.status(profile_id)).toBe("completed");
  });

  test("replaces relay_data where it is sent", async () => {
    const { world, customer } = await open();
    const [before, after] = ["before", "after"].map((text) => Buffer.from(text).toString("base64"));
    const { profile_id } = await customer({ relay_data: before });
    const relayed = async () => (await world.http("GET", `/profiles/${profile_id}`)).body.relay_data;
    await put(world, profile_id, update({ video_kyc_priority: 2 }));
    expect(await relayed()).toBe(before);
    await put(world, profile_id, update({ video_kyc_priority: 2 }, { relay_data: after }));
    expect(await relayed()).toBe(after);
  });

  test.each([
    ["config", {}],
    ["config.overrides", { config: {} }],
    ["config.overrides", update({})],
    ["config.overrides", update(null)],
    ["config.overrides.video_kyc_priority", update({ video_kyc_priority: "2" })],
    ["config.overrides.assignee.0.email", update({ assignee: [{ action: "video_call" }] })],
    ["config.overrides.assignee.0.action", update({ assignee: [{ action: "review", email: AGENT }] })],
    ["profile_id", update({ video_kyc_priority: 2 }, { profile_id: 5 })],
    ["profile_id", update({ video_kyc_priority: 2 }, { profile_id: "another" })],
    ["reference_id", update({ video_kyc_priority: 2 }, { reference_id: 5 })],
    ["body", []],
  ])("names the field that is wrong: %s", async (field, body) => {
    const { world, customer, stateOf } = await open();
    const { profile_id } = await customer();
    const before = stateOf(profile_id);
    const answer = await put(world, profile_id, body);
    expect(answer).toMatchObject({ status: 400, body: { error: "bad_request" } });
    expect(answer.body.reason.split(":")[0]).toBe(field);
    expect(stateOf(profile_id)).toEqual(before);
  });

  test("refuses relay_data that is not base64, after all fields", async () => {
    const { world, customer } = await open();
    const { profile_id } = await customer();
    const relay_data = "not base64!";
    expect(await put(world, profile_id, update({ video_kyc_priority: 2 }, { relay_data }))).toMatchObject({
      status: 422,
      body: { error: "unprocessable_entity", reason: "BASE64_DECODE_ERROR" },
    });
    const both = update({ video_kyc_priority: "2" }, { relay_data });
    expect((await put(world, profile_id, both)).status).toBe(400);
  });

  test("asks for the profile before the state, and for the state before the body", async () => {
    const { world, customer } = await open();
    expect((await put(world, "unknown", {})).status).toBe(404);
    const completed = await world.inStatus("completed");
    expect(await put(world, completed, {})).toMatchObject({
      status: 422,
      body: { reason: "Profile in incorrect state completed" },
    });
    const { profile_id } = await customer();
    const body = update({ video_kyc_priority: 2 });
    expect((await put(world, profile_id, body, OTHER_ACCOUNT)).status).toBe(404);
    expect((await world.http("GET", `/profiles/${profile_id}`)).body.config.overrides).toBeNull();
  });

  test("fills no record without bound", async () => {
    const { world, customer } = await open();
    const { profile_id } = await customer();
    const body = update({ video_kyc_priority: 2, note: "x".repeat(250_000) });
    expect((await put(world, profile_id, body)).status).toBe(413);
    expect((await put(world, profile_id, update({ video_kyc_priority: 2 }))).status).toBe(200);
  });
});

describe("E16", () => {
  test("has every queue, by priority", async () => {
    const { world } = await open({
      videoQueues: [
        { priority: 10, label: "Ten", operators: 3 },
        { priority: 9, label: "Nine", operators: 1 },
      ],
    });
    const { status, body } = await world.http("GET", "/v2/call_metrics");
    expect(status).toBe(200);
    expect(queueMetricsSchema.parse(body)).toEqual(body);
    const idle = { operators_busy: 0, users_queued: 0 };
    expect(body).toEqual({
      queue_metrics: [
        { video_kyc_priority: 9, label: "Nine", operators_available: 1, ...idle },
        { video_kyc_priority: 10, label: "Ten", operators_available: 3, ...idle },
      ],
    });
  });

  test("never has fewer than no operators, even when a stage takes some away during calls", async () => {
    const { sandbox, inCall, metrics } = await open();
    await inCall();
    await inCall();
    sandbox.settings = {
      ...sandbox.settings,
      videoQueues: [{ priority: 4, label: "Small", operators: 1 }],
    };
    expect(await metrics()).toEqual([[2, 0, 0]]);
  });

  test("takes no query", async () => {
    const { world } = await open();
    const answer = await world.http("GET", "/v2/call_metrics?queue=1");
    expect(answer).toMatchObject({ status: 400, body: { error: "bad_request" } });
  });
});

describe("records from before there were calls", () => {
  const strip = (world: VirtualSandbox, profileId: string) => {
    const { state, ...record } = world.store.profiles.get(profileId) as ProfileRecord;
    const { appointment: _, call: __, video_call: ___, ...old } = state;
    world.store.profiles.set(profileId, { ...record, state: old });
  };

  test("go on to their end", async () => {
    const { world } = await open();
    await world.listen("W1");
    const { profile_id } = await world.create("review-by-checker");
    await world.pass(1);
    strip(world, profile_id);
    const { status, body } = await world.http("GET", `/profiles/${profile_id}`);
    expect(status).toBe(200);
    expect(fullProfileSchema.parse(body)).toEqual(body);
    await world.pass(10);
    expect(await world.status(profile_id)).toBe("completed");
    strip(world, profile_id);
    expect((await world.http("POST", `/profiles/${profile_id}/purge`)).status).toBe(200);
  });

  test("may have calls and appointments", async () => {
    const { world, sandbox, customer, book } = await open();
    const { profile_id, reference_id } = await customer();
    strip(world, profile_id);
    const cancel = () => world.http("PUT", "/scheduling/appointments/cancel", { reference_id });
    expect((await cancel()).status).toBe(404);
    await book(profile_id);
    expect((await cancel()).status).toBe(200);
    await askForCall(sandbox, profile_id);
    await joinCall(sandbox, profile_id, AGENT);
    await endCall(sandbox, profile_id, verified);
    expect(await world.status(profile_id)).toBe("in_progress");
  });
});

describe("the scripted customer and agent", () => {
  test("book, lose a call, book again and hold it", async () => {
    const { world, bodies } = await open();
    const { profile_id } = await world.create("video-call-scheduled");
    await world.pass(60);
    expect(world.webhooks(profile_id)).toEqual([
      "created capture_pending",
      "appointment scheduled",
      "session incomplete",
      "appointment scheduled",
      "session complete",
      "status in_progress",
      "status review_required",
      "status completed",
    ]);
    expect(bodies("capture-session")).toMatchObject([
      { reason: "agent_drop", video_call: { status: null } },
      { reason: "", video_call: { status: "verified" } },
    ]);
    for (const { scheduling_details } of bodies("scheduling")) {
      const soon = Date.parse(scheduling_details.start_time) - Date.parse(scheduling_details.scheduled_at);
      expect(soon).toBeGreaterThan(0);
      expect(soon).toBeLessThanOrEqual(2000);
    }
    const { body } = await world.http("GET", `/profiles/${profile_id}`);
    expect(body.profile_data.performed_by).toMatchObject([
      { action: "video_call", email: "agent@sandbox.example.com" },
      { action: "review" },
    ]);
  });

  test("wait for a free operator", async () => {
    const { world, sandbox, inCall } = await open();
    world.copies = 2;
    const busy = [await inCall(), await inCall()];
    const { profile_id } = await world.create("video-call-scheduled");
    await world.pass(60);
    expect(world.webhooks(profile_id)).toEqual(["created capture_pending", "appointment scheduled"]);
    for (const one of busy) await endCall(sandbox, one.profile_id, verified);
    await world.pass(60);
    expect(await world.status(profile_id)).toBe("completed");
  });

  test("book again when their slot is cancelled, or was missed", async () => {
    const { world, sandbox, inCall, stateOf } = await open();
    await inCall();
    await inCall();
    const { profile_id, reference_id } = await world.create("video-call-scheduled");
    await world.pass(5);
    const cancel = await world.http("PUT", "/scheduling/appointments/cancel", { reference_id });
    expect(cancel.status).toBe(200);
    await world.pass(5);
    expect(stateOf(profile_id)?.appointment?.state).toBe("booked");
    await world.pass(1000);
    const told = world.webhooks(profile_id).filter((one) => one.startsWith("appointment"));
    expect(told).toEqual(["appointment scheduled", "appointment scheduled", "appointment scheduled"]);
    for (const { profile_id: id } of await waitingCalls(sandbox, ACCOUNT))
      await endCall(sandbox, id, verified);
    await world.pass(60);
    expect(await world.status(profile_id)).toBe("completed");
  });

  test("all come to their end when there are more than operators", async () => {
    const { world, lines } = await open();
    const made = await Promise.all(Array.from({ length: 10 }, () => world.create("video-call-scheduled")));
    await world.pass(120);
    for (const { profile_id } of made) expect(await world.status(profile_id)).toBe("completed");
    expect(lines()).toEqual([]);
  });

  test("go on when a person took the call away", async () => {
    const { world, sandbox, stateOf } = await open({ customerSeconds: 5 });
    const { profile_id } = await world.create("video-call-scheduled");
    for (let nth = 0; nth < 100 && stateOf(profile_id)?.call?.state !== "in_call"; nth++)
      await world.pass(0.5);
    expect(stateOf(profile_id)?.call?.state).toBe("in_call");
    await dropCall(sandbox, profile_id, "customer_drop");
    await world.pass(100);
    expect(await world.status(profile_id)).toBe("completed");
  });
});
