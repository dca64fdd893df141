import type { HistoryEvent, HistoryEventType } from "@aws-sdk/client-sfn";
import type { Definition, Retrier, State } from "../workflow/definition.ts";
import type { Outcome } from "./functions.ts";
import type { World } from "./world.ts";

/** An execution as the console would show it. */
export interface Execution {
  name: string;
  input: string;
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "ABORTED";
  startedAt: number;
  endedAt: number | null;
  /** State transitions, the start included. */
  transitions: number;
  /** As AWS counts them: a task that answers has five, one that is waited for six. */
  historyEvents: number;
  /** The history itself, as it is read without inputs and outputs. */
  history: HistoryEvent[];
  states: string[];
  /** Every input and output that the history carries. */
  payloads: string[];
  error: string | null;
}

const endings = {
  RUNNING: "ExecutionStarted",
  SUCCEEDED: "ExecutionSucceeded",
  FAILED: "ExecutionFailed",
  ABORTED: "ExecutionAborted",
} as const satisfies Record<Execution["status"], HistoryEventType>;

type Answer = { output: unknown } | { error: string };

/** Runs a function of the state machine. */
export type RunTask = (functionName: string, payload: unknown) => Promise<Outcome<unknown>>;

/**
 * Step Functions as AWS documents it, as far as the definition uses it: tasks that answer and tasks that wait for
 * their token, Choice, Succeed, Retry and Catch. What a failed invocation reports is what AWS reports.
 */
export class StateMachine {
  readonly executions = new Map<string, Execution>();
  readonly #world: World;
  readonly #run: RunTask;
  readonly #tokens = new Map<string, { execution: Execution; resolve: (answer: Answer) => void }>();
  /** Tokens that took effect, once each. */
  readonly spent: string[] = [];
  #issued = 0;
  /** AWS gives out tokens of 700 and more. */
  tokenCharacters = 20;
  definition: Definition;

  constructor(world: World, definition: Definition, run: RunTask) {
    this.#world = world;
    this.#run = run;
    this.definition = definition;
  }

  /** `false`: the name is taken, by another input or by an execution that ended. */
  start(name: string, input: string): boolean {
    const known = this.executions.get(name);
    if (known) return known.status === "RUNNING" && known.input === input;
    const execution: Execution = {
      name,
      input,
      status: "RUNNING",
      startedAt: this.#world.now,
      endedAt: null,
      transitions: 1,
      historyEvents: 1,
      history: [],
      states: [],
      payloads: [input],
      error: null,
    };
    this.executions.set(name, execution);
    this.#tell(execution, "ExecutionStarted");
    void this.#play(execution, this.definition, JSON.parse(input));
    return true;
  }

  /** `false`: the token was used, timed out, or belongs to a task that failed. */
  answer(token: string, answer: Answer): boolean {
    const waiting = this.#tokens.get(token);
    if (!waiting) return false;
    this.#tokens.delete(token);
    this.spent.push(token);
    waiting.resolve(answer);
    return true;
  }

  isWaitedFor(token: string): boolean {
    return this.#tokens.has(token);
  }

  /** As somebody stops it in the console: its tokens are worth nothing any more, its functions go on to their end. */
  abort(execution: Execution): void {
    for (const [token, waiting] of this.#tokens)
      if (waiting.execution === execution) this.#tokens.delete(token);
    this.#end(execution, "ABORTED", null);
  }

  get running(): Execution[] {
    return [...this.executions.values()].filter(({ status }) => status === "RUNNING");
  }

  /** Base64, as AWS's tokens are. */
  #newToken(): string {
    const bytes = `token ${++this.#issued} `.padEnd((this.tokenCharacters * 3) / 4, "x");
    return Buffer.from(bytes).toString("base64");
  }

  #tell(execution: Execution, type: HistoryEventType, details: Partial<HistoryEvent> = {}): void {
    const { history } = execution;
    history.push({ id: history.length + 1, type, timestamp: new Date(this.#world.now), ...details });
  }

  async #play(execution: Execution, definition: Definition, input: unknown): Promise<void> {
    let name = definition.StartAt;
    let data = input;
    for (;;) {
      const state = definition.States[name];
      if (!state) throw new Error(`no state ${name}`);
      execution.states.push(name);
      execution.transitions++;
      execution.historyEvents += 2;
      execution.payloads.push(JSON.stringify(data));
      this.#tell(execution, `${state.Type}StateEntered`, { stateEnteredEventDetails: { name } });
      const entered = name;
      const exited = () =>
        this.#tell(execution, `${state.Type}StateExited`, { stateExitedEventDetails: { name: entered } });
      if (state.Type === "Succeed") return this.#end(execution, "SUCCEEDED", null);
      if (state.Type === "Choice") {
        name = chosen(state, data);
        exited();
        continue;
      }
      if (state.Type === "Wait") {
        await this.#world.sleep((state.Seconds ?? 0) * 1000);
        if (execution.status !== "RUNNING") return;
        exited();
        name = state.Next ?? "";
        continue;
      }
      const answer = await this.#insist(execution, state, data);
      if (!answer) return;
      if ("output" in answer) {
        data = answer.output;
        exited();
        if (state.End) return this.#end(execution, "SUCCEEDED", null);
        name = state.Next ?? "";
        continue;
      }
      const caught = state.Catch?.find(({ ErrorEquals }) =>
        ErrorEquals.some((name) => name === answer.error || name === "States.ALL"),
      );
      if (!caught) return this.#end(execution, "FAILED", answer.error);
      // ResultPath null: what went wrong is dropped, the input goes on.
      exited();
      name = caught.Next;
    }
  }

  #end(execution: Execution, status: Execution["status"], error: string | null): void {
    execution.status = status;
    execution.error = error;
    execution.endedAt = this.#world.now;
    execution.historyEvents++;
    this.#tell(execution, endings[status]);
  }

  /** `null`: the execution was stopped. */
  async #insist(execution: Execution, state: State, data: unknown): Promise<Answer | null> {
    const tries = new Map<Retrier, number>();
    for (;;) {
      if (execution.status !== "RUNNING") return null;
      this.#tell(execution, "TaskScheduled");
      const answer = await this.#task(execution, state, data);
      if (execution.status !== "RUNNING") return null;
      if ("output" in answer) {
        this.#tell(execution, "TaskSucceeded");
        execution.payloads.push(JSON.stringify(answer.output));
        return answer;
      }
      const failed = { resourceType: "lambda", resource: "invoke", error: answer.error };
      this.#tell(
        execution,
        answer.error === "States.Timeout" ? "TaskTimedOut" : "TaskFailed",
        answer.error === "States.Timeout"
          ? { taskTimedOutEventDetails: failed }
          : { taskFailedEventDetails: failed },
      );
      const retrier = state.Retry?.find(({ ErrorEquals }) => ErrorEquals.includes(answer.error));
      const made = retrier ? (tries.get(retrier) ?? 0) : 0;
      if (!retrier || made >= retrier.MaxAttempts) return answer;
      tries.set(retrier, made + 1);
      const most = Math.min(
        retrier.IntervalSeconds * retrier.BackoffRate ** made,
        retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY,
      );
      // Full jitter.
      await this.#world.sleep(this.#world.random.below(Math.ceil(most * 1000) + 1));
    }
  }

  async #task(execution: Execution, state: State, data: unknown): Promise<Answer> {
    const parameters = state.Parameters as { FunctionName: string; Payload: Record<string, unknown> };
    const waits = state.Resource?.endsWith(".waitForTaskToken") ?? false;
    execution.historyEvents += waits ? 4 : 3;
    const token = waits ? this.#newToken() : "";
    const payload: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(parameters.Payload)) {
      if (key === "task_token.$") payload["task_token"] = token;
      else if (key === "input.$") payload["input"] = data;
      else payload[key] = value;
    }
    return new Promise((resolve) => {
      if (waits) {
        this.#tokens.set(token, { execution, resolve });
        this.#world.after((state.TimeoutSeconds ?? 0) * 1000, () => {
          if (this.#tokens.delete(token)) resolve({ error: "States.Timeout" });
        });
      }
      const fail = (error: string) => {
        this.#tokens.delete(token);
        resolve({ error });
      };
      void this.#run(parameters.FunctionName, payload).then((outcome) => {
        if ("killed" in outcome) fail("Lambda.Unknown");
        else if ("error" in outcome)
          fail(outcome.error instanceof Error ? outcome.error.name : "Lambda.Unknown");
        else if (!waits) resolve({ output: outcome.value });
      });
    });
  }
}

function chosen(state: State, data: unknown): string {
  const found = state.Choices?.find(
    ({ Variable, StringEquals }) =>
      (data as Record<string, unknown>)[Variable.replace("$.", "")] === StringEquals,
  );
  const next = found?.Next ?? state.Default;
  if (!next) throw new Error("a Choice that chooses nothing");
  return next;
}
