import {
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  type SFNClient,
  SFNServiceException,
} from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import { executionLines, historyFrom, linesOf } from "../../../functions/timeline/execution-lines.ts";
import { START } from "../onboarding-in-memory.ts";

/** Events a second apart; `+n` lets n seconds pass instead. */
function history(...parts: (Partial<HistoryEvent> | `+${number}`)[]): HistoryEvent[] {
  let at = START;
  return parts.flatMap((part) => {
    if (typeof part === "string") {
      at += Number(part) * 1_000;
      return [];
    }
    return [{ id: 1, type: undefined, timestamp: new Date(at), ...part }];
  });
}
const entered = (name: string) => ({ type: "TaskStateEntered", stateEnteredEventDetails: { name } }) as const;
const [scheduled, succeeded, exited] = (["TaskScheduled", "TaskSucceeded", "TaskStateExited"] as const).map(
  (type) => ({ type }),
) as [Partial<HistoryEvent>, Partial<HistoryEvent>, Partial<HistoryEvent>];
const failed = (error: string) =>
  ({
    type: "TaskFailed",
    taskFailedEventDetails: { resourceType: "lambda", resource: "invoke", error, cause: "Mrs Sample" },
  }) as const;

const told = (events: HistoryEvent[]) =>
  linesOf({ events, isCut: false }).map(({ at, kind, detail }) => [(at - START) / 1_000, kind, detail]);

describe("the steps of an execution", () => {
  test("are told as they are entered; choices and the end are none", () => {
    const choice = { type: "ChoiceStateEntered", stateEnteredEventDetails: { name: "Route" } } as const;
    expect(
      told(
        history({ type: "ExecutionStarted" }, entered("Close"), scheduled, succeeded, exited, choice, {
          type: "ExecutionSucceeded",
        }),
      ),
    ).toEqual([
      [0, "ExecutionStarted", {}],
      [0, "StepEntered", { state: "Close" }],
      [0, "ExecutionEnded", { status: "SUCCEEDED" }],
    ]);
  });

  test("have waited as long as their last try did", () => {
    const waited = history(
      entered("Review"),
      scheduled,
      "+5",
      failed("StepFault"),
      "+2",
      scheduled,
      "+3600",
      succeeded,
      exited,
    );
    expect(told(waited).at(-1)).toEqual([3_607, "StepWaited", { state: "Review", waited_seconds: 3_600 }]);
  });

  test.each([
    ["that went on at once", history(entered("Review"), scheduled, succeeded, exited)],
    [
      "that do not wait, however long they take",
      history(entered("Purge"), scheduled, "+20", succeeded, exited),
    ],
    ["that are given up", history(entered("Review"), scheduled, "+20", failed("StepFault"), exited)],
  ])("have not waited: those %s", (_what, events) => {
    expect(told(events).map(([, kind]) => kind)).not.toContain("StepWaited");
  });

  test.each([
    ["again, once it was", [scheduled], "again"],
    ["again, as long as nothing else came of it", [], "again"],
    ["no more, once the step is left", [exited], "over"],
    ["no more, once the execution broke off", [{ type: "ExecutionFailed" } as const], "over"],
  ])("that fail are tried %s", (_what, after, goes) => {
    const events = history(entered("Close"), scheduled, failed("StepFault"), ...after);
    expect(told(events)).toContainEqual([0, "StepFailed", { state: "Close", error: "StepFault", goes }]);
  });

  test("say the name of a fault, and never what it quotes", () => {
    const events = history(entered("Close"), failed("Mrs Sample failed"), failed("Lambda.Unknown"));
    expect(JSON.stringify(told(events))).not.toContain("Sample");
    expect(told(events).map(([, , detail]) => (detail as { error?: unknown }).error)).toEqual([
      undefined,
      null,
      "Lambda.Unknown",
    ]);
  });
});

/** Step Functions with these executions by name, in pages of two events. */
function client(executions: Record<string, HistoryEvent[]>) {
  const asked: object[] = [];
  const send = async (command: unknown) => {
    if (!(command instanceof GetExecutionHistoryCommand)) throw new Error("an unknown command");
    asked.push(command.input);
    const events = executions[command.input.executionArn?.split(":").at(-1) ?? ""];
    if (!events) throw new ExecutionDoesNotExist({ message: "gone", $metadata: {} });
    const from = Number(command.input.nextToken ?? 0);
    const nextToken = from + 2 < events.length ? { nextToken: String(from + 2) } : {};
    return { events: events.slice(from, from + 2), ...nextToken };
  };
  return { sfn: { send } as unknown as SFNClient, asked };
}
const arnOf = (name: string) => `arn:aws:states:eu-west-1:000000000000:execution:onboarding:${name}`;
const claim = (attempt: number) => ({ execution: `e-${attempt}`, attempt, created_at: START });

describe("Step Functions", () => {
  const long = history(
    { type: "ExecutionStarted" },
    ...Array.from({ length: 9 }, () => entered("OpenCapture")),
  );

  test("is asked for no inputs and outputs, which carry tokens", async () => {
    const { sfn, asked } = client({ "e-1": long });
    await historyFrom(sfn)(arnOf("e-1"));
    for (const input of asked) expect(input).toMatchObject({ includeExecutionData: false });
  });

  test("is asked for so many pages and no more, and the timeline says that there are others", async () => {
    const { sfn, asked } = client({ "e-1": long });
    const { lines, runs } = await executionLines(claim(1), { arnOf }, historyFrom(sfn), START);
    expect(asked).toHaveLength(3);
    expect(lines.map(({ kind }) => kind)).toEqual([
      "ExecutionStarted",
      ...Array.from({ length: 5 }, () => "StepEntered"),
      "HistoryCut",
    ]);
    expect(runs).toBe(true);
  });

  test("tells of the attempts before as well, as far as it knows them", async () => {
    const { sfn, asked } = client({
      "e-3": history({ type: "ExecutionStarted" }, { type: "ExecutionAborted" }),
      "e-4": history({ type: "ExecutionStarted" }),
    });
    const { lines, runs, note } = await executionLines(claim(4), { arnOf }, historyFrom(sfn), START);
    expect(lines.map(({ kind }) => kind)).toEqual(["ExecutionStarted", "ExecutionEnded", "ExecutionStarted"]);
    expect({ runs, note, asked: asked.length }).toEqual({ runs: true, note: null, asked: 3 });
  });

  test("that Step Functions has no time for are missing, and the answer says so", async () => {
    const error = new SFNServiceException({ name: "ThrottlingException", $fault: "client", $metadata: {} });
    const sfn = { send: () => Promise.reject(error) } as unknown as SFNClient;
    expect(await executionLines(claim(1), { arnOf }, historyFrom(sfn), START)).toEqual({
      lines: [],
      note: "Step Functions had no time to tell all of the steps: ask again in a minute.",
    });
  });

  test("that cannot be asked is an error, not an execution without steps", async () => {
    const read = () => Promise.reject(new Error("throttled"));
    await expect(executionLines(claim(1), { arnOf }, read, START)).rejects.toThrow("throttled");
  });
});
