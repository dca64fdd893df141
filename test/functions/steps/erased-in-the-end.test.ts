import { describe, expect, test, vi } from "vitest";
import type { ExecutionState } from "../../../functions/executions.ts";
import { lookAndResume } from "../../../functions/resume/resume.ts";
import type { StepName } from "../../../functions/step.ts";
import { steps } from "../../../functions/steps/index.ts";
import { type Answer, refusals, successes } from "../../../shared/gateway/answers.ts";
import { outcomes } from "../../../shared/profile/next.ts";
import { onboardingPk } from "../../../shared/store/keys.ts";
import { settle } from "../../shared/store/settle.ts";
import {
  type Answers,
  fullProfile,
  ids,
  key,
  onboardingInMemory,
  START,
  state,
  statusAnswer,
} from "../onboarding-in-memory.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** As the state machine goes on (infra/workflow/onboarding.ts). */
const routes: Record<string, StepName> = {
  open: "OpenCapture",
  review: "Review",
  attention: "Attention",
  complete: "Retain",
  close: "Close",
  retain: "Retain",
  purge: "Purge",
};

/** An onboarding at this gateway, and what plays its execution from a step to its end, wait after wait. */
async function onboarding(answers: Answers) {
  const world = onboardingInMemory(answers);
  const { deps, clock, records } = world;
  await world.created();
  await world.vault.put(key, "request-x", { name: "Zoë" });
  const resumed: ExecutionState[] = [];
  vi.mocked(deps.executions.resume).mockImplementation(async (_token, output) => {
    resumed.push(output);
    return true;
  });
  return {
    ...world,
    receipt: () => world.table.get(onboardingPk(key), "receipt"),
    async play(first: ExecutionState): Promise<StepName[]> {
      const path: StepName[] = [];
      let at = first;
      let step = routes[first.next ?? "open"];
      while (step && path.length < 100) {
        path.push(step);
        try {
          const went = await steps[step].run(at, deps, `token ${path.length}`);
          if (step === "Purge" || went?.next === "end") return path;
          if (went) {
            at = went;
            step = step === "Retain" ? "Purge" : routes[at.next ?? ""];
            continue;
          }
        } catch {
          // Tried six times, then caught: with the input that it had.
          step = "Attention";
          continue;
        }
        while (resumed.length === 0) {
          clock.now = (await world.record()).due_at ?? 0;
          await lookAndResume(key, { ...deps, sendLooks: async () => {} });
        }
        at = resumed.shift() as ExecutionState;
        step = step === "Retain" ? "Purge" : routes[at.next ?? ""];
      }
      throw new Error(`it never ends: ${path.slice(0, 20).join(", ")}`);
    },
    /** It has ended so, and is kept until now. */
    async ended(outcome: (typeof outcomes)[number]): Promise<void> {
      await settle(records, key, { outcome, retain_until: START, status: "in_progress" });
    },
  };
}

describe("a purge that the gateway refuses for good", () => {
  test.each([
    ["cancelled", "cancelled", "OnboardingCancelled"],
    ["capture_expired", "expired", "OnboardingExpired"],
    ["completed", "completed", "OnboardingCompleted"],
  ] as const)(
    "is given up in the end, and ours is erased all the same: %s",
    async (status, outcome, type) => {
      const world = await onboarding({
        fetchProfile: ({ status_only }) =>
          status_only ? statusAnswer(status) : { status: 200, body: fullProfile(status) },
        purgeProfile: () => refusals.purgeNotAllowed(ids, status, null),
      });
      const path = await world.play({ ...state, next: status === "completed" ? "complete" : "close" });
      expect(path.filter((step) => step === "Attention")).toHaveLength(3);
      expect(await world.receipt()).toMatchObject({ gateway: "refused", by: "retention" });
      expect(world.vault.objects.size).toBe(0);
      expect(await world.record()).toMatchObject({ status: "purged", outcome });
      expect(world.told().types).toEqual(expect.arrayContaining([type, "AttentionNeeded", "ProfilePurged"]));
      // Three times a person is asked; how it ended, and that it is purged, is said under one id each.
      expect(world.told().events).toBe(5);
      const seen = world.asked.filter((name) => name === "fetchProfile");
      expect(seen).toHaveLength(status === "completed" ? 1 : 0);
      // Its retention, the two checks, and a person's time.
      expect(world.clock.now - START).toBeLessThan(38 * DAY);
    },
  );

  test("is not given up before a person had the time to attend to it", async () => {
    const world = await onboarding({
      fetchProfile: () => statusAnswer("cancelled"),
      purgeProfile: () => refusals.purgeNotAllowed(ids, "cancelled", null),
    });
    await world.ended("cancelled");
    await world.play({ ...state, next: "retain" });
    expect(world.clock.now - START).toBe(7 * DAY + HOUR);
  });

  test("is not given up sooner where an outage came before the first refusal", async () => {
    let refusedAt = 0;
    const world = await onboarding({
      fetchProfile: () => statusAnswer("cancelled"),
      purgeProfile() {
        if (world.clock.now < START + 4 * HOUR) return { status: 503, body: {} };
        refusedAt ||= world.clock.now;
        return refusals.purgeNotAllowed(ids, "cancelled", null);
      },
    });
    await world.ended("cancelled");
    await world.play({ ...state, next: "retain" });
    expect(refusedAt).toBeGreaterThan(START);
    expect(world.clock.now - refusedAt).toBe(7 * DAY);
    expect(await world.receipt()).toMatchObject({ gateway: "refused" });
  });
});

test("a purge that an outage delays is done soon after it, however long it lasts", async () => {
  const over = START + 9 * DAY;
  const world = await onboarding({
    fetchProfile: () => statusAnswer("cancelled"),
    purgeProfile: () =>
      world.clock.now < over ? { status: 503, body: {} } : (successes.purged(ids) satisfies Answer),
  });
  await world.ended("cancelled");
  const path = await world.play({ ...state, next: "retain" });
  expect(await world.receipt()).toMatchObject({ gateway: "purged" });
  expect(world.clock.now).toBeLessThanOrEqual(over + DAY);
  expect(path.filter((step) => step === "Attention").length).toBeLessThan(16);
  expect(await world.record()).toMatchObject({ outcome: "cancelled", status: "purged" });
});

describe("a profile that the gateway has lost", () => {
  const lost: Answers = {
    fetchProfile: () => refusals.unknownProfile(),
    purgeProfile: () => refusals.unknownProfile(),
  };

  test("is given up, kept until its date and erased with us", async () => {
    const world = await onboarding(lost);
    const path = await world.play({ ...state, next: "close", missed: 2 });
    expect(path).toEqual(["Close", "Retain", "Purge"]);
    expect(world.told().types).toEqual(["OnboardingFailed", "ProfilePurged"]);
    expect(await world.receipt()).toMatchObject({ gateway: "unknown", by: "retention" });
    expect(world.vault.objects.size).toBe(0);
    expect(world.clock.now).toBe(START + 30 * DAY);
  });

  test("is given up from Attention, whose deadlines a person let pass", async () => {
    const world = await onboarding(lost);
    const path = await world.play({ ...state, next: "attention", reason: "a reason" });
    expect(path.slice(-3)).toEqual(["Close", "Retain", "Purge"]);
    expect(path.filter((step) => step === "Attention")).toHaveLength(3);
    expect(await world.receipt()).toMatchObject({ gateway: "unknown" });
  });

  test.each(outcomes)("after its end goes to its retention in a new execution too: %s", async (outcome) => {
    const world = await onboarding(lost);
    await world.ended(outcome);
    expect(await world.play(state)).toEqual(["OpenCapture", "Retain", "Purge"]);
    expect(await world.record()).toMatchObject({ status: "purged", outcome });
  });

  test("before its end is a person's matter, not kept as if it had one", async () => {
    const world = await onboarding(lost);
    await expect(steps.Retain.run({ ...state, next: "complete" }, world.deps, "token")).rejects.toThrow();
    expect(await world.record()).toMatchObject({ state: null, outcome: null });
  });
});

describe("an onboarding that was given up", () => {
  test.each(["review_required", "recapture_pending", "in_progress", "completed"])(
    "is not taken up again where its purge fails: the gateway says %s",
    async (status) => {
      let refusing = 2;
      const world = await onboarding({
        fetchProfile: () => statusAnswer(status, status === "completed" ? "approved" : null),
        purgeProfile: () => (refusing-- > 0 ? { status: 503, body: {} } : successes.purged(ids)),
      });
      await world.ended("failed");
      const path = await world.play({ ...state, next: "retain" });
      expect(path.filter((step) => !["Retain", "Purge", "Attention", "Close"].includes(step))).toEqual([]);
      expect(world.asked).not.toContain("completeProfile");
      expect(new Set(world.told().types)).toEqual(
        new Set(["AttentionNeeded", "OnboardingFailed", "ProfilePurged"]),
      );
      expect(await world.record()).toMatchObject({ outcome: "failed", status: "purged" });
    },
  );

  test("is not completed by what a new execution finds", async () => {
    const world = await onboarding({
      fetchProfile: () => statusAnswer("completed", "approved"),
      purgeProfile: () => successes.purged(ids),
    });
    await world.ended("failed");
    await world.play(state);
    expect(world.told().types).not.toContain("OnboardingCompleted");
    expect(await world.record()).toMatchObject({ outcome: "failed" });
  });
});
