import { beforeEach, describe, expect, test } from "vitest";
import { cancelAppointment } from "../../../functions/actions/cancel-appointment.ts";
import { hearWebhook } from "../../../functions/webhooks/hear-webhook.ts";
import { type Answer, refusals } from "../../../shared/gateway/answers.ts";
import { NotFound, Transient } from "../../../shared/gateway/errors.ts";
import { callOf, key, onboardingInMemory, START } from "../onboarding-in-memory.ts";

const at = (minutes: number) => new Date(START + minutes * 60_000).toISOString();
const booking = (booked: number, start: number) => ({
  action: "scheduled",
  scheduled_at: at(booked),
  start_time: at(start),
  end_time: at(start + 15),
});
const freed: Answer = { status: 200, body: { reference_id: key.reference_id, state: "cancelled" } };
const asking = callOf({ id: "", body: { reference_id: key.reference_id } });

describe("a booked slot that is given back", () => {
  let answer: Answer;
  let world: ReturnType<typeof onboardingInMemory>;
  const hear = async (detail: Record<string, string>, once: string) =>
    hearWebhook(await world.record(), { kind: "W5", detail }, once, world.deps);
  const slot = async () => (await world.record()).appointment;

  beforeEach(async () => {
    answer = freed;
    world = onboardingInMemory({ cancelAppointment: () => answer });
    await world.created();
    await hear(booking(-5, 60), "first");
    expect(await slot()).toMatchObject({ start_at: START + 60 * 60_000 });
    expect(world.told().types).toEqual(["AppointmentScheduled"]);
  });

  test("is forgotten, and the onboarding hears of it", async () => {
    expect(await cancelAppointment.run(asking, world.deps)).toEqual(freed);
    expect(await slot()).toBeNull();
    expect((await world.record()).signal).toBe(1);
    expect((await world.records.history(key, null)).map(({ kind, by }) => [kind, by])).toContainEqual([
      "AppointmentCancelledByCaller",
      "caller",
    ]);
  });

  test.each([
    ["the booking itself, once more", booking(-5, 60)],
    ["a later booking of before that", booking(-1, 90)],
  ])("does not come back with a webhook that was on its way: %s", async (_which, late) => {
    await cancelAppointment.run(asking, world.deps);
    world.clock.now += 60_000;
    await hear(late, "late");
    expect(await slot()).toBeNull();
    expect(world.told().types).toEqual(["AppointmentScheduled"]);
  });

  test("does not come back where the gateway's clock is ahead of ours", async () => {
    await hear(booking(30, 120), "ahead");
    await cancelAppointment.run(asking, world.deps);
    expect(await slot()).toBeNull();
    await hear(booking(30, 120), "ahead, late");
    expect(await slot()).toBeNull();
    expect(world.told().types).toHaveLength(2);
  });

  test("leaves room for another one", async () => {
    await cancelAppointment.run(asking, world.deps);
    await hear(booking(1, 90), "second");
    expect(await slot()).toMatchObject({ start_at: START + 90 * 60_000 });
    expect(world.told().types).toEqual(["AppointmentScheduled", "AppointmentScheduled"]);
  });

  test("and that the gateway does not have is forgotten as well; the caller gets the 404", async () => {
    answer = refusals.unknownAppointment();
    const refusal = await cancelAppointment.run(asking, world.deps).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(NotFound);
    expect(refusal).toMatchObject(answer);
    expect(await slot()).toBeNull();
    await hear(booking(-5, 60), "late");
    expect(await slot()).toBeNull();
    expect(world.told().types).toEqual(["AppointmentScheduled"]);
  });

  test("stays when nobody knows what came of it", async () => {
    answer = refusals.internalScheduling();
    const before = await slot();
    await expect(cancelAppointment.run(asking, world.deps)).rejects.toThrow(Transient);
    expect(await slot()).toEqual(before);
    // And a rebooking that was on its way still counts.
    await hear({ ...booking(-1, 90), action: "rescheduled" }, "second");
    expect(await slot()).toMatchObject({ start_at: START + 90 * 60_000 });
  });

  test("of another account of the same reference is not ours", async () => {
    const before = await slot();
    expect(await cancelAppointment.run({ ...asking, account_id: "other/2" }, world.deps)).toEqual(freed);
    expect(await slot()).toEqual(before);
    expect((await world.record()).signal).toBe(0);
  });
});
