import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import middy from "@middy/core";
import * as z from "zod";
import type { Publish } from "../shared/events/bus.ts";
import type { Gateway } from "../shared/gateway/client.ts";
import { nextSteps, type Wait } from "../shared/profile/next.ts";
import { readTruth, type Truth } from "../shared/profile/status.ts";
import type { ProfileRecord } from "../shared/store/profile-record.ts";
import { dynamoRecords, type Records } from "../shared/store/records.ts";
import type { Vault } from "../shared/store/vault.ts";
import {
  once,
  readSettings,
  resource,
  type Sleep,
  sleep,
  type WorkflowOf,
  workflowsFromSettings,
} from "./environment.ts";
import { type ExecutionState, type Executions, STEP_FAULT } from "./executions.ts";
import { type CipherOf, type FetchFile, type GatewayOf, gatewaysFromSecret } from "./gateway/gateways.ts";
import type { Grant } from "./grants.ts";
import { createLog, faultName, type Log } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { noteCalls } from "./timeline/noted-calls.ts";

/** What every step has. */
export interface CommonDeps {
  records: Records;
  gatewayOf: GatewayOf;
  workflowOf: WorkflowOf;
  captureHosts: readonly string[];
  now: () => number;
  sleep: Sleep;
  log: Log;
  metrics: Metrics;
}

/** What only some steps touch. Each brings a client or a library with it, so a step takes what it names. */
export interface StepParts {
  vault: Vault;
  publish: Publish;
  /** Needed by every step that waits: it answers by its token. */
  executions: Executions;
  cipherOf: CipherOf;
  fetchFile: FetchFile;
}

/** What every step has, and the parts of these names. */
export type DepsWith<Part extends keyof StepParts = never> = CommonDeps & Pick<StepParts, Part>;
/** Everything that a step may touch. */
export type StepDeps = DepsWith<keyof StepParts>;

export type StepName = Wait | "Close" | "Purge";

/** One task of the state machine, and the parts that it touches. */
export interface Step<Part extends keyof StepParts = keyof StepParts> {
  name: StepName;
  file: string;
  grants: readonly Grant[];
  /** The state to go on with, or `null` when the step parked and will be resumed by its token. */
  run(state: ExecutionState, deps: DepsWith<Part>, taskToken: string): Promise<ExecutionState | null>;
}

/** What every step needs. */
export const stepGrants: readonly Grant[] = ["records:read", "records:write", "gateway:call"];

/** What a state passes to its step. Definitions of old releases pass it too, so it may only ask for less. */
export const stepEventSchema = z.object({
  task_token: z.string().optional(),
  input: z.object({
    account_id: z.string(),
    reference_id: z.string(),
    attempt: z.int(),
    next: z.enum(nextSteps).optional(),
    rounds: z.int().optional(),
    missed: z.int().optional(),
    reason: z.string().optional(),
    rule: z.string().optional(),
  }),
});

type StepEvent = z.output<typeof stepEventSchema>;
/** All that is wanted of an event that nobody can read. */
const tokenSchema = z.object({ task_token: z.string().optional() }).catch({});

/** What the logs of steps say they are of. */
const SERVICE = "onboarding";

/** A step was given up; its name is what Retry and Catch rules list. What went wrong is in the log, by name. */
export class StepFault extends Error {
  override readonly name = STEP_FAULT;
}

/**
 * The only place that knows how Step Functions calls a step. A step with a token answers by the token, faults
 * included, since a throw inside a callback step is reported differently from engine to engine. What cannot be answered
 * so, and every fault of the others, ends the invocation with a `StepFault`.
 */
export function toStepHandler<Part extends keyof StepParts>(step: Step<Part>, build: () => DepsWith<Part>) {
  const deps = once((): DepsWith<Part> & Partial<StepParts> => build());
  const run = async ({ task_token, input }: StepEvent): Promise<ExecutionState | undefined> => {
    const { executions } = deps();
    if (task_token && !executions) throw new Error("a step that waits was built without executions");
    const { deps: noting, tellRest } = noteCalls(deps(), step.name);
    const state = await step.run(input, noting, task_token ?? "").finally(() => tellRest(input));
    if (!task_token) return state ?? input;
    if (state) await executions?.resume(task_token, state);
    return undefined;
  };
  /** What there is to report a fault with: where the step could not be built, a log. */
  const reporting = (): Pick<CommonDeps, "log"> & Partial<Pick<StepDeps, "metrics" | "executions">> => {
    try {
      return deps();
    } catch {
      return { log: createLog(SERVICE) };
    }
  };
  return middy(async (event: unknown): Promise<ExecutionState | undefined> => {
    const { data, error: unreadable } = stepEventSchema.safeParse(event);
    try {
      if (!data) throw unreadable;
      return await run(data);
    } catch (error) {
      const { log, metrics, executions } = reporting();
      log.error("step failed", { state: step.name, fault: faultName(error), attempt: data?.input.attempt });
      metrics?.count("StepFailed", { state: step.name });
      const { task_token } = tokenSchema.parse(event);
      if (task_token && executions)
        try {
          await executions.fail(task_token);
          return undefined;
        } catch (unreported) {
          log.error("fault not reported", { state: step.name, fault: faultName(unreported) });
        }
      // Any other name than this might be one that no rule lists.
      throw new StepFault("the step failed; its log has the fault");
    }
  });
}

/** What every step has, on AWS; what it has beside it is in `aws-parts.ts`. */
export function commonDeps(): CommonDeps {
  const log = createLog(SERVICE);
  const settings = readSettings();
  const metrics = createMetrics(settings.stage);
  return {
    records: dynamoRecords(new DynamoDBClient({}), resource("records:write")),
    gatewayOf: gatewaysFromSecret(log, metrics),
    workflowOf: workflowsFromSettings(settings),
    captureHosts: settings.captureHosts,
    now: () => Date.now(),
    sleep,
    log,
    metrics,
  };
}

/** The record that the step works on. Throws when there is none: OpenCapture makes it. */
export async function recordOf(records: Records, state: ExecutionState): Promise<ProfileRecord> {
  const record = await records.find(state);
  if (!record) throw new Error("there is no record of this onboarding");
  return record;
}

/** Writes what a step found out. A try that Step Functions gave up throws here, and takes no later step's place. */
export async function settle(
  records: Records,
  record: ProfileRecord,
  fields: Parameters<Records["settle"]>[1],
): Promise<void> {
  if (!(await records.settle(record, fields))) throw new Error("another step was parked meanwhile");
}

/** A fresh look at the gateway (E5). */
export async function look(gateway: Gateway, profile_id: string): Promise<Truth> {
  return readTruth(await gateway.fetchStatus({ id: profile_id }));
}
