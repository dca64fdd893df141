import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import middy from "@middy/core";
import type { DynamoDBBatchResponse, DynamoDBStreamEvent, SQSEvent } from "aws-lambda";
import type { Publish } from "../../shared/events/bus.ts";
import { NotFound } from "../../shared/gateway/errors.ts";
import type { CaptureLink } from "../../shared/gateway/profile.ts";
import { lacksLink, nextLookAt } from "../../shared/profile/checks.ts";
import { afterDeadline, afterNews, type Next, type Wait } from "../../shared/profile/next.ts";
import { dueNotice, nextNoticeAt } from "../../shared/profile/notices.ts";
import { announcedSchema, type ProfileStatus, readTruth } from "../../shared/profile/status.ts";
import { parseOnboardingPk } from "../../shared/store/keys.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import { dynamoRecords, type Records } from "../../shared/store/records.ts";
import { withExecutions, withPublish } from "../aws-parts.ts";
import { once, readSettings, resource, type WorkflowOf, workflowsFromSettings } from "../environment.ts";
import { announceNotice } from "../events/announce-notice.ts";
import { attemptOf, type ExecutionState, type Executions } from "../executions.ts";
import { announceLink, fetchLink } from "../gateway/capture-link.ts";
import { type GatewayOf, gatewaysFromSecret } from "../gateway/gateways.ts";
import type { Grant } from "../grants.ts";
import { createLog, faultName, type Log } from "../log.ts";
import { type LookRequest, lookSchema, type SendLooks, sendLooksTo } from "../looks.ts";
import { type Metrics, metricsOfStage } from "../metrics/metrics.ts";

export const grants: readonly Grant[] = [
  "records:read",
  "records:history",
  "records:write",
  "gateway:call",
  "events:publish",
  "executions:resume",
  "executions:look",
  "looks:send",
];

export interface ResumeDeps {
  records: Records;
  gatewayOf: GatewayOf;
  publish: Publish;
  executions: Executions;
  workflowOf: WorkflowOf;
  captureHosts: readonly string[];
  sendLooks: SendLooks;
  now: () => number;
  log: Log;
  metrics: Metrics;
}

/** A gateway may be slow to show what it just announced: looked at again after so many seconds. */
const AGAIN_SECONDS = [5, 60];

/**
 * Looks at one parked profile and resumes it if there is news; `not-shown`: there is none yet, though the signal that
 * led here may have told of some. The token is read before the look: whatever the
 * look says is then at least as new as the wait that the token belongs to, and a token works once.
 */
export async function lookAndResume(
  request: LookRequest,
  deps: ResumeDeps,
): Promise<"resumed" | "not-shown" | "no-news" | "not-parked"> {
  const { records, executions, log, metrics, now } = deps;
  const record = await records.find(request);
  if (!record?.task_token || !record.state) return "not-parked";
  if (request.wait !== undefined && request.wait !== record.wait) return "not-parked";

  const workflow = deps.workflowOf(record.config_id);
  let status: ProfileStatus | null = null;
  let link: CaptureLink | "refused" | null = null;
  let why: "new-word" | "no-profile" = "new-word";
  try {
    const gateway = await deps.gatewayOf(record.account_id);
    status = readTruth(await gateway.fetchStatus({ id: record.profile_id })).status;
    if (status === "capture_pending" && lacksLink(record))
      link = await fetchLink(gateway, record.profile_id, deps);
  } catch (error) {
    // Without an answer only a deadline moves it; a gateway that is down must not keep it in front of the others.
    if (!(error instanceof NotFound)) {
      await postpone(request, record, null, {}, deps);
      throw error;
    }
    why = "no-profile";
  }
  let next = status ? afterLook(record, status, workflow.maxRounds, now()) : afterSilence(record, now());
  // A link that no customer may be sent to is a fault of its step, and in the end a person's matter.
  if (link === "refused") next ??= "open";
  if (!status) {
    log.warn("unknown status", { profile_id: record.profile_id, state: record.state, kind: why });
    metrics.count("UnknownStatus", { why });
  }
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
    if (await isGone(record, deps)) {
      log.warn("token is spent", { profile_id: record.profile_id, state: record.state, wait: record.wait });
      metrics.count("TokenSpent");
      const gone = { kind: "ExecutionGone", by: "sweeper", detail: { state: record.state } } as const;
      await records.record(record, `gone#${record.execution}`, { at: now(), ...gone });
    }
  }
  const found = link === "refused" ? null : link;
  const told = next ? {} : await tellWhatIsDue(record, status, found, deps);
  // Also after a resume that was lost or done before: the next check finds out.
  await postpone(request, record, status, told, deps);
  // Where there was news, whoever was faster with it is at work.
  return !next && !found && mayCome(request, record) ? "not-shown" : "no-news";
}

/** Whether a signal told, or may have told, of something that the wait waits for. */
const mayCome = ({ wait, said }: LookRequest, record: ProfileRecord): boolean =>
  wait !== undefined &&
  (!said ||
    record.waits_for.some((status) => status === said) ||
    (said === "capture_pending" && lacksLink(record)));

/** A token is spent by whoever was faster. If nobody was, its execution is gone, and only a restart helps. */
async function isGone(record: ProfileRecord, { executions, records }: ResumeDeps): Promise<boolean> {
  if ((await executions.look(record.execution)) === "runs") return false;
  return (await records.find(record))?.task_token === record.task_token;
}

/** A look, and the next one where it does not show yet what a signal told of. */
export async function takeLook(request: LookRequest, deps: ResumeDeps): Promise<void> {
  const outcome = await lookAndResume(request, deps);
  const again = request.again ?? 0;
  const delay = AGAIN_SECONDS[again];
  if (outcome === "not-shown" && delay !== undefined)
    await deps.sendLooks([{ ...request, again: again + 1 }], delay);
}

/** What of a parked record changes with what was told of it. */
type Told = Partial<
  Pick<ProfileRecord, "status" | "link_ready" | "parked_at" | "checks" | "reminders" | "past_slot">
>;

/** Announces a link that was found, and every notice that is due and, by this look, still owed. What is to be noted of that. */
async function tellWhatIsDue(
  record: ProfileRecord,
  status: ProfileStatus | null,
  link: CaptureLink | null,
  deps: ResumeDeps,
): Promise<Told> {
  const workflow = deps.workflowOf(record.config_id);
  let told: Told = {};
  if (link) {
    await announceLink(deps, record, link);
    // From here on it is the customer who is waited for.
    told = { status: "capture_pending", link_ready: true, parked_at: deps.now(), checks: 0 };
  }
  for (;;) {
    const notice = dueNotice({ ...record, ...told }, workflow, status, deps.now());
    if (!notice || !status) return told;
    // A gateway that took its time may have spoken of the round after this one.
    if ((await deps.records.find(record))?.wait !== record.wait) return told;
    await announceNotice(deps, { ...record, status }, notice);
    told = { ...told, ...notice.told };
  }
}

/**
 * Plans the next look at a wait whose deadline or notice was due, or of which something was told: a check that follows
 * a notice repeats its interval, so that reminders do not thin the checks out. The sweeper has planned what follows a mere
 * check; that is moved only if a notice comes before it.
 */
async function postpone(
  { until }: LookRequest,
  record: ProfileRecord,
  status: ProfileStatus | null,
  told: Told,
  { records, workflowOf, now }: ResumeDeps,
): Promise<void> {
  const { due_at } = record;
  if (due_at === null) return;
  const workflow = workflowOf(record.config_id);
  const notice_at = nextNoticeAt({ ...record, ...told }, workflow, status, now());
  const isTold = Object.keys(told).length > 0;
  if (due_at > now() && due_at !== until && !isTold) {
    // A slot that was booked since may be over before the next check.
    if (notice_at !== null && notice_at < due_at) await records.postpone(record, notice_at, { notice_at });
    return;
  }
  const checks = isTold ? record.checks : record.checks + 1;
  const planned = { checks, notice_at, ...told };
  await records.postpone(record, nextLookAt({ ...record, ...planned }, workflow, now()), planned);
}

/** Where a profile goes of which the gateway says nothing that we know: nowhere, until its deadline. */
const afterSilence = (record: ProfileRecord, now: number): Next | null =>
  unlessHeld(record, record.status, isOver(record, now) ? afterDeadline(record.state, record.status) : null);

/** Where the profile goes, or `null` when this is no news for the wait. */
export function afterLook(
  record: ProfileRecord,
  status: ProfileStatus,
  maxRounds: number,
  now: number,
): Next | null {
  if (!record.state) return null;
  if (record.waits_for.includes(status))
    return unlessHeld(record, status, afterNews(record, status, maxRounds));
  return unlessHeld(record, status, isOver(record, now) ? afterDeadline(record.state, status) : null);
}

const isOver = (record: ProfileRecord, now: number): record is ProfileRecord & { state: Wait } =>
  record.state !== null && record.deadline_at !== null && record.deadline_at <= now;

/** What is under legal hold goes to no purge, and nowhere else once the gateway has erased its copy. */
const unlessHeld = ({ held }: ProfileRecord, status: ProfileStatus, next: Next | null): Next | null =>
  held && (next === "purge" || status === "purged") ? null : next;

function stateOf(
  { account_id, reference_id, execution, rounds, missed, state, reason }: ProfileRecord,
  next: Next,
): ExecutionState {
  const why = next === "attention" ? { reason: reason ?? `the ${state} deadline passed` } : {};
  return {
    account_id,
    reference_id,
    attempt: attemptOf(execution),
    next,
    rounds,
    missed: state === "Attention" ? missed : 0,
    ...why,
  };
}

const awsDeps = (): ResumeDeps => {
  const log = createLog("resume");
  const settings = readSettings();
  const metrics = metricsOfStage();
  return {
    records: dynamoRecords(new DynamoDBClient({}), resource("records:write")),
    gatewayOf: gatewaysFromSecret(log, metrics),
    ...withPublish(),
    ...withExecutions(),
    workflowOf: workflowsFromSettings(settings),
    captureHosts: settings.captureHosts,
    sendLooks: sendLooksTo(resource("looks:send")),
    now: () => Date.now(),
    log,
    metrics,
  };
};

/**
 * Fed by the table's stream (a signal was raised on a parked profile) and by the look queue (something is due). The looks
 * of a batch go side by side: an account whose gateway hangs keeps nobody else's waiting.
 */
export function toResumeHandler(build: () => ResumeDeps = awsDeps) {
  const deps = once(build);
  return middy(async (event: DynamoDBStreamEvent | SQSEvent): Promise<DynamoDBBatchResponse> => {
    const failed: string[] = [];
    const fail = (error: unknown, ...ids: string[]) => {
      deps().log.error("look failed", { fault: faultName(error) });
      deps().metrics.count("LookFailed");
      failed.push(...ids);
    };
    const asked = new Map<string, Asked[]>();
    for (const record of event.Records) {
      const isMessage = "messageId" in record;
      const id = isMessage ? record.messageId : (record.dynamodb?.SequenceNumber ?? "");
      try {
        const request = isMessage ? fromQueue(record) : fromStream(record);
        if (!request) continue;
        const onboarding = JSON.stringify([request.account_id, request.reference_id]);
        asked.set(onboarding, [...(asked.get(onboarding) ?? []), { id, request }]);
      } catch (error) {
        fail(error, id);
      }
    }
    /** One after the other: two looks at one wait would both act on it. Whatever follows a failure waits with it. */
    const takeInTurn = async (looks: Asked[]) => {
      const taken = new Set<string>();
      for (const [index, { request }] of looks.entries()) {
        // What is asked twice was asked before either look: one answers both.
        const same = JSON.stringify(request);
        if (taken.has(same)) continue;
        taken.add(same);
        try {
          await takeLook(request, deps());
        } catch (error) {
          return fail(error, ...looks.slice(index).map(({ id }) => id));
        }
      }
    };
    await Promise.all([...asked.values()].map(takeInTurn));
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  });
}

/** A look, and what its batch calls it. */
interface Asked {
  id: string;
  request: LookRequest;
}

export const handler = toResumeHandler();

const fromQueue = ({ body }: SQSEvent["Records"][number]): LookRequest => lookSchema.parse(JSON.parse(body));

type StreamRecord = DynamoDBStreamEvent["Records"][number];

function fromStream({ dynamodb }: StreamRecord): LookRequest | null {
  const image = dynamodb?.NewImage;
  const key = parseOnboardingPk(image?.["pk"]?.S ?? "");
  const said = announcedSchema.optional().catch(undefined).parse(image?.["said"]?.S);
  return key && { ...key, wait: Number(image?.["wait"]?.N), again: 0, ...(said && { said }) };
}
