import aslValidator from "asl-validator";
import { StateMachine } from "aws-local-stepfunctions";
import { describe, expect, test } from "vitest";
import { steps } from "../../functions/steps/index.ts";
import { faults } from "../../infra/workflow/onboarding.ts";
import { waits } from "../../shared/profile/next.ts";
import { synthesizedDefinition } from "./definition.ts";

const definition = synthesizedDefinition();
const stepNames = Object.keys(steps);
const callbacks: readonly string[] = waits;
const tasks = Object.entries(definition.States).filter(([, { Type }]) => Type === "Task");
const ids = { account_id: "acme", reference_id: "order-1", attempt: 1 };

type Answer = string | Error;

/** Without the limits of the waits: here they would be timers of a year, which Node fires at once. */
const untimed = {
  ...definition,
  States: Object.fromEntries(
    Object.entries(definition.States).map(([name, { TimeoutSeconds: _, ...state }]) => [name, state]),
  ),
};

/** Throws what Step Functions would have caught: an error known by its name. */
function fault(name: string): Error {
  return Object.assign(new Error("it failed"), { name });
}

/**
 * Runs the synthesized machine in this process. Each step gives its answers in turn, the last one for ever:
 * what comes next, or an error; a step without answers must not be reached. Tells the states in order.
 */
async function run(answers: Record<string, Answer[]>) {
  const visited: string[] = [];
  const inputs: Record<string, unknown>[] = [];
  const taskResourceLocalHandlers = Object.fromEntries(
    stepNames.map((name) => [
      name,
      async (payload: {
        Payload: { state: string; input: Record<string, unknown>; task_token?: string };
      }) => {
        visited.push(name);
        const { state, input, task_token } = payload.Payload;
        expect(state).toBe(name);
        expect(task_token).toBe(callbacks.includes(name) ? "token" : undefined);
        inputs.push(input);
        const left = answers[name] ?? [];
        const answer = left.length > 1 ? left.shift() : left[0];
        if (answer === undefined) throw new Error(`${name} was not expected`);
        if (answer instanceof Error) throw answer;
        const next = { ...ids, next: answer };
        return callbacks.includes(name) ? next : { Payload: next };
      },
    ]),
  );
  const machine = new StateMachine(untimed as never, { validationOptions: { checkArn: false } });
  const { result } = machine.run(ids, {
    overrides: {
      taskResourceLocalHandlers,
      retryIntervalOverrides: Object.fromEntries(stepNames.map((name) => [name, 0])),
    },
    context: { Task: { Token: "token" }, Execution: { Input: ids } },
  } as never);
  const output = await result;
  return { visited, inputs, output };
}

/** From a Route that was told `next` to the end, in the shortest way. */
const shortestWay: Record<string, { answers: Record<string, Answer[]>; visited: string[] }> = {
  open: { answers: { OpenCapture: ["open", "end"] }, visited: ["OpenCapture"] },
  review: { answers: { Review: ["end"] }, visited: ["Review"] },
  recapture: { answers: { Recapture: ["end"] }, visited: ["Recapture"] },
  attention: { answers: { Attention: ["end"] }, visited: ["Attention"] },
  complete: { answers: { Retain: ["purge"], Purge: ["end"] }, visited: ["Retain", "Purge"] },
  close: { answers: { Close: ["end"] }, visited: ["Close"] },
  retain: { answers: { Retain: ["purge"], Purge: ["end"] }, visited: ["Retain", "Purge"] },
  purge: { answers: { Purge: ["end"] }, visited: ["Purge"] },
  end: { answers: {}, visited: [] },
};

/** How each step is reached first. */
const wayTo: Record<string, { answers: Record<string, Answer[]>; visited: string[] }> = {
  OpenCapture: { answers: {}, visited: [] },
  Review: { answers: { OpenCapture: ["review"] }, visited: ["OpenCapture"] },
  Recapture: { answers: { OpenCapture: ["recapture"] }, visited: ["OpenCapture"] },
  Attention: { answers: { OpenCapture: ["attention"] }, visited: ["OpenCapture"] },
  Close: { answers: { OpenCapture: ["close"] }, visited: ["OpenCapture"] },
  Retain: { answers: { OpenCapture: ["retain"] }, visited: ["OpenCapture"] },
  Purge: { answers: { OpenCapture: ["purge"] }, visited: ["OpenCapture"] },
};

describe("definition", () => {
  test("is valid Amazon States Language", () => {
    const { isValid, errorsText } = aslValidator(definition);
    expect(isValid, errorsText("; ")).toBe(true);
  });

  test("has one task per step and no other", () => {
    expect(tasks.map(([name]) => name).sort()).toEqual([...stepNames].sort());
  });

  test("every state is reached from another or is the first", () => {
    const targets = Object.values(definition.States).flatMap((state) => [
      state.Next,
      state.Default,
      ...(state.Choices ?? []).map(({ Next }) => Next),
      ...(state.Catch ?? []).map(({ Next }) => Next),
    ]);
    for (const name of Object.keys(definition.States))
      expect([definition.StartAt, ...targets], name).toContain(name);
  });

  test("is plain JSONPath without result paths", () => {
    expect(JSON.stringify(definition)).not.toMatch(/JSONata|Assign|"ResultPath":"/);
  });

  test("steps that wait are callbacks with a limit, the others plain calls", () => {
    for (const [name, state] of tasks) {
      const waiting = callbacks.includes(name);
      expect(state.Resource, name).toBe(
        `arn:aws:states:::lambda:invoke${waiting ? ".waitForTaskToken" : ""}`,
      );
      expect(state.TimeoutSeconds, name).toBe(waiting ? 31_104_000 : undefined);
      expect(state.OutputPath, name).toBe(waiting ? undefined : "$.Payload");
      expect(state.Parameters?.["Payload"], name).toEqual({
        ...(waiting && { "task_token.$": "$$.Task.Token" }),
        state: name,
        "input.$": "$",
      });
    }
  });

  test("retries name their errors, with backoff, jitter and an end", () => {
    for (const [name, state] of tasks) {
      const longer = name === "Attention";
      expect(state.Retry, name).toEqual([
        {
          ErrorEquals: faults,
          IntervalSeconds: 2,
          BackoffRate: 2,
          JitterStrategy: "FULL",
          MaxAttempts: longer ? 10 : 5,
          MaxDelaySeconds: longer ? 900 : 60,
        },
      ]);
    }
    expect(faults.filter((name) => name.startsWith("States."))).toEqual([]);
  });

  test("every step but Attention is caught into Attention, with its input", () => {
    for (const [name, state] of tasks)
      expect(state.Catch, name).toEqual(
        name === "Attention"
          ? undefined
          : [{ ErrorEquals: ["States.ALL"], Next: "Attention", ResultPath: null }],
      );
  });
});

describe("Route", () => {
  const routes = definition.States["Route"]?.Choices?.map(({ StringEquals }) => StringEquals) ?? [];

  test("knows every word of the steps", () => {
    expect([...routes].sort()).toEqual(Object.keys(shortestWay).sort());
  });

  for (const from of ["OpenCapture", "Review", "Recapture", "Attention", "Close"])
    test.each(routes)(`takes %s after ${from}`, async (next) => {
      const before = wayTo[from] ?? { answers: {}, visited: [] };
      const after = shortestWay[next] ?? { answers: {}, visited: [] };
      const answers: Record<string, Answer[]> = {};
      for (const part of [before.answers, { [from]: [next] }, after.answers])
        for (const [name, more] of Object.entries(part)) answers[name] = [...(answers[name] ?? []), ...more];
      if (next === "open")
        answers["OpenCapture"] = [
          ...(before.answers["OpenCapture"] ?? []),
          ...(from === "OpenCapture" ? ["open"] : []),
          "end",
        ];
      const { visited, inputs } = await run(answers);
      expect(visited).toEqual([...before.visited, from, ...after.visited]);
      for (const input of inputs) expect(input).toMatchObject(ids);
    });

  test("asks for attention when it does not know the word", async () => {
    const { visited } = await run({ OpenCapture: ["no such word"], Attention: ["end"] });
    expect(visited).toEqual(["OpenCapture", "Attention"]);
  });
});

describe("faults", () => {
  const caught = stepNames.filter((name) => name !== "Attention");

  for (const name of caught) {
    const way = wayTo[name] ?? { answers: {}, visited: [] };
    const start = { Attention: ["end"] };

    test.each(faults)(`${name} is tried six times for %s, then asks for attention`, async (error) => {
      const { visited, inputs } = await run({ ...start, ...way.answers, [name]: [fault(error)] });
      expect(visited).toEqual([...way.visited, ...Array<string>(6).fill(name), "Attention"]);
      expect(inputs.at(-1)).toEqual(inputs.at(-2));
    });

    test(`${name} asks for attention when its time is over`, async () => {
      const { visited } = await run({ ...start, ...way.answers, [name]: [fault("States.Timeout")] });
      expect(visited).toEqual([...way.visited, name, "Attention"]);
    });

    test(`${name} asks for attention at once for an error that nobody has heard of`, async () => {
      const { visited, inputs } = await run({
        ...start,
        ...way.answers,
        [name]: [fault("Lambda.NoSuchName")],
      });
      expect(visited).toEqual([...way.visited, name, "Attention"]);
      expect(inputs.at(-1)).toEqual(inputs.at(-2));
    });

    test(`${name} goes on after a fault that passes`, async () => {
      const rest = { Retain: ["purge"], Purge: ["end"], OpenCapture: ["end"] };
      const words: Record<string, string> = { Retain: "purge" };
      const { visited } = await run({
        ...start,
        ...rest,
        ...way.answers,
        [name]: [fault("StepFault"), words[name] ?? "end"],
      });
      expect(visited.slice(0, way.visited.length + 2)).toEqual([...way.visited, name, name]);
      expect(visited).not.toContain("Attention");
    });
  }

  test("Attention is tried eleven times, then fails the execution", async () => {
    const answers = { OpenCapture: ["attention"], Attention: [fault("StepFault")] };
    await expect(run(answers)).rejects.toThrow("it failed");
  });

  test("an error that only Attention has fails the execution at once", async () => {
    const answers = { OpenCapture: ["attention"], Attention: [fault("NoFaultOfOurs")] };
    await expect(run(answers)).rejects.toThrow("it failed");
  });

  test.each([
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "Runtime.ImportModuleError",
    "Runtime.HandlerNotFound",
    "Sandbox.Timedout",
  ])("%s, as Lambda reports it, is worth another try", (name) => {
    expect(faults).toContain(name);
  });
});

test("an onboarding that the gateway refused ends after one step", async () => {
  const { visited } = await run({ OpenCapture: ["end"] });
  expect(visited).toEqual(["OpenCapture"]);
});

/** State transitions as AWS bills them: the start, and every state that is entered. */
const transitions = (visited: string[]) =>
  1 + visited.length + visited.filter((name) => definition.States[name]?.Next === "Route").length;

const ending = { Retain: ["purge"], Purge: ["end"] };

test.each([
  ["straight through", 5, { OpenCapture: ["complete"] }],
  ["one review", 7, { OpenCapture: ["review"], Review: ["complete"] }],
  ["a recapture", 9, { OpenCapture: ["review"], Review: ["recapture"], Recapture: ["complete"] }],
  [
    "a recapture reviewed again",
    11,
    { OpenCapture: ["review"], Review: ["recapture", "complete"], Recapture: ["review"] },
  ],
] as const)("%s takes %i transitions", async (_, expected, answers: Record<string, readonly string[]>) => {
  const own = Object.fromEntries(Object.entries(answers).map(([name, words]) => [name, [...words]]));
  const { visited } = await run({ ...ending, ...own });
  expect(visited.at(-1)).toBe("Purge");
  expect(transitions(visited)).toBe(expected);
});
