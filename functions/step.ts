import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { S3Client } from "@aws-sdk/client-s3";
import middy from "@middy/core";
import * as z from "zod";
import { type Publish, publishOn } from "../shared/events/bus.ts";
import type { Gateway } from "../shared/gateway/client.ts";
import { nextSteps, type Wait } from "../shared/profile/next.ts";
import { readTruth, type Truth } from "../shared/profile/status.ts";
import { dynamoRecords, type ProfileRecord, type Records } from "../shared/store/records.ts";
import { s3Vault, type Vault } from "../shared/store/vault.ts";
import {
  late,
  once,
  readSettings,
  resource,
  type Sleep,
  sleep,
  type WorkflowOf,
  workflowsFromSettings,
} from "./environment.ts";
import { type ExecutionState, type Executions, STEP_FAULT, stepFunctions } from "./executions.ts";
import {
  type CipherOf,
  ciphersFromSecret,
  type FetchFile,
  filesFromSources,
  type GatewayOf,
  gatewaysFromSecret,
} from "./gateways.ts";
import type { Grant } from "./grants.ts";
import { createLog, faultName, type Log } from "./log.ts";

/** Everything that a step may touch. */
export interface StepDeps {
  records: Records;
  vault: Vault;
  gatewayOf: GatewayOf;
  publish: Publish;
  executions: Executions;
  workflowOf: WorkflowOf;
  cipherOf: CipherOf;
  captureHosts: readonly string[];
  fetchFile: FetchFile;
  now: () => number;
  sleep: Sleep;
  log: Log;
}

export type StepName = Wait | "CreateProfile" | "Complete" | "Close" | "Purge";

/** One task of the state machine. */
export interface Step {
  name: StepName;
  file: string;
  grants: readonly Grant[];
  /** The state to go on with, or `null` when the step parked and will be resumed by its token. */
  run(state: ExecutionState, deps: StepDeps, taskToken: string): Promise<ExecutionState | null>;
}

/** What every step needs. */
export const stepGrants: readonly Grant[] = ["records:read", "records:write", "gateway:call"];

const eventSchema = z.object({
  task_token: z.string().optional(),
  input: z.object({
    account_id: z.string(),
    reference_id: z.string(),
    attempt: z.int(),
    next: z.enum(nextSteps).optional(),
    rounds: z.int().optional(),
    missed: z.int().optional(),
    reason: z.string().optional(),
  }),
});

/** A step was given up; its name is what Retry and Catch rules list. What went wrong is in the log, by name. */
export class StepFault extends Error {
  override readonly name = STEP_FAULT;
}

/**
 * The only place that knows how Step Functions calls a step. A step with a token answers by the token, faults
 * included, since a throw inside a callback step is reported differently from engine to engine.
 */
export function toStepHandler(step: Step, build: () => StepDeps = awsStepDeps) {
  const deps = once(build);
  return middy(async (event: unknown): Promise<ExecutionState | undefined> => {
    const { task_token, input } = eventSchema.parse(event);
    const { log, executions } = deps();
    try {
      const state = await step.run(input, deps(), task_token ?? "");
      if (!task_token) return state ?? input;
      if (state) await executions.resume(task_token, state);
      return undefined;
    } catch (error) {
      log.error("step failed", { state: step.name, fault: faultName(error), attempt: input.attempt });
      if (!task_token) throw new StepFault("the step failed; its log has the fault");
      await executions.fail(task_token);
      return undefined;
    }
  });
}

function awsStepDeps(): StepDeps {
  const log = createLog("onboarding");
  const settings = readSettings();
  const publish = once(() => publishOn(new EventBridgeClient({}), resource("events:publish")));
  return {
    records: dynamoRecords(new DynamoDBClient({}), resource("records:write")),
    // The names of these are there for the steps with such a grant only.
    vault: late(() => s3Vault(new S3Client({}), resource("vault:read"))),
    gatewayOf: gatewaysFromSecret(log),
    publish: (type, detail) => publish()(type, detail),
    executions: late(() => stepFunctions(resource("executions:resume"))),
    workflowOf: workflowsFromSettings(settings),
    cipherOf: ciphersFromSecret(),
    captureHosts: settings.captureHosts,
    fetchFile: filesFromSources(settings),
    now: () => Date.now(),
    sleep,
    log,
  };
}

/** The record that the step works on. Throws when there is none: CreateProfile makes it. */
export async function recordOf(records: Records, state: ExecutionState): Promise<ProfileRecord> {
  const record = await records.find(state);
  if (!record) throw new Error("there is no record of this onboarding");
  return record;
}

/** A fresh look at the gateway (E5). */
export async function look(gateway: Gateway, profile_id: string): Promise<Truth> {
  return readTruth(await gateway.fetchStatus({ id: profile_id }));
}
