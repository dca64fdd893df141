import type { Context } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { lookAndResume } from "../../../functions/resume/resume.ts";
import { toStepHandler } from "../../../functions/step.ts";
import { attention } from "../../../functions/steps/attention.ts";
import { review } from "../../../functions/steps/review.ts";
import { type Answer, refusals } from "../../../shared/gateway/answers.ts";
import { ERASURE_FAILS } from "../../../shared/profile/stuck.ts";
import { settle } from "../../shared/store/settle.ts";
import {
  ids,
  key,
  onboardingInMemory,
  profile_id,
  START,
  state,
  statusAnswer,
} from "../onboarding-in-memory.ts";

describe("an execution whose first step died between the profile and its record", () => {
  test.each([
    ["async", false],
    ["encrypted", true],
  ] as const)("gets its record and waits for a person: %s", async (mode, encrypted) => {
    const { deps, records, claimed, published, record } = onboardingInMemory({
      fetchProfile: () => statusAnswer("capture_pending"),
    });
    const claim = await claimed(mode);
    await records.bind(claim, profile_id, { at: START, by: "create" });

    await toStepHandler(attention, () => deps)({ task_token: "token", input: state }, {} as Context);
    expect(deps.executions.fail).not.toHaveBeenCalled();
    expect(deps.executions.resume).not.toHaveBeenCalled();
    expect(await record()).toMatchObject({
      ...ids,
      execution: claim.execution,
      created_at: claim.created_at,
      encrypted,
      status: "capture_pending",
      state: "Attention",
      task_token: "token",
      missed: 1,
    });
    expect(published).toMatchObject([
      { type: "AttentionNeeded", detail: { ...ids, status: "capture_pending", reason: expect.any(String) } },
    ]);
  });

  test("waits even when the gateway cannot be asked", async () => {
    const { deps, records, claimed, record } = onboardingInMemory({
      fetchProfile: () => refusals.internal(),
    });
    await records.bind(await claimed(), profile_id, { at: START, by: "create" });
    expect(await attention.run(state, deps, "token")).toBeNull();
    expect(await record()).toMatchObject({ status: "pending", state: "Attention", task_token: "token" });
  });
});

test("a record that is there is left as it is", async () => {
  const { deps, records, created, record } = onboardingInMemory({
    fetchProfile: () => statusAnswer("review_required"),
  });
  const claim = await created();
  await settle(records, claim, { rounds: 2, link_ready: true });
  expect(await attention.run({ ...state, next: "attention", reason: "asked for" }, deps, "token")).toBeNull();
  expect(await record()).toMatchObject({ rounds: 2, link_ready: true, missed: 0, reason: "asked for" });
});

test.each([
  ["says so where the retention date has passed", START, ERASURE_FAILS],
  ["is a failed step before that date", START + 1, "a step failed repeatedly"],
])("a fault on the way to the purge %s", async (_, retain_until, reason) => {
  const { deps, records, created, record, published } = onboardingInMemory({
    fetchProfile: () => statusAnswer("cancelled"),
  });
  await created();
  await settle(records, key, { outcome: "cancelled", retain_until });
  await attention.run({ ...state, next: "retain" }, deps, "token");
  expect(await record()).toMatchObject({ state: "Attention", reason, missed: 1 });
  expect(published).toMatchObject([{ type: "AttentionNeeded", detail: { reason } }]);
});

test("a purge of ours that fails before any retention date says so, too", async () => {
  const { deps, records, created, record } = onboardingInMemory({
    fetchProfile: () => statusAnswer("purged"),
  });
  await created();
  await records.beginPurge(key, START);
  await attention.run({ ...state, next: "purge" }, deps, "token");
  expect(await record()).toMatchObject({ state: "Attention", reason: ERASURE_FAILS });
});

describe("a person who was to be asked", () => {
  async function asking(answer: Answer) {
    const world = onboardingInMemory({ fetchProfile: () => answer });
    const claim = await world.created();
    const run = () =>
      attention.run({ ...state, next: "attention", reason: "asked for" }, world.deps, "token");
    return { ...world, claim, run };
  }

  test.each([
    ["completed", "complete"],
    ["cancelled", "close"],
    ["capture_expired", "close"],
    ["failed", "close"],
    ["purged", "purge"],
  ])("is not asked about what ended in the moment before: %s", async (status, next) => {
    const { run, published, record } = await asking(statusAnswer(status));
    expect(await run()).toMatchObject({ next });
    expect(published).toEqual([]);
    expect(await record()).toMatchObject({ state: null, task_token: null });
  });

  test("is asked about what the gateway has lost since, whatever it said last", async () => {
    const { run, records, claim, told } = await asking(refusals.unknownProfile());
    await settle(records, claim, { status: "completed" });
    expect(await run()).toBeNull();
    expect(told().types).toEqual(["AttentionNeeded"]);
  });

  test("is not asked about what is purged, however often the step before could not say so", async () => {
    const { deps, run, records, claim, published, asked } = await asking(statusAnswer("purged"));
    await settle(records, claim, { status: "purged", purged_at: START });
    expect(await run()).toMatchObject({ next: "end" });
    expect(await attention.run({ ...state, next: "purge", missed: 2 }, deps, "token")).toMatchObject({
      next: "end",
    });
    expect(published).toEqual([]);
    expect(asked).toEqual([]);
  });
});

describe("a Close that failed", () => {
  test.each([
    [0, 1_800],
    [1, 3_600],
    [2, 7 * 86_400],
  ])("is tried again as a Close, after %i times before that in %i seconds", async (before, seconds) => {
    const { deps, clock, created, record } = onboardingInMemory({
      fetchProfile: () => statusAnswer("capture_pending"),
    });
    await created();
    await attention.run({ ...state, next: "close", missed: before }, deps, "token");
    expect(await record()).toMatchObject({
      status: "capture_pending",
      missed: before + 1,
      deadline_at: START + seconds * 1000,
      waits_for: expect.not.arrayContaining(["capture_pending"]),
    });
    clock.now = START + seconds * 1000;
    expect(await lookAndResume(key, { ...deps, sendLooks: async () => {} })).toBe("resumed");
    expect(deps.executions.resume).toHaveBeenCalledExactlyOnceWith(
      "token",
      expect.objectContaining({ next: "close", missed: before + 1 }),
    );
  });
});

describe("a create that did not come about in a customer's whole time", () => {
  async function unmade() {
    const world = onboardingInMemory();
    const claim = await world.claimed();
    world.clock.now += world.deps.workflowOf(claim.config_id).captureSeconds * 1000;
    return { ...world, claim, now: () => world.records.claimOf(key) };
  }

  test("is given up, and that is said again by whoever repeats the step", async () => {
    const { deps, told, published, now } = await unmade();
    for (let tries = 0; tries < 2; tries++)
      expect(await attention.run(state, deps, "token")).toMatchObject({ next: "end" });
    expect(await now()).toMatchObject({ released: true, attempt: 1 });
    expect(told()).toEqual({ types: ["OnboardingFailed", "OnboardingFailed"], events: 1 });
    expect(published[1]).toEqual(published[0]);
  });

  test("is not while a caller's repetition creates it just now", async () => {
    const { deps, records, clock, claim, told, now } = await unmade();
    await records.lease(claim, clock.now, 65_000);
    await attention.run(state, deps, "token");
    expect(told().types).toEqual(["AttentionNeeded"]);
    expect(await now()).toMatchObject({
      released: false,
      attempt: 2,
      lease_until: clock.now + 65_000,
      due_at: expect.any(Number),
    });
    await records.bind(claim, profile_id, { at: clock.now, by: "create" });
    expect(await now()).toMatchObject({ released: false, profile_id });
  });

  test("waits for a person where the profile became known in that moment", async () => {
    const { deps, records, clock, claim } = await unmade();
    const bound = { at: clock.now, by: "create" } as const;
    const faster = {
      ...records,
      giveUp: async (...about: Parameters<typeof records.giveUp>) => {
        await records.bind(claim, profile_id, bound);
        return records.giveUp(...about);
      },
    };
    await expect(attention.run(state, { ...deps, records: faster }, "token")).rejects.toThrow("became known");
    const gateway = onboardingInMemory({ fetchProfile: () => statusAnswer("capture_pending") }).gateway;
    expect(await attention.run(state, { ...deps, gatewayOf: async () => gateway }, "token")).toBeNull();
    expect(await records.find(key)).toMatchObject({ state: "Attention", task_token: "token" });
  });
});

test("its reason is forgotten with it: what comes later has reasons of its own", async () => {
  const onboarding = onboardingInMemory({ fetchProfile: () => statusAnswer("review_required") });
  const { deps, clock, created, record } = onboarding;
  await created();
  await attention.run({ ...state, next: "attention", reason: "asked for", missed: 2 }, deps, "token");
  await review.run(state, deps, "token 2");
  expect(await record()).toMatchObject({ state: "Review", reason: null, missed: 0 });
  clock.now = (await record()).deadline_at ?? 0;
  const looks = { ...deps, sendLooks: async () => {} };
  expect(await lookAndResume(key, looks)).toBe("resumed");
  expect(deps.executions.resume).toHaveBeenCalledWith(
    "token 2",
    expect.objectContaining({ next: "attention", reason: "the Review deadline passed", missed: 0 }),
  );
});
