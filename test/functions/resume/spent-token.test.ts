import { describe, expect, test, vi } from "vitest";
import { lookAndResume, type ResumeDeps } from "../../../functions/resume/resume.ts";
import { steps } from "../../../functions/steps/index.ts";
import { settle } from "../../shared/store/settle.ts";
import { key, onboardingInMemory, state, statusAnswer } from "../onboarding-in-memory.ts";

describe("a token that is spent", () => {
  async function spent(found: "runs" | "ended", faster: boolean) {
    const onboarding = onboardingInMemory({ fetchProfile: () => statusAnswer("purged") });
    const { records, metrics } = onboarding;
    const warned: string[] = [];
    const deps: ResumeDeps = {
      ...onboarding.deps,
      sendLooks: async () => {},
      log: { info() {}, error() {}, warn: (message) => void warned.push(message) },
    };
    await onboarding.created();
    await steps.Retain.run(
      state,
      {
        ...onboarding.deps,
        gatewayOf: async () => ({ fetchStatus: async () => statusAnswer("completed").body }) as never,
      },
      "token",
    );
    vi.mocked(deps.executions.resume).mockImplementation(async () => {
      if (faster) await settle(records, key, {});
      return false;
    });
    vi.mocked(deps.executions.look).mockResolvedValue(found as never);
    await lookAndResume(key, deps);
    const lines = await records.history(key, null);
    return {
      warned,
      counted: metrics.emitted.map(({ name }) => name),
      gone: lines.some(({ kind }) => kind === "ExecutionGone"),
    };
  }

  test("by nobody whose execution runs or who was faster is told aloud: nothing drives this onboarding", async () => {
    expect(await spent("ended", false)).toEqual({
      warned: ["token is spent"],
      counted: expect.arrayContaining(["TokenSpent"]),
      gone: true,
    });
  });

  test.each([
    ["an execution that runs", "runs", false],
    ["whoever was faster", "ended", true],
  ] as const)("by %s is nothing to tell", async (_, found, faster) => {
    expect(await spent(found, faster)).toMatchObject({ warned: [], gone: false });
  });
});
