import aslValidator from "asl-validator";
import { describe, expect, test } from "vitest";
import { STEP_FAULT } from "../../functions/executions.ts";
import { stepEventSchema } from "../../functions/step.ts";
import { steps } from "../../functions/steps/index.ts";
import { nextSteps } from "../../shared/profile/next.ts";
import { simulate } from "../simulation/simulation.ts";
import { type Release, releaseNow, releases } from "./release.ts";

const SEEDS = 40;
const now = releaseNow();

const tasksOf = ({ definition }: Release) =>
  Object.entries(definition.States).filter(([, { Type }]) => Type === "Task");

test("there is a release to hold today's steps to", () => {
  expect(releases().length).toBeGreaterThan(0);
});

describe.each(releases())("executions that started under %s", (_version, release) => {
  const { definition } = release;
  const routed = Object.values(definition.States).flatMap(({ Choices = [] }) => Choices);

  test("find every function and the role that they need under the id that they know", () => {
    expect(now.ids).toMatchObject(release.ids);
  });

  test("call steps that there are, in the way that these answer", () => {
    expect(aslValidator(definition).isValid).toBe(true);
    for (const [name, { Resource, Parameters, OutputPath }] of tasksOf(release)) {
      expect(Object.keys(steps), name).toContain(Parameters?.["FunctionName"]);
      expect({ Resource, OutputPath }, name).toEqual({
        Resource: now.definition.States[name]?.Resource,
        OutputPath: now.definition.States[name]?.OutputPath,
      });
    }
  });

  test("pass what the steps take: at the start, and after every word that they know", () => {
    const start = { account_id: "acme", reference_id: "order-1", attempt: 1 };
    const later = routed.map(({ StringEquals }) => ({
      ...start,
      next: StringEquals,
      rounds: 1,
      missed: 0,
      reason: "why",
    }));
    for (const [name, { Parameters }] of tasksOf(release))
      for (const input of [start, ...later]) {
        const {
          "input.$": whole,
          "task_token.$": token,
          ...literal
        } = (Parameters?.["Payload"] ?? {}) as Record<string, unknown>;
        expect(whole, name).toBe("$");
        const event = { ...literal, input, ...(token !== undefined && { task_token: "token" }) };
        expect(stepEventSchema.safeParse(event).success, `${name} with ${JSON.stringify(input)}`).toBe(true);
      }
  });

  test("read nothing but the word that comes next, and take one that they do not know to Attention", () => {
    for (const { Variable, StringEquals } of routed) {
      expect(Variable).toBe("$.next");
      expect(nextSteps).toContain(StringEquals);
    }
    const choices = Object.values(definition.States).filter(({ Type }) => Type === "Choice");
    expect(choices.map(({ Default }) => Default)).toEqual(choices.map(() => "Attention"));
  });

  test("know the fault that steps report", () => {
    for (const [name, { Retry = [], Catch = [] }] of tasksOf(release)) {
      expect(
        Retry.flatMap(({ ErrorEquals }) => ErrorEquals),
        name,
      ).toContain(STEP_FAULT);
      const caught = Catch.flatMap(({ ErrorEquals }) => ErrorEquals);
      if (name !== "Attention")
        expect(caught.includes(STEP_FAULT) || caught.includes("States.ALL"), name).toBe(true);
    }
  });

  test(`come to their end on today's steps, also when today's definition is deployed meanwhile (${SEEDS} runs each)`, {
    timeout: 240_000,
  }, async () => {
    const violations: string[] = [];
    const entered = new Set<string>();
    for (const plant of [{}, { release: now.definition }])
      for (let seed = 1; seed <= SEEDS; seed++) {
        const result = await simulate(seed, definition, plant);
        violations.push(...result.violations.map((violation) => `seed ${seed}: ${violation}`));
        for (const by of result.touched.keys()) entered.add(by);
      }
    expect(violations).toEqual([]);
    for (const [name] of tasksOf(release)) expect(entered).toContain(`step:${name}`);
  });
});
