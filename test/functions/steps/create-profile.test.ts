import { beforeEach, describe, expect, test } from "vitest";
import { createProfile } from "../../../functions/steps/create-profile.ts";
import { ingest } from "../../../functions/webhooks/ingest.ts";
import { ids, key, onboardingInMemory, profile_id, START, state } from "../onboarding-in-memory.ts";

const at = (minutes: number) => new Date(START + minutes * 60_000).toISOString();
const booking = { action: "scheduled", scheduled_at: at(-1), start_time: at(60), end_time: at(75) };

describe("webhooks that came before their profile was known", () => {
  let world: ReturnType<typeof onboardingInMemory>;
  beforeEach(async () => {
    world = onboardingInMemory({ createProfileAsync: () => ({ status: 202, body: { profile_id } }) });
    await world.claimed();
    await receive("profile-creation", { status: "capture_pending", data: {}, config: { id: "c" } });
    await receive("capture-session", {
      status: "capture_pending",
      session_status: "incomplete",
      reason: "customer_drop",
    });
    await receive("scheduling", { scheduling_details: booking });
  });
  const receive = (slot: string, body: object) =>
    ingest(slot, "token", Buffer.from(JSON.stringify({ profile_id, ...body })), {
      ...world.deps,
      ownerOf: async () => key.account_id,
    });

  test("are kept, and nobody is told of a profile that we do not know", async () => {
    expect(world.published).toEqual([]);
    expect(await world.records.history(key, profile_id)).toHaveLength(3);
  });

  test("are announced by CreateProfile, and the slot is kept", async () => {
    expect(await createProfile.run(state, world.deps, "")).toMatchObject({ next: "open" });
    expect(world.published).toHaveLength(2);
    expect(world.published).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          type: "CaptureSessionEnded",
          detail: expect.objectContaining({ ...ids, session_status: "incomplete", reason: "customer_drop" }),
        }),
        expect.objectContaining({
          type: "AppointmentScheduled",
          detail: expect.objectContaining({ ...ids, appointment: booking }),
        }),
      ]),
    );
    expect((await world.record()).appointment).toEqual({
      scheduled_at: Date.parse(booking.scheduled_at),
      start_at: Date.parse(booking.start_time),
      end_at: Date.parse(booking.end_time),
    });
  });

  test("are announced again by a repeated step under the same event ids, and told once in the timeline", async () => {
    await createProfile.run(state, world.deps, "");
    const once = await world.records.history(key, profile_id);
    expect(await createProfile.run(state, world.deps, "")).toMatchObject({ next: "open" });
    expect(world.told().types).toHaveLength(4);
    expect(world.told().events).toBe(2);
    expect(await world.records.history(key, profile_id)).toEqual(once);
    expect(world.asked).toEqual(["createProfileAsync"]);
  });

  test("are announced by the next try when the bus was down", async () => {
    const { publish } = world.deps;
    world.deps.publish = async () => {
      throw new Error("the bus is down");
    };
    await expect(createProfile.run(state, world.deps, "")).rejects.toThrow("the bus is down");
    world.deps.publish = publish;
    await createProfile.run(state, world.deps, "");
    expect(new Set(world.told().types)).toEqual(new Set(["CaptureSessionEnded", "AppointmentScheduled"]));
  });

  test("do not bring back a slot that was taken back before the profile was known", async () => {
    await receive("scheduling", { scheduling_details: { ...booking, action: "cancelled" } });
    await createProfile.run(state, world.deps, "");
    expect((await world.record()).appointment).toBeNull();
  });
});

test("an onboarding without early webhooks announces nothing when its profile is created", async () => {
  const { deps, claimed, published, record } = onboardingInMemory({
    createProfileAsync: () => ({ status: 202, body: { profile_id } }),
  });
  await claimed();
  expect(await createProfile.run(state, deps, "")).toMatchObject({ next: "open" });
  expect(published).toEqual([]);
  expect(await record()).toMatchObject({ ...ids, status: "pending", appointment: null });
});
