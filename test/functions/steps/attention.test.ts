import type { Context } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { lookAndResume } from "../../../functions/resume/resume.ts";
import { toStepHandler } from "../../../functions/step.ts";
import { attention } from "../../../functions/steps/attention.ts";
import { review } from "../../../functions/steps/review.ts";
import { refusals } from "../../../shared/gateway/answers.ts";
import { ERASURE_FAILS } from "../../../shared/profile/stuck.ts";
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
  await records.settle(claim, { rounds: 2, link_ready: true });
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
  await records.settle(key, { outcome: "cancelled", retain_until });
  await attention.run({ ...state, next: "retain" }, deps, "token");
  expect(await record()).toMatchObject({ state: "Attention", reason, missed: 1 });
  expect(published).toMatchObject([{ type: "AttentionNeeded", detail: { reason } }]);
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
