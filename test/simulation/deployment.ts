import { createHash } from "node:crypto";
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from "@aws-sdk/client-sfn";
import type { Context } from "aws-lambda";
import { answerFor, type Call } from "../../functions/action.ts";
import { actOnOnboarding } from "../../functions/actions/act-on-onboarding.ts";
import { cancelAppointment } from "../../functions/actions/cancel-appointment.ts";
import { cancelProfile } from "../../functions/actions/cancel-profile.ts";
import { completeProfile } from "../../functions/actions/complete-profile.ts";
import { createProfileAsync } from "../../functions/actions/create-profile-async.ts";
import { createProfileEncrypted } from "../../functions/actions/create-profile-encrypted.ts";
import { createProfileSync } from "../../functions/actions/create-profile-sync.ts";
import { fetchCaptureLink } from "../../functions/actions/fetch-capture-link.ts";
import { fetchDecision } from "../../functions/actions/fetch-decision.ts";
import { fetchOnboarding } from "../../functions/actions/fetch-onboarding.ts";
import { fetchProfile } from "../../functions/actions/fetch-profile.ts";
import { fetchProfileEncrypted } from "../../functions/actions/fetch-profile-encrypted.ts";
import { fetchRecaptureConfig } from "../../functions/actions/fetch-recapture-config.ts";
import { purgeProfile } from "../../functions/actions/purge-profile.ts";
import { startOnboarding } from "../../functions/actions/start-onboarding.ts";
import { submitRecapture } from "../../functions/actions/submit-recapture.ts";
import { updateProfileConfig } from "../../functions/actions/update-profile-config.ts";
import { stepFunctions } from "../../functions/executions.ts";
import { gatewaysFromSecret } from "../../functions/gateway/gateways.ts";
import { takeMessage } from "../../functions/intake/intake.ts";
import type { LogFields } from "../../functions/log.ts";
import type { LookRequest } from "../../functions/looks.ts";
import type { Metrics } from "../../functions/metrics/metrics.ts";
import { takeLook } from "../../functions/resume/resume.ts";
import { type StepDeps, type StepName, toStepHandler } from "../../functions/step.ts";
import { steps } from "../../functions/steps/index.ts";
import { sweep } from "../../functions/sweep/sweep.ts";
import { historyFrom } from "../../functions/timeline/execution-lines.ts";
import { ingest } from "../../functions/webhooks/ingest.ts";
import type { EventDetail, EventType } from "../../shared/events/published.ts";
import type { Answer } from "../../shared/gateway/answers.ts";
import { NotFound } from "../../shared/gateway/errors.ts";
import type { Workflow } from "../../shared/profile/policy.ts";
import { type Announced, type ProfileStatus, readTruth } from "../../shared/profile/status.ts";
import { workflowFor } from "../../shared/profile/workflow.ts";
import { type OnboardingKey, parseOnboardingPk } from "../../shared/store/keys.ts";
import { recordsOver } from "../../shared/store/records.ts";
import { cacheSecret } from "../../shared/store/secret-cache.ts";
import { gatewaySecretSchema } from "../../shared/store/secrets.ts";
import type { Table } from "../../shared/store/table.ts";
import { MemoryTable, type TableChange } from "../shared/store/memory-table.ts";
import { MemoryVault } from "../shared/store/memory-vault.ts";
import type { Definition } from "../workflow/definition.ts";
import type { Faults } from "./faults.ts";
import { type Failure, type Invocation, invoke, type Outcome } from "./functions.ts";
import { gatewayLine } from "./gateway-line.ts";
import { type Provider, pretendCipher } from "./provider.ts";
import { StateMachine } from "./state-machine.ts";
import type { World } from "./world.ts";

const FUNCTION_TIMEOUT_MS = 60_000;
const API_TIMEOUT_MS = 29_000;
const WEBHOOK_TIMEOUT_MS = 10_000;
/** As the stacks configure them. */
const LOOK_VISIBILITY_MS = 360_000;
const LOOK_RECEIVES = 5;
const STREAM_RETRIES = 10;
const HASH_KEY = Buffer.alloc(32, 7).toString("base64");

/** The code that is deployed. A planted defect is this with something exchanged. */
export const product = { ingest, takeLook, sweep, takeMessage, steps };
export type Product = typeof product;

/** Everything of a defect that is not a function of ours: what lies around one. */
export interface Wrapping {
  table?: (table: Table) => Table;
  vault?: (vault: MemoryVault) => MemoryVault;
  executions?: (executions: StepDeps["executions"]) => StepDeps["executions"];
  gateway?: (gateway: ReturnType<typeof gatewayLine>) => ReturnType<typeof gatewayLine>;
}

/** What a change is about. */
export interface ChangeInput {
  id: string;
  body?: unknown;
}

export const actions = {
  startOnboarding,
  createProfileSync,
  createProfileAsync,
  createProfileEncrypted,
  fetchOnboarding,
  fetchDecision,
  fetchProfile,
  fetchProfileEncrypted,
  fetchCaptureLink,
  fetchRecaptureConfig,
  cancelProfile,
  completeProfile,
  submitRecapture,
  purgeProfile,
  cancelAppointment,
  updateProfileConfig,
  actOnOnboarding,
};
export type ActionName = keyof typeof actions;

/** The orchestrator's functions with their event sources, in a cloud that exists in memory only. */
export class Deployment {
  readonly table = new MemoryTable();
  readonly vault = new MemoryVault();
  readonly machine: StateMachine;
  readonly published: { type: EventType; detail: EventDetail; at: number }[] = [];
  /** Every log line, as it would be written; metrics are such lines too. */
  readonly logged: string[] = [];
  /** What a queue or the stream gave up on. */
  readonly deadLetters: { what: string; at: number }[] = [];
  /** What each invocation that ended a wait had asked before. */
  readonly resumes: { by: string; calls: string[]; token: string; at: number }[] = [];
  /** Every invocation so far: it knows the kinds of requests that it made, and how long it slept. */
  readonly invocations: { by: string; invocation: Invocation }[] = [];
  /** Changes at the gateway, each with what its invocation had asked before. */
  readonly changes: { name: string; by: string; calls: string[]; at: number; input: ChangeInput }[] = [];
  /** How often the sweeper runs. */
  sweepMs = 60_000;
  /** Looks that the sweeper asked for, and all that went through the queue. */
  dueLooks = 0;
  queuedLooks = 0;
  workflows: Workflow[];
  onTableChange: (change: TableChange) => void = () => {};
  /** Told when a step of the state machine is invoked. */
  onStep: (name: StepName, of: OnboardingKey) => unknown = () => {};
  /** Told before anything of an onboarding is erased from the vault. */
  onErase: (key: OnboardingKey) => void = () => {};
  onChange: (name: string, input: ChangeInput) => void = () => undefined;
  onPublished: (type: EventType, detail: EventDetail, by: string) => void = () => {};
  /** Told of every webhook and every request to our API as they arrive, and of what each look at a wait finds. */
  onWebhook: (slot: string, body: string) => void = () => {};
  onRequest: (name: ActionName | "queue", request: Partial<Call> & { account_id: string }) => void = () => {};
  onLook: (profile_id: string, found: ProfileStatus | null, isKnown: boolean) => void = () => {};
  readonly #world: World;
  readonly #faults: Faults;
  readonly #provider: Provider;
  readonly #product: Product;
  readonly #wrapping: Wrapping;
  readonly #accounts: ReturnType<typeof cacheSecret<typeof gatewaySecretSchema>>;
  readonly #streams = new Map<string, Promise<void>>();
  #acts = 0;
  #sweepAt = Number.POSITIVE_INFINITY;

  constructor(
    world: World,
    faults: Faults,
    provider: Provider,
    definition: Definition,
    workflows: Workflow[],
    { product: code = product, wrapping = {} }: { product?: Product; wrapping?: Wrapping } = {},
  ) {
    this.#world = world;
    this.#faults = faults;
    this.#provider = provider;
    this.#product = code;
    this.#wrapping = wrapping;
    this.workflows = workflows;
    this.machine = new StateMachine(world, definition, (functionName, payload) =>
      faults.strikes("function-given-up")
        ? Promise.race([this.#runStep(functionName, payload), this.#givenUp()])
        : this.#runStep(functionName, payload),
    );
    this.#accounts = cacheSecret(
      async () =>
        JSON.stringify({
          accounts: Object.fromEntries(
            [...provider.keys].map(([accountId, apiKey]) => [
              accountId,
              { baseUrl: "https://gateway.example.com", apiKey, accountId },
            ]),
          ),
        }),
      gatewaySecretSchema,
      () => world.now,
    );
    this.table.onChange = (change) => {
      this.onTableChange(change);
      this.#stream(change);
      this.#planSweep();
    };
  }

  /** A caller's request to our API; `null`: no answer came. */
  async call(name: ActionName, call: Partial<Call> & { account_id: string }): Promise<Answer | null> {
    this.onRequest(name, call);
    const action = actions[name];
    const outcome = await invoke(this.#world, this.#faults, API_TIMEOUT_MS, async (invocation) => {
      try {
        const whole: Call = {
          hashKey: HASH_KEY,
          id: "",
          query_type: undefined,
          status_only: false,
          query: undefined,
          body: undefined,
          ...call,
        };
        return await action.run(whole, this.#deps(invocation, `caller:${name}`) as never);
      } catch (error) {
        return answerFor(error, action.serves);
      }
    });
    return "value" in outcome ? outcome.value : null;
  }

  /** A message in the intake queue: tried again by the queue until it is taken or dead. */
  intake(account_id: string, request: unknown, attempt = 1): void {
    this.#world.after(this.#world.random.between(5, 500), async () => {
      this.onRequest("queue", { account_id, body: request });
      const outcome = await invoke(this.#world, this.#faults, FUNCTION_TIMEOUT_MS, (invocation) =>
        this.#product.takeMessage(JSON.stringify({ account_id, request }), {
          ...this.#deps(invocation, "intake"),
          hashKeyFor: async () => HASH_KEY,
        }),
      );
      if ("value" in outcome) return;
      if (attempt < LOOK_RECEIVES)
        this.#world.after(LOOK_VISIBILITY_MS, () => this.intake(account_id, request, attempt + 1));
      else this.deadLetters.push({ what: "intake", at: this.#world.now });
    });
  }

  /** The provider's webhook; `null`: no answer came. */
  async webhook(accountId: string, slot: string, body: string): Promise<number | null> {
    this.onWebhook(slot, body);
    const outcome = await invoke(this.#world, this.#faults, WEBHOOK_TIMEOUT_MS, (invocation) =>
      this.#product.ingest(slot, `token of ${accountId}`, Buffer.from(body), {
        ...this.#deps(invocation, "webhook"),
        ownerOf: async (_slot, token) => token.replace(/^token of /, ""),
      }),
    );
    if ("value" in outcome) return outcome.value.status;
    return "error" in outcome ? 500 : null;
  }

  /** Whether anything of ours will still happen by itself. */
  get isIdle(): boolean {
    return (
      this.machine.running.length === 0 &&
      ![...this.table.items.values()].some((item) => item["dueAt"] !== undefined)
    );
  }

  trace(): string {
    const played = [...this.machine.executions.values()].map(({ states, endedAt }) => [states, endedAt]);
    return createHash("sha256")
      .update(JSON.stringify([this.logged, this.published, played]))
      .digest("hex");
  }

  async #runStep(functionName: string, payload: unknown): Promise<Outcome<unknown>> {
    const step = this.#product.steps[functionName.split(":").at(-1) as keyof typeof steps];
    this.onStep(step.name, (payload as { input: OnboardingKey }).input);
    return invoke(this.#world, this.#faults, FUNCTION_TIMEOUT_MS, (invocation) =>
      toStepHandler(step, () => this.#deps(invocation, `step:${step.name}`))(payload as never, {} as Context),
    );
  }

  /** Step Functions takes a call for lost that goes on all the same, and makes it once more. */
  async #givenUp(): Promise<Outcome<unknown>> {
    await this.#world.sleep(this.#world.random.below(3_000));
    const error = new Error("no answer");
    error.name = "Lambda.SdkClientException";
    return { error };
  }

  /** Everything that any function may touch, as this invocation has it. */
  #deps(invocation: Invocation, by: string) {
    this.invocations.push({ by, invocation });
    const log = this.#log(by);
    const metrics = this.#metrics(by);
    const reads = new Set(["get", "query", "queryDue", "pageDue"]);
    const tableFailure = (method: string): Failure => {
      if (reads.has(method))
        return this.#faults.strikes("read-failed") ? { before: new Error("read failed") } : {};
      if (this.#faults.strikes("write-throttled")) return { before: new Error("throttled") };
      return this.#faults.strikes("write-answer-lost") ? { after: new Error("no answer") } : {};
    };
    const vaultFailure = (method: string): Failure => {
      if (method === "get")
        return this.#faults.strikes("read-failed") ? { before: new Error("read failed") } : {};
      return this.#faults.strikes("write-throttled") ? { before: new Error("slow down") } : {};
    };
    const wrap = this.#wrapping;
    const guarded = invocation.guard<Table>("table", withStaleIndex(this.table, this.#faults), tableFailure);
    const client = this.#client(invocation, by);
    const executions = stepFunctions("arn:aws:states:us-east-1:000000000000:stateMachine:onboarding", client);
    const connect = (account: { accountId: string; apiKey: string }) => {
      const line = gatewayLine(this.#world, this.#faults, this.#provider, invocation, account);
      const watched = this.#watchChanges(line, invocation, by);
      return wrap.gateway ? wrap.gateway(watched) : watched;
    };
    const kept = wrap.vault ? wrap.vault(this.vault) : this.vault;
    const vault: MemoryVault = {
      ...kept,
      erase: async (key) => {
        this.onErase(key);
        return kept.erase(key);
      },
    };
    return {
      records: recordsOver(wrap.table ? wrap.table(guarded) : guarded),
      vault: invocation.guard("vault", vault, vaultFailure),
      gatewayOf: gatewaysFromSecret(log, metrics, this.#accounts, connect as never),
      cipherOf: pretendCipher,
      publish: <Type extends EventType>(type: Type, detail: EventDetail<Type>): Promise<void> =>
        invocation.call(
          "publish",
          async () => {
            this.published.push({
              type,
              detail: structuredClone(detail) as EventDetail,
              at: this.#world.now,
            });
            this.onPublished(type, detail as EventDetail, by);
          },
          this.#faults.strikes("event-refused") ? { before: new Error("refused") } : {},
        ),
      readHistory: historyFrom(client),
      executions: wrap.executions ? wrap.executions(executions) : executions,
      workflowOf: (config_id: string) => workflowFor(this.workflows, config_id),
      captureHosts: ["capture.example.com"],
      fetchFile: () =>
        invocation.call("document", async () => ({
          bytes: Buffer.from("a file"),
          content_type: "image/png",
        })),
      sendLooks: (looks: readonly LookRequest[], delaySeconds = 0) =>
        invocation.call("queue.send", async () => {
          if (by === "sweep") this.dueLooks += looks.length;
          this.queuedLooks += looks.length;
          for (const each of looks) this.#look({ ...each }, delaySeconds * 1000, 1);
        }),
      now: () => this.#world.now,
      sleep: (milliseconds: number) => invocation.sleep(milliseconds),
      newId: () => `act-${++this.#acts}`,
      log,
      metrics,
    };
  }

  #log(by: string) {
    const write = (message: string, fields: LogFields = {}) => {
      this.logged.push(JSON.stringify({ by, message, ...fields }));
    };
    return { info: write, warn: write, error: write };
  }

  #metrics(by: string): Metrics {
    return {
      count: (...emitted) => void this.logged.push(JSON.stringify({ by, emitted })),
      measure: (...emitted) => void this.logged.push(JSON.stringify({ by, emitted })),
    };
  }

  /** Notes what a function changes at the gateway, and what it had read by then. */
  #watchChanges(line: ReturnType<typeof gatewayLine>, invocation: Invocation, by: string) {
    const watch =
      <Input extends ChangeInput, Result>(name: string, change: (input: Input) => Result) =>
      (input: Input): Result => {
        this.changes.push({ name, by, calls: [...invocation.calls], at: this.#world.now, input });
        this.onChange(name, input);
        return change(input);
      };
    const looked = async (input: Parameters<typeof line.fetchStatus>[0]) => {
      try {
        const answer = await line.fetchStatus(input);
        this.onLook(input.id, readTruth(answer).status, true);
        return answer;
      } catch (error) {
        this.onLook(input.id, null, !(error instanceof NotFound));
        throw error;
      }
    };
    return {
      ...line,
      ...(by === "resume" && { fetchStatus: looked }),
      cancelProfile: watch("cancelProfile", line.cancelProfile),
      completeProfile: watch("completeProfile", line.completeProfile),
      submitRecapture: watch("submitRecapture", line.submitRecapture),
      purgeProfile: watch("purgeProfile", line.purgeProfile),
    };
  }

  /** Step Functions as its SDK client is used. */
  #client(invocation: Invocation, by: string): SFNClient {
    const answerTask = (token: string, answer: { output: unknown } | { error: string }) => {
      const ambiguous = this.#faults.strikes("send-task-ambiguous");
      const after = ambiguous ? { after: new Error("no answer") } : {};
      return invocation.call(
        "executions.answer",
        async () => {
          const calls = [...invocation.calls];
          if (!this.machine.answer(token, answer))
            throw new TaskDoesNotExist({ message: "no such task", $metadata: {} });
          this.resumes.push({ by, calls, token, at: this.#world.now });
        },
        after,
      );
    };
    const send = async (command: unknown) => {
      if (command instanceof StartExecutionCommand) {
        const { name = "", input = "" } = command.input;
        return invocation.call("executions.start", async () => {
          if (!this.machine.start(name, input))
            throw new ExecutionAlreadyExists({ message: "taken", $metadata: {} });
          return {};
        });
      }
      if (command instanceof GetExecutionHistoryCommand)
        return invocation.call("executions.history", async () => {
          const name = command.input.executionArn?.split(":").at(-1) ?? "";
          const execution = this.machine.executions.get(name);
          if (!execution) throw new ExecutionDoesNotExist({ message: "no such execution", $metadata: {} });
          return { events: structuredClone(execution.history) };
        });
      if (command instanceof DescribeExecutionCommand) {
        const name = command.input.executionArn?.split(":").at(-1) ?? "";
        return invocation.call("executions.look", async () => {
          const { status } = this.machine.executions.get(name) ?? {};
          if (!status) throw new ExecutionDoesNotExist({ message: "no such execution", $metadata: {} });
          return { status };
        });
      }
      if (command instanceof SendTaskSuccessCommand)
        return answerTask(command.input.taskToken ?? "", {
          output: JSON.parse(command.input.output ?? "null"),
        });
      if (command instanceof SendTaskFailureCommand)
        return answerTask(command.input.taskToken ?? "", { error: command.input.error ?? "" });
      if (command instanceof SendTaskHeartbeatCommand)
        return invocation.call("executions.heartbeat", async () => {
          if (!this.machine.isWaitedFor(command.input.taskToken ?? ""))
            throw new TaskTimedOut({ message: "no such task", $metadata: {} });
        });
      throw new Error("an unknown command");
    };
    return { send } as unknown as SFNClient;
  }

  /** The table's stream: changes of one item in their order, each tried a number of times. */
  #stream({ kind, image }: TableChange): void {
    if (
      kind !== "MODIFY" ||
      image["sk"] !== "profile" ||
      image["last_write"] !== "signal" ||
      image["dueShard"] === undefined
    )
      return;
    const pk = String(image["pk"]);
    const key = parseOnboardingPk(pk);
    if (!key) return;
    const before = this.#streams.get(pk) ?? Promise.resolve();
    const run = async () => {
      await before;
      for (let attempt = 0; attempt <= STREAM_RETRIES; attempt++) {
        await this.#world.sleep(this.#world.random.between(20, 400) + attempt * 1_000);
        const said = image["said"] as Announced | undefined;
        const request = { ...key, wait: Number(image["wait"]), again: 0, ...(said && { said }) };
        if ("value" in (await this.#runLook(request))) return;
      }
      this.deadLetters.push({ what: "signal", at: this.#world.now });
    };
    this.#streams.set(pk, run());
  }

  #look(request: LookRequest, delayMs: number, attempt: number): void {
    const copies = attempt === 1 && this.#faults.strikes("queue-duplicated") ? 2 : 1;
    for (let copy = 0; copy < copies; copy++)
      this.#world.after(delayMs + this.#world.random.between(5, 300), async () => {
        if ("value" in (await this.#runLook(request))) return;
        if (attempt < LOOK_RECEIVES) this.#look(request, LOOK_VISIBILITY_MS, attempt + 1);
        else this.deadLetters.push({ what: "look", at: this.#world.now });
      });
  }

  #runLook(request: LookRequest): Promise<Outcome<void>> {
    return invoke(this.#world, this.#faults, FUNCTION_TIMEOUT_MS, (invocation) =>
      this.#product.takeLook(request, this.#deps(invocation, "resume")),
    );
  }

  /** The schedule runs every so often; a run that would find nothing due is left out. */
  #planSweep(): void {
    let due = Number.POSITIVE_INFINITY;
    for (const item of this.table.items.values())
      if (item["dueAt"] !== undefined) due = Math.min(due, Number(item["dueAt"]));
    if (due === Number.POSITIVE_INFINITY) return;
    const { sweepMs } = this;
    const at = Math.max(Math.ceil(due / sweepMs), Math.floor(this.#world.now / sweepMs) + 1) * sweepMs;
    if (at >= this.#sweepAt) return;
    this.#sweepAt = at;
    this.#world.after(at - this.#world.now, async () => {
      if (this.#sweepAt !== at) return;
      this.#sweepAt = Number.POSITIVE_INFINITY;
      if (!this.#faults.strikes("sweep-skipped"))
        await invoke(this.#world, this.#faults, FUNCTION_TIMEOUT_MS, (invocation) =>
          this.#product.sweep(this.#deps(invocation, "sweep")),
        );
      this.#planSweep();
    });
  }
}

/** An index may lag behind its table. */
const withStaleIndex = (table: MemoryTable, faults: Faults): Table => ({
  ...table,
  queryDue: async (shard, now, limit) => {
    const found = await table.queryDue(shard, now, limit);
    return faults.strikes("index-stale") ? found.slice(1) : found;
  },
});
