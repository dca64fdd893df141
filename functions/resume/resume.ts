import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import middy from "@middy/core";
import type { DynamoDBBatchResponse, DynamoDBStreamEvent, SQSEvent } from "aws-lambda";
import { NotFound } from "../../shared/gateway/errors.ts";
import { afterDeadline, type Next, nextCheckSeconds, nextStep } from "../../shared/profile/next.ts";
import type { Workflow } from "../../shared/profile/policy.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import { readTruth } from "../../shared/profile/status.ts";
import { parseOnboardingPk } from "../../shared/store/keys.ts";
import { dynamoRecords, type ProfileRecord, type Records } from "../../shared/store/records.ts";
import { once, resource, type WorkflowOf, workflowsFromSettings } from "../environment.ts";
import { type ExecutionState, type Executions, stepFunctions } from "../executions.ts";
import { type GatewayOf, gatewaysFromSecret } from "../gateways.ts";
import type { Grant } from "../grants.ts";
import { createLog, faultName, type Log } from "../log.ts";
import { type LookRequest, lookSchema, type SendLooks, sendLooksTo } from "../looks.ts";

export const grants: readonly Grant[] = [
  "records:read",
  "records:write",
  "gateway:call",
  "executions:resume",
  "looks:send",
];

export interface ResumeDeps {
  records: Records;
  gatewayOf: GatewayOf;
  executions: Executions;
  workflowOf: WorkflowOf;
  sendLooks: SendLooks;
  now: () => number;
  log: Log;
}

/** A gateway may be slow to show what it just announced: looked at again after so many seconds. */
const AGAIN_SECONDS = [5, 60];

/**
 * Looks at one parked profile and resumes it if there is news. The token is read before the look: whatever the
 * look says is then at least as new as the wait that the token belongs to, and a token works once.
 */
export async function lookAndResume(
  request: LookRequest,
  deps: ResumeDeps,
): Promise<"resumed" | "no-news" | "not-parked"> {
  const { records, executions, log, now } = deps;
  const record = await records.find(request);
  if (!record?.task_token || !record.state) return "not-parked";
  if (request.wait !== undefined && request.wait !== record.wait) return "not-parked";

  const workflow = deps.workflowOf(record.config_id);
  let status: ProfileStatus | null = null;
  try {
    const gateway = await deps.gatewayOf(record.account_id);
    status = readTruth(await gateway.fetchStatus({ id: record.profile_id })).status;
  } catch (error) {
    // Without an answer only a deadline moves it; a gateway that is down must not keep it in front of the others.
    if (!(error instanceof NotFound)) {
      await postpone(request, record, workflow, deps);
      throw error;
    }
  }
  const next = status ? afterLook(record, status, workflow.maxRounds, now()) : afterSilence(record, now());
  if (!status) log.warn("unknown status", { profile_id: record.profile_id, state: record.state });
  if (next) {
    const resumed = await executions.resume(record.task_token, stateOf(record, next));
    log.info(resumed ? "resumed" : "already resumed", {
      profile_id: record.profile_id,
      state: record.state,
      next,
      status,
      wait: record.wait,
    });
    if (resumed) return "resumed";
  }
  // Also after a resume that was lost or done before: the next check finds out.
  await postpone(request, record, workflow, deps);
  return "no-news";
}

/** A look, and the next one where a signal for this very wait brought no news yet. */
export async function takeLook(request: LookRequest, deps: ResumeDeps): Promise<void> {
  const outcome = await lookAndResume(request, deps);
  const again = request.again ?? 0;
  const delay = AGAIN_SECONDS[again];
  if (outcome === "no-news" && delay !== undefined && request.wait !== undefined)
    await deps.sendLooks([{ ...request, again: again + 1 }], delay);
}

/** Moves a check that is due, or was when this look was sent, to later: at doubling intervals, never past the deadline. */
async function postpone(
  { until }: LookRequest,
  record: ProfileRecord,
  workflow: Workflow,
  { records, now }: ResumeDeps,
): Promise<void> {
  if (record.due_at === null || (record.due_at > now() && record.due_at !== until)) return;
  const at = now() + nextCheckSeconds(workflow.firstCheckSeconds, record.checks + 1) * 1000;
  const deadline = record.deadline_at !== null && record.deadline_at > now() ? record.deadline_at : at;
  await records.postpone(record, Math.min(at, deadline));
}

/** Where a profile goes of which the gateway says nothing that we know: nowhere, until its deadline. */
const afterSilence = ({ state, status, deadline_at }: ProfileRecord, now: number): Next | null =>
  state && deadline_at !== null && deadline_at <= now ? afterDeadline(state, status) : null;

/** Where the profile goes, or `null` when this is no news for the wait. */
export function afterLook(
  record: ProfileRecord,
  status: ProfileStatus,
  maxRounds: number,
  now: number,
): Next | null {
  if (!record.state) return null;
  if (record.waits_for.includes(status)) return nextStep(status, record.rounds, maxRounds);
  return record.deadline_at !== null && record.deadline_at <= now
    ? afterDeadline(record.state, status)
    : null;
}

function stateOf(
  { account_id, reference_id, execution, rounds, missed, state, reason }: ProfileRecord,
  next: Next,
): ExecutionState {
  const attempt = Number(execution.slice(execution.lastIndexOf("-") + 1));
  const why = next === "attention" ? { reason: reason ?? `the ${state} deadline passed` } : {};
  return {
    account_id,
    reference_id,
    attempt,
    next,
    rounds,
    missed: state === "Attention" ? missed : 0,
    ...why,
  };
}

const awsDeps = once((): ResumeDeps => {
  const log = createLog("resume");
  return {
    records: dynamoRecords(new DynamoDBClient({}), resource("records:write")),
    gatewayOf: gatewaysFromSecret(log),
    executions: stepFunctions(resource("executions:resume")),
    workflowOf: workflowsFromSettings(),
    sendLooks: sendLooksTo(resource("looks:send")),
    now: () => Date.now(),
    log,
  };
});

/** Fed by the table's stream (a signal was raised on a parked profile) and by the look queue (something is due). */
export const handler = middy(
  async (event: DynamoDBStreamEvent | SQSEvent): Promise<DynamoDBBatchResponse> => {
    const failed: string[] = [];
    for (const record of event.Records) {
      const [id, request] = "messageId" in record ? fromQueue(record) : fromStream(record);
      if (!request) continue;
      try {
        await takeLook(request, awsDeps());
      } catch (error) {
        awsDeps().log.error("look failed", { fault: faultName(error) });
        failed.push(id);
      }
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  },
);

const fromQueue = ({ messageId, body }: SQSEvent["Records"][number]): [string, LookRequest | null] => [
  messageId,
  lookSchema.parse(JSON.parse(body)),
];

type StreamRecord = DynamoDBStreamEvent["Records"][number];

function fromStream({ dynamodb }: StreamRecord): [string, LookRequest | null] {
  const image = dynamodb?.NewImage;
  const key = parseOnboardingPk(image?.["pk"]?.S ?? "");
  return [dynamodb?.SequenceNumber ?? "", key && { ...key, wait: Number(image?.["wait"]?.N), again: 0 }];
}
