import { beforeEach, describe, expect, test } from "vitest";
import { lookAndResume, type ResumeDeps } from "../../../functions/resume/resume.ts";
import { steps } from "../../../functions/steps/index.ts";
import { refusals, successes } from "../../../shared/gateway/answers.ts";
import { Transient } from "../../../shared/gateway/errors.ts";
import { settle } from "../../shared/store/settle.ts";
import { ids, key, onboardingInMemory, START, state, statusAnswer } from "../onboarding-in-memory.ts";

const DAY = 86_400_000;

describe("an onboarding under legal hold", () => {
  let status: string;
  let onboarding: ReturnType<typeof onboardingInMemory>;
  let deps: ResumeDeps & (typeof onboarding)["deps"];
  const look = () => lookAndResume(key, deps);
  const hold = () => onboarding.records.hold(key, { by: "ann", at: onboarding.clock.now });

  beforeEach(async () => {
    status = "completed";
    onboarding = onboardingInMemory({
      fetchProfile: () => statusAnswer(status, "approved"),
      purgeProfile: () =>
        status === "purged"
          ? refusals.purgeNotAllowed(ids, "purged", "2026-01-05T08:00:00.000Z")
          : successes.purged(ids),
    });
    deps = { ...onboarding.deps, sendLooks: async () => {} };
    await onboarding.created();
    await settle(onboarding.records, key, { outcome: "completed", retain_until: START + DAY });
  });

  test("waits in Retain past its date, looked at daily at least, and goes on once it is released", async () => {
    await steps.Retain.run(state, deps, "token");
    await hold();
    onboarding.clock.now = START + 40 * DAY;
    expect(await look()).toBe("no-news");
    const { due_at } = await onboarding.record();
    expect(due_at).toBeGreaterThan(onboarding.clock.now);
    expect(due_at).toBeLessThanOrEqual(onboarding.clock.now + DAY);
    expect(deps.executions.resume).not.toHaveBeenCalled();
    await onboarding.records.endHold(key);
    expect(await look()).toBe("resumed");
    expect(deps.executions.resume).toHaveBeenCalledWith("token", expect.objectContaining({ next: "purge" }));
  });

  test("waits in Retain where its date was over before it came there", async () => {
    await hold();
    onboarding.clock.now = START + 2 * DAY;
    expect(await steps.Retain.run(state, deps, "token")).toBeNull();
    expect((await onboarding.record()).state).toBe("Retain");
  });

  test("whose copy the gateway has erased waits in Retain instead of being purged, from wherever it comes", async () => {
    await hold();
    status = "purged";
    for (const step of [steps.OpenCapture, steps.Review, steps.Recapture, steps.Close])
      expect(await step.run({ ...state, next: "open" }, deps, "token")).toMatchObject({ next: "retain" });
    expect(await steps.Retain.run(state, deps, "token")).toBeNull();
    expect(await look()).toBe("no-news");
    await onboarding.records.endHold(key);
    expect(await look()).toBe("resumed");
  });

  test("that was purged in the same moment is held, or purged, and never both", async () => {
    await hold();
    await expect(steps.Purge.run(state, deps, "")).rejects.toThrow("legal hold");
    expect(onboarding.asked).toEqual([]);
    expect(onboarding.vault.objects.size).toBe(1);
    await onboarding.records.endHold(key);
    await steps.Purge.run(state, deps, "");
    expect(await hold()).toBe(false);
    expect(onboarding.vault.objects.size).toBe(0);
  });
});

describe("a purge that begins", () => {
  test("and is refused by the gateway is taken back: it may be held again", async () => {
    const { created, deps, records } = onboardingInMemory({
      purgeProfile: () => refusals.purgeNotAllowed(ids, "in_progress", null),
    });
    await created();
    await expect(steps.Purge.run(state, deps, "")).rejects.toThrow();
    expect(await records.hold(key, { by: "ann", at: START })).toBe(true);
  });

  test("and has no answer stays begun: something may be erased by then", async () => {
    const { created, deps, records } = onboardingInMemory({
      purgeProfile: () => {
        throw new Transient("no answer", null);
      },
    });
    await created();
    await expect(steps.Purge.run(state, deps, "")).rejects.toThrow();
    expect(await records.hold(key, { by: "ann", at: START })).toBe(false);
  });
});
