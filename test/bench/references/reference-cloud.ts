import type { ScenarioName } from "../../../functions/sandbox/journeys.ts";
import { type EndpointName, endpoints } from "../../../shared/gateway/endpoints.ts";
import { MemoryTable } from "../../shared/store/memory-table.ts";
import { Faults } from "../../simulation/faults.ts";
import { Provider } from "../../simulation/provider.ts";
import { StateMachine } from "../../simulation/state-machine.ts";
import { Random, World } from "../../simulation/world.ts";
import type { Definition, State } from "../../workflow/definition.ts";
import {
  ACCOUNT,
  decisionOf,
  onboardingRequest,
  pacesOf,
  playOthers,
  START,
  TOKEN_CHARACTERS,
  webhookKindOf,
} from "../journey.ts";
import { type Consumption, durations, fetchedAnew } from "../prices.ts";
import { TableMeter } from "../table-meter.ts";

/** What travels between the states of a reference design. */
export interface ReferenceState {
  reference_id: string;
  profile_id?: string;
  status?: string;
  link_sent?: boolean;
  rounds?: number;
}

export interface Task {
  state: ReferenceState;
  /** Of a state that waits to be answered. */
  token: string;
  cloud: ReferenceCloud;
}

/** One state's function; what it answers is the next state's input. */
export type TaskFunction = (task: Task) => Promise<ReferenceState>;

/** A design that people build by default: its definition, its functions, and what it makes of a webhook. */
export interface ReferenceDesign {
  definition: Definition;
  tasks: Record<string, TaskFunction>;
  onWebhook?: (body: { profile_id: string; status: string }, cloud: ReferenceCloud) => Promise<void>;
}

const MEMORY_GB = 0.5;

/** Runs a reference design over the same engine, provider and clock as ours, and counts the same things. */
export class ReferenceCloud {
  readonly #provider: Provider;
  readonly machine: StateMachine;
  readonly table: ReturnType<TableMeter["wrap"]>;
  readonly #meter: TableMeter;
  readonly used = {
    invocations: 0,
    gatewayRequests: 0,
    awsRequests: 0,
    s3Puts: 0,
    events: 0,
    httpRequests: 0,
  };
  readonly world = new World(7, START);
  readonly #functions = new Set<string>();
  readonly #scenario: ScenarioName;

  private constructor(design: ReferenceDesign, scenario: ScenarioName) {
    this.#scenario = scenario;
    const faults = new Faults(new Random(7));
    faults.stopped = true;
    this.#provider = new Provider(this.world, faults, pacesOf(scenario), async (_account, slot, body) => {
      if (!design.onWebhook || slot === "capture-session") return 200;
      this.#asked("webhook");
      await design.onWebhook(JSON.parse(body) as { profile_id: string; status: string }, this);
      return 200;
    });
    const memory = new MemoryTable();
    this.#meter = new TableMeter(memory, () => null);
    this.table = this.#meter.wrap(memory);
    this.machine = new StateMachine(this.world, design.definition, async (name, payload) => {
      this.#invoked(name);
      const { input, task_token } = payload as { input: ReferenceState; task_token?: string };
      const task = design.tasks[name];
      if (!task) throw new Error(`the design has no function ${name}`);
      await this.world.sleep(durations.ownMs);
      return { value: await task({ state: input, token: task_token ?? "", cloud: this }) };
    });
    this.machine.tokenCharacters = TOKEN_CHARACTERS;
  }

  static async run(design: ReferenceDesign, scenario: ScenarioName): Promise<Consumption> {
    const cloud = new ReferenceCloud(design, scenario);
    await cloud.#provider.addAccount(ACCOUNT, webhookKindOf(scenario));
    playOthers(scenario, cloud.world, cloud.#provider, (id) => {
      cloud.#asked("cancel");
      return cloud.gateway("cancelProfile", { id });
    });
    cloud.#asked("start");
    const input = JSON.stringify({ reference_id: cloud.request.reference_id });
    cloud.world.after(0, () => cloud.machine.start("order", input));
    await cloud.world.run(START + 60 * 86_400_000);
    const [execution] = [...cloud.machine.executions.values()];
    if (execution?.status !== "SUCCEEDED")
      throw new Error(`a reference design did not end: ${execution?.states.at(-1)} ${execution?.error}`);
    const { used } = cloud;
    const ms =
      used.invocations * durations.ownMs +
      used.gatewayRequests * durations.gatewayRequestMs +
      used.awsRequests * durations.awsRequestMs;
    return {
      stateTransitions: execution.transitions,
      historyEvents: execution.historyEvents,
      invocations: used.invocations,
      writeUnits: cloud.#meter.writeUnits,
      readUnits: cloud.#meter.readUnits,
      s3Puts: used.s3Puts,
      s3Gets: 0,
      events: used.events,
      httpRequests: used.httpRequests,
      queueRequests: 0,
      gatewayRequests: used.gatewayRequests,
      ...fetchedAnew(cloud.#functions.size),
      logBytes: used.invocations * durations.logBytesPerInvocation,
      gbSeconds: (ms / 1000) * MEMORY_GB,
      largestPayloadBytes: Math.max(...execution.payloads.map((payload) => Buffer.byteLength(payload))),
    };
  }

  #invoked(name: string): void {
    this.used.invocations++;
    this.#functions.add(name);
  }

  /** By a caller, or by the gateway. */
  #asked(name: string): void {
    this.used.httpRequests++;
    this.#invoked(name);
  }

  get request() {
    return onboardingRequest(this.#scenario);
  }

  /**
   * What the scenario's policy does at a review; `null`: a person at the gateway decides. Where ours has rules, theirs
   * knows beforehand that the customer is sent back once.
   */
  decide({ rounds = 0 }: ReferenceState): "recapture" | "approve" | "reject" | null {
    const decision = decisionOf(this.#scenario);
    switch (decision.kind) {
      case "approve":
      case "reject":
        return decision.kind;
      case "person":
        return null;
      case "rules":
        return rounds < 1 ? "recapture" : "approve";
      case "recapture": {
        if (rounds < decision.rounds) return "recapture";
        const { afterwards } = decision;
        return afterwards === "approve" || afterwards === "reject" ? afterwards : null;
      }
    }
  }

  /** Asks the gateway; a refusal is an error, since nothing is broken here. */
  async gateway(
    name: EndpointName,
    {
      id = "",
      body,
      statusOnly = false,
    }: { id?: string | undefined; body?: object; statusOnly?: boolean } = {},
  ): Promise<Record<string, unknown>> {
    this.used.gatewayRequests++;
    const { method, path } = endpoints[name];
    const answer = await this.#provider.answer(
      ACCOUNT,
      this.#provider.keys.get(ACCOUNT) ?? "",
      method,
      path.replace("{id}", id),
      statusOnly ? { status_only: "true" } : {},
      body ? JSON.stringify(body) : "",
    );
    if (answer.status >= 300) throw new Error(`${name} answered ${answer.status}: ${answer.body}`);
    return JSON.parse(String(answer.body)) as Record<string, unknown>;
  }

  answer(token: string, output: ReferenceState): void {
    this.used.awsRequests++;
    this.machine.answer(token, { output });
  }

  store(): void {
    this.used.s3Puts++;
    this.used.awsRequests++;
  }

  publish(): void {
    this.used.events++;
    this.used.awsRequests++;
  }

  async save(item: { pk: string } & Record<string, unknown>): Promise<void> {
    this.used.awsRequests++;
    await this.table.put({ sk: "profile", ...item });
  }

  async load(pk: string): Promise<Record<string, unknown> | undefined> {
    this.used.awsRequests++;
    return this.table.get(pk, "profile");
  }
}

const retry = [
  {
    ErrorEquals: ["Lambda.Unknown"],
    IntervalSeconds: 2,
    MaxAttempts: 3,
    BackoffRate: 2,
    JitterStrategy: "FULL",
  },
] as unknown as NonNullable<State["Retry"]>;

export const task = (FunctionName: string, Next: string): State => ({
  Type: "Task",
  Resource: "arn:aws:states:::lambda:invoke",
  Parameters: { FunctionName, Payload: { "input.$": "$" } },
  Retry: retry,
  Next,
});

export const callback = (FunctionName: string, Next: string): State => ({
  ...task(FunctionName, Next),
  Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
  Parameters: { FunctionName, Payload: { "input.$": "$", "task_token.$": "$$.Task.Token" } },
  TimeoutSeconds: 40 * 86_400,
});

export const wait = (Seconds: number, Next: string): State => ({ Type: "Wait", Seconds, Next });

export const choice = (Variable: string, to: Record<string, string>, Default: string): State => ({
  Type: "Choice",
  Choices: Object.entries(to).map(([StringEquals, Next]) => ({ Variable, StringEquals, Next })),
  Default,
});
