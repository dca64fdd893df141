import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { vi } from "vitest";
import { type Action, toHandler } from "../../functions/action.ts";
import type { ChangeDeps } from "../../functions/actions/gateway-call.ts";
import { actions as listed } from "../../functions/actions/index.ts";
import { identifyByKeys } from "../../functions/callers.ts";
import type { CreateDeps } from "../../functions/intake/create-at-once.ts";
import { takeMessage } from "../../functions/intake/intake.ts";
import type { LogFields } from "../../functions/log.ts";
import { authenticateBy, hashOfKey } from "../../functions/sandbox/accounts.ts";
import { readRequest } from "../../functions/sandbox/api.ts";
import { bookSlot, freeSlots } from "../../functions/sandbox/calls.ts";
import { handle } from "../../functions/sandbox/gateway.ts";
import type { HttpAnswer } from "../../functions/sandbox/http.ts";
import type { ReadHistory } from "../../functions/timeline/execution-lines.ts";
import { type IngestDeps, ingest } from "../../functions/webhooks/ingest.ts";
import { type Answer, refusals } from "../../shared/gateway/answers.ts";
import { type FetchInput, type Gateway, isPathId, type ProfileInput } from "../../shared/gateway/client.ts";
import { type EndpointName, endpoints } from "../../shared/gateway/endpoints.ts";
import { NotFound } from "../../shared/gateway/errors.ts";
import { judgeAnswer } from "../../shared/gateway/judge-answer.ts";
import type { ProfileStatusAnswer } from "../../shared/gateway/profile.ts";
import { workflowFor } from "../../shared/profile/workflow.ts";
import { recordsOver } from "../../shared/store/records.ts";
import type { CachedSecret } from "../../shared/store/secret-cache.ts";
import { noSubject, type State, type Subject, states } from "../contract/contract-case.ts";
import { selfieRecapture } from "../contract/requests.ts";
import { recordedMetrics } from "../functions/metrics/recorded-metrics.ts";
import { ACCOUNT, OTHER_ACCOUNT, VirtualSandbox } from "../functions/sandbox/virtual-sandbox.ts";
import { MemoryTable } from "../shared/store/memory-table.ts";
import { MemoryVault } from "../shared/store/memory-vault.ts";
import { limitedTable, limitSandbox } from "./limits.ts";

export const keyOf = (account: string): string => `key of ${account}`;
const accounts = [ACCOUNT, OTHER_ACCOUNT];
/** A secret that nobody changes. */
const fixed = <Value>(value: Value): CachedSecret<Value> => ({
  get: async () => value,
  refresh: async () => value,
});
const hashKey = Buffer.alloc(32, 7).toString("base64");

/** Everything that any function may touch. */
type Deps = CreateDeps &
  ChangeDeps &
  Omit<IngestDeps, "ownerOf"> & {
    readHistory: ReadHistory;
    captureHosts: readonly string[];
    newId: () => string;
  };

const folder = new URL("../../functions/actions/", import.meta.url);

/** Every action that asks for credentials, by its name. */
export const actions = new Map<string, Action<Deps>>();
for (const [name, { file, serves }] of Object.entries(listed))
  if (serves) actions.set(name, (await import(new URL(`${file}.ts`, folder).href))[name]);

export const actionNamed = (name: string): Action<Deps> => {
  const action = actions.get(name);
  if (!action) throw new Error(`there is no action ${name}`);
  return action;
};

/** What a profile of each state plays until everybody has come to the place where the states part. */
const scriptOf: Record<State, string> = {
  capture_pending: "cancelled-by-caller",
  booked: "by-hand",
  review_required: "review-approve",
  recapture_pending: "review-approve",
  completed: "straight-through",
  cancelled: "cancelled-by-caller",
  purged: "straight-through",
};

export interface ApiAnswer extends Answer {
  /** Its headers, as text. */
  head: string;
}

/** Everything that is kept anywhere, by name and key. */
export type Kept = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/**
 * The handlers of our API, ingestion and intake over stores in memory, and behind them the sandbox's own logic as the
 * gateway. The stores have the limits of the real ones.
 */
export class CloudInMemory {
  readonly virtual = new VirtualSandbox();
  readonly table = new MemoryTable();
  readonly vault = new MemoryVault();
  /** Everything told to others: events, executions. */
  readonly told = new Map<string, unknown>();
  /** Every log line of anybody. */
  readonly logged: string[] = [];
  /** Profiles of the first account, by the state that they are in. */
  readonly subjects = Object.fromEntries(states.map((state) => [state, noSubject])) as Record<State, Subject>;
  /** A profile of the other account. */
  stranger = noSubject;
  readonly deps: Deps;
  readonly #handlers: ReadonlyMap<string, ReturnType<typeof toHandler>>;

  constructor() {
    const { virtual, logged } = this;
    limitSandbox(virtual);
    const write = (message: string, fields: LogFields = {}) => {
      logged.push(JSON.stringify({ message, ...fields }));
    };
    // The logger has a console of its own but in development.
    vi.stubEnv("POWERTOOLS_DEV", "true");
    for (const level of ["debug", "info", "log", "warn", "error"] as const)
      vi.spyOn(console, level).mockImplementation((...line) => {
        logged.push(line.map(String).join(" "));
      });
    virtual.sandbox.log = (event) => {
      logged.push(JSON.stringify(event));
    };
    const tell = (what: string, detail: unknown) => this.told.set(`${this.told.size}`, { what, detail });
    const { clock } = virtual.sandbox;
    const metrics = recordedMetrics();
    this.deps = {
      records: recordsOver(limitedTable(this.table)),
      vault: this.vault,
      gatewayOf: async (account) => this.#lineOf(account),
      publish: async (type, detail) => {
        tell(type, detail);
      },
      executions: {
        arnOf: (execution) => `arn:of:${execution}`,
        start: async (claim) => {
          tell("start", claim);
          return `arn:of:${claim.execution}`;
        },
        look: async () => "runs",
        resume: async () => true,
        isWaitedFor: async () => true,
        fail: async () => {},
      },
      readHistory: async () => null,
      captureHosts: ["example.com"],
      newId: randomUUID,
      workflowOf: (config_id) => workflowFor([], config_id),
      cipherOf: (account) => virtual.cipherOf(account),
      now: clock.now,
      sleep: clock.sleep,
      log: { info: write, warn: write, error: write },
      metrics,
    };
    const callers = accounts.map((accountId) => ({ accountId, keyHashes: [hashOfKey(keyOf(accountId))] }));
    const identify = identifyByKeys(fixed({ hashKey, callers }));
    virtual.sandbox.authenticate = authenticateBy(
      fixed({
        accounts: accounts.map((accountId) => ({
          accountId,
          apiKeyHash: hashOfKey(keyOf(accountId)),
          contentKeys: [],
        })),
      }),
    );
    this.#handlers = new Map(
      [...actions].map(([name, action]) => [
        name,
        toHandler(
          action,
          () => this.deps,
          () => identify,
          () => metrics,
        ),
      ]),
    );
  }

  /** With a profile in every state, each of them an onboarding of ours. */
  static async withSubjects(): Promise<CloudInMemory> {
    const cloud = new CloudInMemory();
    const { virtual, subjects } = cloud;
    const created = async (state: State, account: string): Promise<Subject> => {
      const reference_id = `order-${state}-${account.length}`;
      const config_id = `package-${scriptOf[state]}`;
      const { body } = await cloud.ask("createProfileSync", {
        headers: { "api-key": keyOf(account), "account-id": account },
        body: JSON.stringify({ reference_id, config: { id: config_id } }),
      });
      return { ...(body as Subject), reference_id, config_id, purged_at: null };
    };
    for (const state of states) subjects[state] = await created(state, ACCOUNT);
    cloud.stranger = await created("capture_pending", OTHER_ACCOUNT);
    await virtual.pass(8);
    const [slot] = await freeSlots(virtual.sandbox, subjects.booked.profile_id);
    await bookSlot(virtual.sandbox, subjects.booked.profile_id, slot?.start_time ?? "");
    const move = async (state: State, name: string, body?: unknown) => {
      const { status } = await cloud.ask(name, {
        pathParameters: { id: subjects[state].profile_id },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (status !== 200) throw new Error(`${name} was answered ${status}`);
    };
    await move("recapture_pending", "submitRecapture", selfieRecapture);
    await move("cancelled", "cancelProfile");
    await move("purged", "purgeProfile");
    for (const state of states) {
      const { status } = virtual.store.profiles.get(subjects[state].profile_id)?.state ?? {};
      if (status !== (state === "booked" ? "capture_pending" : state))
        throw new Error(`the profile for ${state} is ${status}`);
    }
    virtual.queue.length = 0;
    return cloud;
  }

  /** One request to our API as its HTTP API hands it on; with the first account's credentials unless it has others. */
  async ask(name: string, event: Partial<APIGatewayProxyEventV2>): Promise<ApiAnswer> {
    const headers = { "api-key": keyOf(ACCOUNT), "account-id": ACCOUNT };
    const handler = this.#handlers.get(name);
    if (!handler) throw new Error(`there is no action ${name}`);
    const result = await handler({ headers, ...event } as APIGatewayProxyEventV2, {} as Context);
    const { statusCode = 0, body = "null" } = result;
    return { status: statusCode, body: JSON.parse(body), head: JSON.stringify(result.headers) };
  }

  take(message: string): Promise<void> {
    return takeMessage(message, {
      ...this.deps,
      hashKeyFor: async (account) => (accounts.includes(account) ? hashKey : null),
    });
  }

  /** A webhook; the first account's token is `token`. */
  ingest(slot: string, token: string, body: Buffer): Promise<Answer> {
    return ingest(slot, token, body, {
      ...this.deps,
      ownerOf: async (_slot, given) => (given === "token" ? ACCOUNT : null),
    });
  }

  /** One request to the sandbox as its HTTP API hands it on. */
  askSandbox(event: Partial<APIGatewayProxyEventV2> & { method: string }): Promise<HttpAnswer> {
    return handle(this.virtual.sandbox, readRequest(sandboxEvent(event)));
  }

  /** What is kept at this moment. */
  kept(): Kept {
    return new Map(Object.entries(this.#maps()).map(([name, map]) => [name, new Map(map)]));
  }

  /** Where something was written since: names and keys. */
  writtenSince(before: Kept): string[] {
    return Object.entries(this.#maps()).flatMap(([name, map]) => {
      const old = before.get(name) ?? new Map();
      const keys = map.size === old.size ? map.keys() : new Set([...old.keys(), ...map.keys()]);
      const written: string[] = [];
      for (const key of keys) {
        const [one, other] = [old.get(key), map.get(key)];
        if (one !== other && !isDeepStrictEqual(one, other)) written.push(`${name} ${key}`);
      }
      return written;
    });
  }

  /** Puts everything back, and forgets the log. */
  restore(before: Kept): void {
    for (const [name, map] of Object.entries(this.#maps())) {
      map.clear();
      for (const [key, value] of before.get(name) ?? []) map.set(key, value);
    }
    this.virtual.queue.length = 0;
    this.logged.length = 0;
  }

  #maps(): Record<string, Map<string, unknown>> {
    const { table, vault, told, virtual } = this;
    const queue = new Map(virtual.queue.map((job, index) => [String(index), job as unknown]));
    const stores = Object.entries(virtual.store).filter(([, value]) => value instanceof Map);
    return {
      table: table.items,
      vault: vault.objects,
      told,
      queue,
      ...(Object.fromEntries(stores) as Record<string, Map<string, unknown>>),
    };
  }

  /** The gateway as an account of ours has it: the client's own judgement over the sandbox's own answers. */
  #lineOf(account: string): Gateway {
    const call =
      (name: EndpointName) =>
      async ({ id = "", query_type, status_only = false, body }: Partial<ProfileInput & FetchInput>) => {
        if (endpoints[name].path.includes("{id}") && !isPathId({ id, query_type }))
          throw new NotFound("no profile can have this id", 404, refusals.unknownProfile().body);
        const answer = await this.askSandbox({
          method: endpoints[name].method,
          headers: { "api-key": keyOf(account), "account-id": account },
          rawPath: endpoints[name].path.replace("{id}", () => id),
          rawQueryString: new URLSearchParams({
            ...(query_type && { query_type }),
            ...(status_only && { status_only: "true" }),
          }).toString(),
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        const bytes = Buffer.from(answer.body);
        return judgeAnswer(name, status_only, { status: answer.status, bytes, retryAfter: undefined });
      };
    const methods = Object.fromEntries(
      (Object.keys(endpoints) as EndpointName[]).map((name) => [name, call(name)]),
    ) as unknown as Gateway;
    return {
      ...methods,
      fetchStatus: async (input) =>
        (await methods.fetchProfile({ ...input, status_only: true })).body as ProfileStatusAnswer,
      close() {},
    };
  }
}

/** An event of the sandbox's HTTP API. */
export const sandboxEvent = ({
  method,
  ...event
}: Partial<APIGatewayProxyEventV2> & { method: string }): APIGatewayProxyEventV2 =>
  ({
    rawPath: "/",
    rawQueryString: "",
    headers: {},
    isBase64Encoded: false,
    ...event,
    requestContext: { stage: "$default", domainName: "sandbox.example.com", http: { method } },
  }) as unknown as APIGatewayProxyEventV2;
