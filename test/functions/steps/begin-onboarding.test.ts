import { beforeEach, describe, expect, test } from "vitest";
import { beginOnboarding } from "../../../functions/steps/begin-onboarding.ts";
import { openCapture } from "../../../functions/steps/open-capture.ts";
import { ingest } from "../../../functions/webhooks/ingest.ts";
import { refusals } from "../../../shared/gateway/answers.ts";
import {
  type Answers,
  ids,
  key,
  onboardingInMemory,
  profile_id,
  START,
  state,
  statusAnswer,
} from "../onboarding-in-memory.ts";

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

  test("are announced as soon as there is a record, and the slot is kept", async () => {
    expect(await beginOnboarding(state, world.deps)).toMatchObject({ next: "open" });
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
    await beginOnboarding(state, world.deps);
    const once = await world.records.history(key, profile_id);
    expect(await beginOnboarding(state, world.deps)).toMatchObject({ next: "open" });
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
    await expect(beginOnboarding(state, world.deps)).rejects.toThrow("the bus is down");
    world.deps.publish = publish;
    await beginOnboarding(state, world.deps);
    expect(new Set(world.told().types)).toEqual(new Set(["CaptureSessionEnded", "AppointmentScheduled"]));
  });

  test("do not bring back a slot that was taken back before the profile was known", async () => {
    await receive("scheduling", { scheduling_details: { ...booking, action: "cancelled" } });
    await beginOnboarding(state, world.deps);
    expect((await world.record()).appointment).toBeNull();
  });
});

test("an onboarding without early webhooks announces nothing when its profile is created", async () => {
  const { deps, claimed, published, record } = onboardingInMemory({
    createProfileAsync: () => ({ status: 202, body: { profile_id } }),
  });
  await claimed();
  expect(await beginOnboarding(state, deps)).toMatchObject({ next: "open" });
  expect(published).toEqual([]);
  expect(await record()).toMatchObject({ ...ids, status: "pending", appointment: null });
});

describe("the claim of an execution that has its profile", () => {
  test("is out of the index as soon as the execution has created it, at no write of its own", async () => {
    const { deps, claimed, records, table } = onboardingInMemory({
      createProfileAsync: () => ({ status: 202, body: { profile_id } }),
    });
    await claimed();
    const written: unknown[] = [];
    table.onChange = ({ image }) => void (image["sk"] === "claim" && written.push(image["dueAt"]));
    await beginOnboarding(state, deps);
    expect(await records.claimOf(key)).toMatchObject({ profile_id, creates: 1 });
    expect(await records.claimOf(key)).not.toHaveProperty("due_at");
    // The lease, which may come to nothing, and the profile.
    expect(written).toEqual([expect.any(Number), undefined]);
  });

  test("is taken out of it where a caller's create had made the profile", async () => {
    const { deps, created, records } = onboardingInMemory();
    await created();
    expect(await records.claimOf(key)).toHaveProperty("due_at");
    await beginOnboarding(state, deps);
    expect(await records.claimOf(key)).not.toHaveProperty("due_at");
  });

  test("stays in it while the gateway does not create one", async () => {
    const { deps, claimed, records } = onboardingInMemory({
      createProfileAsync: () => ({ status: 503, body: {} }),
      fetchProfile: () => refusals.unknownProfile(),
    });
    await claimed();
    await expect(beginOnboarding(state, deps)).rejects.toThrow();
    expect(await records.claimOf(key)).toHaveProperty("due_at");
  });
});

describe("the first step of an execution", () => {
  const answers: Answers = {
    createProfileAsync: () => ({ status: 202, body: { profile_id } }),
    fetchProfile: () => statusAnswer("capture_pending"),
    fetchCaptureLink: () => ({
      status: 200,
      body: { capture_link: "https://capture.idfy.com/x", capture_expires_at: null, profile_id },
    }),
  };

  test("creates the profile, announces its link and waits", async () => {
    const { deps, claimed, record, told, asked } = onboardingInMemory(answers);
    await claimed();
    expect(await openCapture.run(state, { ...deps, captureHosts: ["idfy.com"] }, "token")).toBeNull();
    expect(asked).toEqual(["createProfileAsync", "fetchStatus", "fetchCaptureLink"]);
    expect(told().types).toEqual(["CaptureLinkReady"]);
    expect(await record()).toMatchObject({ state: "OpenCapture", link_ready: true, task_token: "token" });
  });

  test("goes to the end where the gateway refuses to create one", async () => {
    const { deps, claimed, told, records } = onboardingInMemory({
      createProfileAsync: () => refusals.badRequest("config.id: unknown"),
    });
    await claimed();
    expect(await openCapture.run(state, deps, "token")).toMatchObject({ next: "end" });
    expect(told().types).toEqual(["OnboardingFailed"]);
    expect(await records.find(key)).toBeNull();
  });

  test("creates nothing where it is come back to", async () => {
    const { deps, created, asked } = onboardingInMemory(answers);
    await created();
    await openCapture.run({ ...state, next: "open" }, { ...deps, captureHosts: ["idfy.com"] }, "token");
    expect(asked).toEqual(["fetchStatus", "fetchCaptureLink"]);
  });
});
