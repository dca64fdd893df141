import type { Context } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { type Step, type StepDeps, toStepHandler } from "../../../functions/step.ts";
import { readCalls } from "../../../functions/timeline/noted-calls.ts";
import { refusals, successes } from "../../../shared/gateway/answers.ts";
import {
  type Answers,
  ids,
  key,
  onboardingInMemory,
  profile_id,
  state,
  statusAnswer,
} from "../onboarding-in-memory.ts";

const line = (kind: string) => ({ at: 0, kind, by: "orchestrator", detail: { status: null } }) as const;

/** A step that does what it is told to, and the lines that came of it. */
async function stepping(answers: Answers, run: (deps: StepDeps) => Promise<void>, change: object = {}) {
  const onboarding = onboardingInMemory(answers);
  const step: Step = {
    name: "Close",
    file: "close",
    grants: [],
    async run(state, deps) {
      await run(deps);
      return state;
    },
  };
  const failed = await toStepHandler(step, () => ({ ...onboarding.deps, ...change }))(
    { input: state },
    {} as Context,
  ).then(
    () => false,
    () => true,
  );
  const lines = await onboarding.records.history(key, null);
  return { failed, lines: lines.map(({ kind, detail }) => [kind, detail]) };
}

const looks: Answers = { fetchProfile: () => statusAnswer("review_required") };
const id = profile_id;

describe("a line that a step writes", () => {
  test("carries what was asked of the gateway since the line before, each kind once", async () => {
    const { lines } = await stepping(
      { ...looks, fetchCaptureLink: () => refusals.unknownProfile() },
      async ({ gatewayOf, records }) => {
        const gateway = await gatewayOf(key.account_id);
        await gateway.fetchStatus({ id });
        await gateway.fetchCaptureLink({ id }).catch(() => {});
        await gateway.fetchStatus({ id });
        await records.record(key, "1", line("first"));
        await gateway.fetchStatus({ id });
        await records.record(key, "2", line("second"));
        await records.record(key, "3", line("third"));
      },
    );
    expect(lines).toEqual([
      ["first", { status: null, calls: "fetchStatus ×2, fetchCaptureLink (NotFound)" }],
      ["second", { status: null, calls: "fetchStatus" }],
      ["third", { status: null }],
    ]);
  });

  test("that was there already carries nothing off", async () => {
    const { lines } = await stepping(looks, async ({ gatewayOf, records }) => {
      await records.record(key, "1", line("first"));
      await (await gatewayOf(key.account_id)).fetchStatus({ id });
      await records.record(key, "1", line("first"));
      await records.record(key, "2", line("second"));
    });
    expect(lines).toEqual([
      ["first", { status: null }],
      ["second", { status: null, calls: "fetchStatus" }],
    ]);
  });
});

describe("a change at the gateway that no line tells of", () => {
  const completing =
    (status: "approved" | "rejected", further: (deps: StepDeps) => Promise<void> = async () => {}) =>
    async (deps: StepDeps) => {
      const gateway = await deps.gatewayOf(key.account_id);
      await gateway.completeProfile({ id, body: { status, status_description: { reason: "Mrs Sample" } } });
      await further(deps);
    };

  test.each(["approved", "rejected"] as const)(
    "gets a line of its own, with the decision: %s",
    async (status) => {
      const { lines, failed } = await stepping(
        { completeProfile: () => successes.completed(ids) },
        completing(status),
      );
      expect(failed).toBe(false);
      expect(lines).toEqual([
        ["GatewayAsked", { step: "Close", decision: status, calls: "completeProfile" }],
      ]);
    },
  );

  test("has it also when the gateway refuses it and the step fails", async () => {
    const { lines, failed } = await stepping(
      { completeProfile: () => refusals.wrongState("completed") },
      completing("approved"),
    );
    expect(failed).toBe(true);
    expect(lines).toEqual([
      ["GatewayAsked", { step: "Close", decision: "approved", calls: "completeProfile (Unprocessable)" }],
    ]);
  });

  test("has none where a line after it carries it", async () => {
    const { lines } = await stepping(
      { completeProfile: () => successes.completed(ids) },
      completing("approved", async ({ records }) => {
        await records.record(key, "1", line("told"));
      }),
    );
    expect(lines).toEqual([["told", { status: null, calls: "completeProfile" }]]);
  });

  test("fails no step when it cannot be written down", async () => {
    const { failed, lines } = await stepping(
      { completeProfile: () => successes.completed(ids) },
      completing("approved", async ({ records }) => {
        expect(typeof records.find).toBe("function");
      }),
      { records: { ...onboardingInMemory().records, record: () => Promise.reject(new Error("throttled")) } },
    );
    expect({ failed, lines }).toEqual({ failed: false, lines: [] });
  });
});

test("a look that no line tells of has no line", async () => {
  const { lines } = await stepping(looks, async ({ gatewayOf }) => {
    await (await gatewayOf(key.account_id)).fetchStatus({ id });
  });
  expect(lines).toEqual([]);
});

test("what a line carries is read back", () => {
  expect(readCalls("fetchStatus ×12, completeProfile (Unprocessable), purgeProfile")).toEqual([
    { name: "fetchStatus", times: 12 },
    { name: "completeProfile", times: 1, fault: "Unprocessable" },
    { name: "purgeProfile", times: 1 },
  ]);
  for (const nothing of [undefined, null, 7, ""]) expect(readCalls(nothing)).toEqual([]);
});
