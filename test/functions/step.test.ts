import type { Context } from "aws-lambda";
import { describe, expect, test, vi } from "vitest";
import { type Step, StepFault, toStepHandler } from "../../functions/step.ts";
import { faults } from "../../infra/workflow/onboarding.ts";
import { onboardingInMemory, state } from "./onboarding-in-memory.ts";

const context = {} as Context;
const stepThat = (run: Step["run"]): Step => ({ name: "Review", file: "review", grants: [], run });
const failing = stepThat(async () => {
  throw new TypeError("order-7 of Sample is wrong");
});
const parking = stepThat(async () => null);

/** Which name the invocation ends under; `null`: it ends well. */
const endsAs = (invocation: Promise<unknown>): Promise<string | null> =>
  invocation.then(
    () => null,
    (error: Error) => error.name,
  );

describe("a fault", () => {
  test("of a step that waits is reported by its token, and its invocation ends well", async () => {
    const { deps } = onboardingInMemory();
    const handler = toStepHandler(failing, () => deps);
    expect(await endsAs(handler({ task_token: "token", input: state }, context))).toBeNull();
    expect(deps.executions.fail).toHaveBeenCalledExactlyOnceWith("token");
  });

  test("of any other step ends its invocation under the name that is listed", async () => {
    const { deps } = onboardingInMemory();
    expect(await endsAs(toStepHandler(failing, () => deps)({ input: state }, context))).toBe("StepFault");
    expect(deps.executions.fail).not.toHaveBeenCalled();
  });

  test.each([
    ["an input that a step cannot read", { task_token: "token", input: { account_id: 7 } }],
    ["no input at all", { task_token: "token" }],
  ])("is %s as well: reported by the token", async (_, event) => {
    const { deps, metrics } = onboardingInMemory();
    expect(await endsAs(toStepHandler(parking, () => deps)(event, context))).toBeNull();
    expect(deps.executions.fail).toHaveBeenCalledExactlyOnceWith("token");
    expect(metrics.emitted).toMatchObject([{ name: "StepFailed" }]);
  });

  test.each([[null], ["nonsense"], [{ task_token: 7, input: state }]])(
    "is an event without a token that can be read: %j",
    async (event) => {
      const { deps } = onboardingInMemory();
      expect(await endsAs(toStepHandler(parking, () => deps)(event, context))).toBe("StepFault");
      expect(deps.executions.fail).not.toHaveBeenCalled();
    },
  );

  test("that cannot be reported by its token ends its invocation under the name that is listed", async () => {
    const { deps } = onboardingInMemory();
    const throttled = Object.assign(new Error("slow down"), { name: "ThrottlingException" });
    deps.executions.fail = vi.fn(async () => Promise.reject(throttled));
    const error = vi.spyOn(deps.log, "error");
    const handler = toStepHandler(failing, () => deps);
    expect(await endsAs(handler({ task_token: "token", input: state }, context))).toBe("StepFault");
    expect(error.mock.calls.map(([message, fields]) => [message, fields?.fault])).toEqual([
      ["step failed", "TypeError"],
      ["fault not reported", "ThrottlingException"],
    ]);
  });

  test("is also that a step cannot be built: it is logged, and the name is listed", async () => {
    const handler = toStepHandler(parking, () => {
      throw new RangeError("the environment variable PROFILE_TABLE is missing");
    });
    const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(await endsAs(handler({ task_token: "token", input: state }, context))).toBe("StepFault");
    expect(written.mock.calls.join("\n")).toContain('"fault":"RangeError"');
    written.mockRestore();
  });

  test("says nothing of what was thrown but its name", async () => {
    const { deps } = onboardingInMemory();
    const error = vi.spyOn(deps.log, "error");
    const thrown = await toStepHandler(failing, () => deps)({ input: state }, context).catch(String);
    expect(`${thrown} ${JSON.stringify(error.mock.calls)}`).not.toMatch(/order-7|Sample/);
  });
});

test("the name is one that is tried again", () => {
  expect(faults).toContain(new StepFault("").name);
});
