import { beforeEach, describe, expect, test, vi } from "vitest";
import type { LookRequest } from "../../../functions/looks.ts";
import { lookAndResume, type ResumeDeps, takeLook } from "../../../functions/resume/resume.ts";
import { steps } from "../../../functions/steps/index.ts";
import { refusals } from "../../../shared/gateway/answers.ts";
import { workflowSchema } from "../../../shared/profile/policy.ts";
import { key, onboardingInMemory, profile_id, START, state, statusAnswer } from "../onboarding-in-memory.ts";

const MINUTE = 60_000;

describe("a link that is not there when the customer is first waited for", () => {
  let status: string;
  let link: string | null;
  let onboarding: ReturnType<typeof onboardingInMemory>;
  let deps: ResumeDeps;
  let sent: LookRequest[];

  beforeEach(async () => {
    [status, link, sent] = ["pending", null, []];
    onboarding = onboardingInMemory({
      fetchProfile: () => statusAnswer(status),
      fetchCaptureLink: () =>
        link
          ? { status: 200, body: { capture_link: link, capture_expires_at: null, profile_id } }
          : refusals.unknownProfile(),
    });
    const workflow = workflowSchema.parse({
      config_id: "c",
      decision: { kind: "person" },
      reminders: { afterSeconds: 3_600 },
    });
    deps = {
      ...onboarding.deps,
      workflowOf: () => workflow,
      captureHosts: ["idfy.com"],
      sendLooks: async (looks) => void sent.push(...looks),
    };
    await onboarding.created();
    await steps.OpenCapture.run(state, { ...onboarding.deps, ...deps }, "token");
  });
  const announced = () => onboarding.told().types;

  test("is looked for after a minute, in case the gateway's word gets lost", async () => {
    expect(await onboarding.record()).toMatchObject({ link_ready: false, due_at: START + MINUTE });
    expect(announced()).toEqual([]);
  });

  test("is announced by the look that finds it, and the customer's time begins", async () => {
    [status, link] = ["capture_pending", "https://capture.idfy.com/x"];
    onboarding.clock.now += 5 * MINUTE;
    await takeLook({ ...key, wait: 1, said: "capture_pending" }, deps);
    expect(onboarding.published).toMatchObject([
      { type: "CaptureLinkReady", detail: { status: "capture_pending", capture_link: link } },
    ]);
    expect(await onboarding.record()).toMatchObject({
      status: "capture_pending",
      link_ready: true,
      parked_at: START + 5 * MINUTE,
      checks: 0,
      notice_at: START + 65 * MINUTE,
      due_at: START + 35 * MINUTE,
      wait: 1,
    });
    expect(deps.executions.resume).not.toHaveBeenCalled();
    expect(sent).toEqual([]);
    // Whatever looks next does not announce it again.
    await takeLook({ ...key, wait: 1 }, deps);
    expect(announced()).toEqual(["CaptureLinkReady"]);
  });

  test("is announced under one id by two looks at once", async () => {
    [status, link] = ["capture_pending", "https://capture.idfy.com/x"];
    await Promise.all([takeLook(key, deps), takeLook(key, deps)]);
    expect(onboarding.told().events).toBe(1);
    expect(await onboarding.record()).toMatchObject({ link_ready: true });
  });

  test("is looked for again where the gateway announced it and does not have it yet", async () => {
    status = "capture_pending";
    await takeLook({ ...key, wait: 1, said: "capture_pending" }, deps);
    expect(sent).toMatchObject([{ wait: 1, said: "capture_pending", again: 1 }]);
    link = "https://capture.idfy.com/x";
    await takeLook(sent[0] as LookRequest, deps);
    expect(announced()).toEqual(["CaptureLinkReady"]);
    expect(sent).toHaveLength(1);
  });

  test("is looked for again where the gateway gave no answer", async () => {
    [status, link] = ["capture_pending", "https://capture.idfy.com/x"];
    const { gatewayOf } = deps;
    const silent: ResumeDeps["gatewayOf"] = async (account_id) => ({
      ...(await gatewayOf(account_id)),
      fetchCaptureLink: () => Promise.reject(new Error("no answer")),
    });
    await expect(lookAndResume(key, { ...deps, gatewayOf: silent })).rejects.toThrow("no answer");
    expect(await onboarding.record()).toMatchObject({ link_ready: false });
    await lookAndResume(key, deps);
    expect(announced()).toEqual(["CaptureLinkReady"]);
  });

  test("is no longer looked for when the customer needs none", async () => {
    status = "in_progress";
    expect(await lookAndResume({ ...key, wait: 1 }, deps)).toBe("not-shown");
    expect(onboarding.asked.filter((name) => name === "fetchCaptureLink")).toHaveLength(1);
  });

  test("and is on no host that customers may be sent to is a fault of the step, to which it goes back", async () => {
    [status, link] = ["capture_pending", "https://elsewhere.example.com/x"];
    await lookAndResume(key, deps);
    expect(announced()).toEqual([]);
    expect(deps.executions.resume).toHaveBeenCalledWith("token", expect.objectContaining({ next: "open" }));
    vi.mocked(deps.executions.resume).mockClear();
    const step = steps.OpenCapture.run({ ...state, next: "open" }, { ...onboarding.deps, ...deps }, "token");
    await expect(step).rejects.toThrow("not on a configured host");
    expect(onboarding.metrics.emitted.map(({ name }) => name)).toContain("LinkRefused");
  });

  test("of a customer who was decided on meanwhile is never announced", async () => {
    [status, link] = ["review_required", "https://capture.idfy.com/x"];
    await lookAndResume(key, deps);
    expect(announced()).toEqual([]);
    expect(deps.executions.resume).toHaveBeenCalledWith("token", expect.objectContaining({ next: "review" }));
  });
});
