import { describe, expect, test } from "vitest";
import { close } from "../../../functions/steps/close.ts";
import { retain } from "../../../functions/steps/retain.ts";
import { refusals, successes } from "../../../shared/gateway/answers.ts";
import { NotFound, Transient } from "../../../shared/gateway/errors.ts";
import { settle } from "../../shared/store/settle.ts";
import {
  type Answers,
  ids,
  key,
  onboardingInMemory,
  START,
  state,
  statusAnswer,
} from "../onboarding-in-memory.ts";

/** An onboarding whose profile is in this status, at a gateway that cancels what waits for its customer. */
async function closing(status: string, answers: Answers = {}) {
  const profile = { status };
  const world = onboardingInMemory({
    fetchProfile: () => statusAnswer(profile.status),
    cancelProfile() {
      profile.status = "cancelled";
      return successes.cancelled(ids);
    },
    ...answers,
  });
  await world.created();
  return { ...world, profile };
}

type World = Awaited<ReturnType<typeof closing>>;

describe("a Close at the customer's deadline", () => {
  test("cancels the profile and announces that the time was over", async () => {
    const { deps, published, record } = await closing("capture_pending");
    expect(await close.run(state, deps, "")).toMatchObject({ ...key, next: "retain" });
    expect(published).toMatchObject([{ type: "OnboardingExpired", detail: { ...ids, status: "cancelled" } }]);
    expect(await record()).toMatchObject({ status: "cancelled", outcome: "expired", limit_passed: true });
  });

  test("writes down that it cancels before it does", async () => {
    const written: boolean[] = [];
    const world = await closing("capture_pending", {
      async cancelProfile() {
        written.push((await world.record()).limit_passed);
        return refusals.cancelNotAllowed(ids, "in_progress");
      },
    });
    await close.run(state, world.deps, "");
    expect(written).toEqual([true]);
  });

  const crash = async (): Promise<never> => {
    throw new Error("the function died");
  };
  test.each<[string, (world: World) => World["deps"]]>([
    [
      "between its note and the cancel",
      ({ deps, gateway }) => ({ ...deps, gatewayOf: async () => ({ ...gateway, cancelProfile: crash }) }),
    ],
    [
      "when the cancel's answer was lost",
      ({ deps, gateway }) => ({
        ...deps,
        gatewayOf: async () => ({
          ...gateway,
          async cancelProfile(input) {
            await gateway.cancelProfile(input);
            throw new Transient("the gateway did not answer in time", null);
          },
        }),
      }),
    ],
    ["before the announcement", ({ deps }) => ({ ...deps, publish: crash })],
    [
      "between the announcement and its line in the timeline",
      ({ deps, records }) => ({ ...deps, records: { ...records, record: crash } }),
    ],
    [
      "after the announcement",
      ({ deps, records }) => ({
        ...deps,
        records: {
          ...records,
          settle: (about, fields) => (fields.outcome ? crash() : records.settle(about, fields)),
        },
      }),
    ],
  ])("that died %s announces the same end when it is repeated", async (_when, dying) => {
    const world = await closing("capture_pending");
    await expect(close.run(state, dying(world), "")).rejects.toThrow();
    expect(await close.run(state, world.deps, "")).toMatchObject({ next: "retain" });
    expect(new Set(world.told().types)).toEqual(new Set(["OnboardingExpired"]));
    expect(world.told().events).toBe(1);
    expect((await world.record()).outcome).toBe("expired");
  });

  test("that was done already announces the same again, under the same event_id", async () => {
    const { deps, told, profile } = await closing("capture_pending");
    await close.run(state, deps, "");
    expect(await close.run(state, deps, "")).toMatchObject({ next: "retain" });
    expect(profile.status).toBe("cancelled");
    expect(told()).toEqual({ types: ["OnboardingExpired", "OnboardingExpired"], events: 1 });
  });
});

test("a Close of an execution that was restarted, and then redriven by hand, does nothing", async () => {
  const { deps, records, record, asked, published } = await closing("capture_pending");
  const parked = { parked_at: START, task_token: "token", waits_for: [], deadline_at: START, due_at: START };
  await records.handOver(await record(), "order-7-2");
  await records.park(await record(), { state: "OpenCapture", ...parked }, {});
  expect(await close.run(state, deps, "")).toMatchObject({ ...key, next: "end" });
  expect([asked, published]).toEqual([[], []]);
  expect(await record()).toMatchObject({ task_token: "token", outcome: null, limit_passed: false });
});

test.each(["cancelled", "capture_pending"])(
  "a Close that was given up, and goes on, takes no place from the wait that came after it: %s",
  async (status) => {
    const world = await closing(status, {
      async fetchProfile() {
        const seen = world.profile.status;
        if (world.asked.length === 1) {
          await close.run(state, world.deps, "");
          await retain.run({ ...state, next: "retain" }, world.deps, "of Retain");
        }
        return statusAnswer(seen);
      },
    });
    await expect(close.run(state, world.deps, "")).rejects.toThrow("another step was parked meanwhile");
    expect(await world.record()).toMatchObject({
      state: "Retain",
      task_token: "of Retain",
      due_at: expect.any(Number),
    });
    expect(world.told().events).toBe(1);
  },
);

describe("an onboarding that was given up at a review", () => {
  const givenUp = () =>
    closing("review_required", { completeProfile: () => refusals.cancelNotAllowed(ids, "review_required") });

  test("is not reviewed after all by the Close that died before it said so", async () => {
    const world = await givenUp();
    await world.records.park(
      await world.record(),
      {
        state: "Attention",
        parked_at: START,
        task_token: "token",
        waits_for: [],
        deadline_at: START,
        due_at: START,
      },
      {},
    );
    const publish = async () => {
      throw new Error("the function died");
    };
    const missedTwice = { ...state, missed: 2 };
    await expect(close.run(missedTwice, { ...world.deps, publish }, "")).rejects.toThrow();
    expect(await close.run(missedTwice, world.deps, "")).toMatchObject({ next: "retain", missed: 2 });
    expect(world.published).toMatchObject([
      { type: "OnboardingFailed", detail: { reason: expect.stringContaining("given up") } },
    ]);
    expect(world.asked).toEqual(["fetchStatus", "completeProfile", "fetchStatus", "fetchStatus"]);
    expect(await world.record()).toMatchObject({ outcome: "failed" });
  });

  test("has the same end when a person decides later", async () => {
    const world = await givenUp();
    await settle(world.records, key, { outcome: "failed" });
    world.profile.status = "completed";
    expect(await close.run(state, world.deps, "")).toMatchObject({ next: "retain" });
    expect(world.told().types).toEqual(["OnboardingFailed"]);
    world.profile.status = "purged";
    expect(await close.run({ ...state, missed: 1 }, world.deps, "")).toMatchObject({
      next: "purge",
      missed: 1,
    });
  });
});

test("a profile that failed, and that the gateway has lost since, is no onboarding that was given up", async () => {
  const world = await closing("failed");
  await close.run(state, world.deps, "");
  world.deps.gatewayOf = async () => ({
    ...world.gateway,
    fetchStatus: () => Promise.reject(new NotFound("unknown profile", null)),
  });
  await close.run(state, world.deps, "");
  expect(world.told()).toEqual({ types: ["OnboardingFailed", "OnboardingFailed"], events: 1 });
  expect(JSON.stringify(world.published)).not.toContain("given up");
});

test.each([
  ["purged", "purge"],
  ["completed", "complete"],
])(
  "how often the step behind it failed of what is %s at the gateway is not forgotten",
  async (status, next) => {
    const { deps } = await closing(status);
    expect(await close.run({ ...state, missed: 2 }, deps, "")).toMatchObject({ next, missed: 2 });
  },
);

test("a profile that somebody else cancelled is announced as cancelled", async () => {
  const { deps, told, record, asked } = await closing("cancelled");
  expect(await close.run(state, deps, "")).toMatchObject({ next: "retain" });
  expect(told().types).toEqual(["OnboardingCancelled"]);
  expect(await record()).toMatchObject({ outcome: "cancelled", limit_passed: false });
  expect(asked).toEqual(["fetchStatus"]);
});

describe("a customer who was faster than the limit", () => {
  test("has a review, and nothing is cancelled", async () => {
    const { deps, published, asked } = await closing("review_required");
    expect(await close.run(state, deps, "")).toMatchObject({ next: "review" });
    expect(asked).toEqual(["fetchStatus"]);
    expect(published).toEqual([]);
  });

  test.each(["in_progress", "review_required"])(
    "by the moment between look and cancel is not closed: %s",
    async (status) => {
      const world = await closing("capture_pending", {
        cancelProfile() {
          world.profile.status = status;
          return refusals.cancelNotAllowed(ids, status);
        },
      });
      const after = await close.run(state, world.deps, "");
      expect(after?.next).not.toBe("retain");
      expect(world.asked).toEqual(["fetchStatus", "cancelProfile", "fetchStatus"]);
      expect(world.published).toEqual([]);
      expect((await world.record()).outcome).toBeNull();
    },
  );

  test("is no expiry either when the profile fails later on", async () => {
    const world = await closing("capture_pending", {
      cancelProfile() {
        world.profile.status = "in_progress";
        return refusals.cancelNotAllowed(ids, "in_progress");
      },
    });
    expect(await close.run(state, world.deps, "")).toMatchObject({ next: "attention", missed: 1 });
    world.profile.status = "failed";
    expect(await close.run(state, world.deps, "")).toMatchObject({ next: "retain" });
    expect(world.told().types).toEqual(["OnboardingFailed"]);
  });
});
