import { setImmediate } from "node:timers/promises";
import { vi } from "vitest";
import type { Call } from "../../functions/action.ts";
import { claimReference } from "../../functions/intake/claim.ts";
import { recordCreated } from "../../functions/intake/record-created.ts";
import type { StepDeps } from "../../functions/step.ts";
import type { EventType } from "../../shared/events/published.ts";
import type { Answer } from "../../shared/gateway/answers.ts";
import type { FetchInput, Gateway, GatewayInput } from "../../shared/gateway/client.ts";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { createContentCipher } from "../../shared/gateway/encryption.ts";
import { type EndpointName, endpoints } from "../../shared/gateway/endpoints.ts";
import { judgeAnswer } from "../../shared/gateway/judge-answer.ts";
import type { FullProfile } from "../../shared/gateway/profile.ts";
import { workflowFor } from "../../shared/profile/workflow.ts";
import type { Claim } from "../../shared/store/claims.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import { recordsOver } from "../../shared/store/records.ts";
import { MemoryTable } from "../shared/store/memory-table.ts";
import { MemoryVault } from "../shared/store/memory-vault.ts";
import { recordedMetrics } from "./metrics/recorded-metrics.ts";

export const key = { account_id: "acme/1", reference_id: "order-7" };
export const profile_id = "00000000-0000-4000-8000-000000000007";
/** What the gateway calls the one profile. */
export const ids = { reference_id: key.reference_id, profile_id };
export const request: CreateRequest = {
  reference_id: key.reference_id,
  config: { id: "config-example" },
  data: { company_name: "Example Company" },
};
/** Input of a step of the first attempt. */
export const state = { ...key, attempt: 1 };
export const hashKey = Buffer.alloc(32, 7).toString("base64");
export const START = Date.parse("2026-01-05T09:00:00.000Z");

/** E5's answer (contract §4.4). */
export const statusAnswer = (status: string, reviewer_action: string | null = null): Answer => ({
  status: 200,
  body: { ...ids, status, status_detail: null, reviewer_action },
});

/** E3's, of a customer who gave nothing but a name (contract §4.1). */
export const fullProfile = (status: string, reviewer_action: string | null = null): FullProfile => ({
  ...ids,
  config: { id: request.config.id },
  status,
  status_detail: null,
  reviewer_action,
  profile_data: { created_at: "2026-01-05T09:00:00Z" },
  resources: {
    documents: [],
    images: [],
    videos: [],
    text: [
      { ref_id: "t", type: null, attr: "name", source: 1, value: "Example-Name", tags: null, metadata: {} },
    ],
  },
  tasks: [{ task_id: "1", key: "example" }],
  schema_version: "1.0.0",
});

/** A caller's request for an action. */
export const callOf = (call: Partial<Call>): Call => ({
  account_id: key.account_id,
  hashKey,
  id: profile_id,
  query_type: undefined,
  status_only: false,
  query: undefined,
  body: undefined,
  ...call,
});

/** What the gateway answers, by endpoint; E5 is `fetchProfile` with `status_only`. Throw what the network throws. */
export type Answers = {
  [Name in EndpointName]?: (input: GatewayInput<Name>) => Answer | Promise<Answer>;
};

/**
 * All that a step, an intake or an action works with: the real code over stores in memory. The gateway is a script
 * of answers, which the client's own judgement turns into what it throws; what has no answer must not be asked.
 */
export function onboardingInMemory(answers: Answers = {}) {
  const clock = { now: START };
  const table = new MemoryTable();
  const vault = new MemoryVault();
  const records = recordsOver(table);
  const metrics = recordedMetrics();
  const published: { type: EventType; detail: Record<string, unknown> }[] = [];
  /** The methods of the gateway that were called, in order; E5 as `fetchStatus`. */
  const asked: (keyof Gateway)[] = [];

  const call = async (name: EndpointName, input: object): Promise<Answer> => {
    const { status_only = false } = input as Partial<FetchInput>;
    asked.push(status_only ? "fetchStatus" : name);
    const answer = answers[name] as ((input: object) => Answer | Promise<Answer>) | undefined;
    if (!answer) throw new Error(`nobody should have asked for ${name}`);
    const { status, body } = await answer(input);
    return judgeAnswer(name, status_only, {
      status,
      bytes: Buffer.from(JSON.stringify(body)),
      retryAfter: undefined,
    });
  };
  const gateway = {
    ...Object.fromEntries(
      Object.keys(endpoints).map((name) => [name, (input: object) => call(name as EndpointName, input)]),
    ),
    fetchStatus: async (input) => (await call("fetchProfile", { ...input, status_only: true })).body,
    close() {},
  } as Gateway;

  const contentKey = {
    kid: "key-1",
    cek: Buffer.alloc(32, 1).toString("base64"),
    encrypts_from: 0,
    retires_at: null,
  };
  const cipher = createContentCipher({ get: async () => [contentKey], refresh: async () => [contentKey] });
  const deps: StepDeps = {
    records,
    vault,
    gatewayOf: async () => gateway,
    publish: async (type, detail) => {
      published.push({ type, detail });
    },
    executions: {
      arnOf: (execution) => `arn:of:${execution}`,
      start: vi.fn(async (claim: Claim) => `arn:of:${claim.execution}`),
      look: vi.fn(async () => "runs" as const),
      resume: vi.fn(async () => true),
      isWaitedFor: vi.fn(async () => true),
      fail: vi.fn(async () => {}),
    },
    workflowOf: (config_id) => workflowFor([], config_id),
    cipherOf: () => cipher,
    captureHosts: [],
    fetchFile: async () => "host-not-allowed",
    now: () => clock.now,
    sleep: async (milliseconds) => {
      clock.now += milliseconds;
      await setImmediate();
    },
    log: { info() {}, warn() {}, error() {} },
    metrics,
  };

  const claimed = (mode: Claim["mode"] = "async", asking: CreateRequest = request): Promise<Claim> =>
    claimReference({ ...deps, hashKey }, key.account_id, asking, mode);
  return {
    clock,
    table,
    vault,
    records,
    gateway,
    cipher,
    deps,
    metrics,
    published,
    asked,
    /** The types of all that was published, and how many different `event_id`s they had. */
    told: () => ({
      types: published.map(({ type }) => type),
      events: new Set(published.map(({ detail }) => detail["event_id"])).size,
    }),
    claimed,
    /** An onboarding whose profile and record are there. */
    async created(mode: Claim["mode"] = "async"): Promise<Claim> {
      const claim = await claimed(mode);
      await records.bind(claim, profile_id, { at: clock.now, by: "create" });
      await recordCreated(records, claim, profile_id);
      return claim;
    },
    /** The record as it is now. */
    async record(): Promise<ProfileRecord> {
      const record = await records.find(key);
      if (!record) throw new Error("there is no record");
      return record;
    },
  };
}
