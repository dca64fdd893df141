import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { paginateListObjectsV2 } from "@aws-sdk/client-s3";
import {
  DescribeExecutionCommand,
  type HistoryEvent,
  paginateGetExecutionHistory,
} from "@aws-sdk/client-sfn";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { profileStatuses } from "../../shared/profile/status.ts";
import { actByHand, type ByHandTask } from "./act-by-hand.ts";
import { CommandFailed } from "./command-failed.ts";
import type { Endpoints } from "./endpoints.ts";
import { openEventTap, type TappedEvent } from "./event-tap.ts";
import { type LocalClients, localClients } from "./local-clients.ts";
import {
  type Caller,
  callerOf,
  cancelProfile,
  type OnboardingRecord,
  readGatewayStatus,
  readOnboarding,
  startEncrypted,
  startOnboarding,
} from "./onboarding-api.ts";
import { type Scenario, type ScenarioName, scenarios } from "./scenarios.ts";

const pollMilliseconds = 200;
const sweepMilliseconds = 1000;

/** Something that happened to the onboarding, told as it happens. */
export interface TimelineEntry {
  /** Since the request was sent. */
  seconds: number;
  /** `status`: the gateway's word; `event`: on our bus; `request`: ours; `execution`: the state machine's state. */
  kind: "request" | "status" | "event" | "execution";
  text: string;
}

export interface RunOptions {
  onProgress?: (entry: TimelineEntry) => void;
  /** Invokes the sweeper every second, which the deployed schedule does once a minute only. Default true. */
  sweep?: boolean;
  /** Gives up after this long; what is missing shows in the result. Default 180. */
  timeoutSeconds?: number;
  signal?: AbortSignal;
  /** Default: a new one. */
  referenceId?: string;
  /** Who captures and reviews where nobody is scripted. Default: {@link actByHand}. */
  person?: (task: ByHandTask) => Promise<void>;
}

/** All that there is to know about an onboarding that came to its end, or ran out of time. */
export interface ScenarioRun {
  scenario: ScenarioName;
  referenceId: string;
  profileId: string | null;
  /** Our record as it was last read. */
  record: OnboardingRecord | undefined;
  /** Gateway statuses in the order seen: by our record, by its events, and at the gateway itself. */
  statuses: string[];
  /** The gateway's last `reviewer_action`, which a purge may take from the record. */
  reviewerAction: string | null;
  events: TappedEvent[];
  executionArn: string;
  executionStatus: string;
  history: HistoryEvent[];
  /** Objects that the vault still holds of this onboarding. */
  vaultKeys: string[];
  timedOut: boolean;
}

/**
 * Drives one scripted onboarding from request to purge: starts it through our API, listens on the bus, sweeps, cancels
 * where the scenario says so. Throws when a request is refused, never because the outcome is another than expected.
 */
export async function runScenario(
  endpoints: Endpoints,
  name: ScenarioName,
  options: RunOptions = {},
): Promise<ScenarioRun> {
  const scenario: Scenario = scenarios[name];
  const configId = endpoints.configIds[name];
  if (!configId)
    throw new CommandFailed(
      `the local cloud has no workflow for the scenario ${name}: run \`npm run up\` again`,
    );
  const clients = localClients(endpoints);
  const tap = await openEventTap(clients, endpoints.eventBus);
  try {
    return await drive({ endpoints, name, scenario, configId, clients, options, take: tap.take });
  } finally {
    await tap.close();
  }
}

/** Looks for work that is due: what the schedule does every minute. */
export async function sweepOnce(clients: LocalClients, sweepFunction: string): Promise<void> {
  await clients.lambda.send(
    new InvokeCommand({ FunctionName: sweepFunction, Payload: new TextEncoder().encode("{}") }),
  );
}

/** A create request (contract §3.1) of an obviously invented customer. */
export function sampleRequest(referenceId: string, configId: string): CreateRequest {
  return {
    reference_id: referenceId,
    config: { id: configId },
    data: {
      name: { first_name: "Sample", last_name: "Customer" },
      dob: "1990-01-01",
      email_ids: ["sample.customer@example.com"],
      mobile_numbers: ["0000000000"],
    },
  };
}

interface Drive {
  endpoints: Endpoints;
  name: ScenarioName;
  scenario: Scenario;
  configId: string;
  clients: LocalClients;
  options: RunOptions;
  take(): Promise<TappedEvent[]>;
}

async function drive({
  endpoints,
  name,
  scenario,
  configId,
  clients,
  options,
  take,
}: Drive): Promise<ScenarioRun> {
  const caller = callerOf(endpoints, scenario.account);
  const referenceId = options.referenceId ?? `${name}-${randomUUID().slice(0, 8)}`;
  const startedAt = Date.now();
  const tell = (kind: TimelineEntry["kind"], text: string) =>
    options.onProgress?.({ seconds: (Date.now() - startedAt) / 1000, kind, text });

  const request = sampleRequest(referenceId, configId);
  const started = scenario.encrypts
    ? await startEncrypted(caller, request, endpoints.contentKeys)
    : await startOnboarding(caller, request);
  tell(
    "request",
    `POST ${scenario.encrypts ? "/enc/sync/profiles" : "/onboardings"} accepted, reference_id ${referenceId}`,
  );

  const seen = new StatusTimeline((status) => tell("status", status));
  const events: TappedEvent[] = [];
  const deadline = startedAt + (options.timeoutSeconds ?? 180) * 1000;
  let profileId = started.profile_id;
  let record: OnboardingRecord | undefined;
  let reviewerAction: string | null = null;
  let executionStatus = "RUNNING";
  let sweptAt = 0;
  let cancelled = false;
  let timedOut = false;
  let person: Promise<void> | undefined;
  let personFailed: unknown;

  for (;;) {
    options.signal?.throwIfAborted();
    if (options.sweep !== false && Date.now() - sweptAt >= sweepMilliseconds) {
      sweptAt = Date.now();
      await sweepOnce(clients, endpoints.sweepFunction);
    }
    record = await readOnboarding(caller, referenceId);
    profileId = record.profile_id ?? profileId;
    const truth = profileId
      ? await readGatewayStatus(gatewayCaller(endpoints, caller), profileId)
      : undefined;
    reviewerAction = truth?.reviewer_action ?? record.reviewer_action ?? reviewerAction;
    seen.fromRecord(record, truth?.status);

    for (const event of await take()) {
      if (!concerns(event, referenceId, profileId)) continue;
      events.push(event);
      tell("event", event.type);
    }
    if (
      scenario.cancels &&
      !cancelled &&
      profileId &&
      events.some(({ type }) => type === "CaptureLinkReady")
    ) {
      cancelled = true;
      await cancelProfile(caller, profileId);
      tell("request", "PUT /profiles/{profile_id}/cancel accepted");
    }
    const link = events.find(({ type }) => type === "CaptureLinkReady")?.detail["capture_link"];
    if (scenario.byHand && !person && profileId && typeof link === "string")
      person = (options.person ?? actByHand)({
        captureLink: link,
        deskUrl: `${endpoints.sandbox}/desk`,
        caller,
        profileId,
        referenceId,
        signal: options.signal,
      }).catch((error: unknown) => {
        personFailed = error;
      });
    if (personFailed) throw personFailed;
    const execution = await describeExecution(clients, started.execution_arn);
    if (execution !== executionStatus) tell("execution", execution);
    executionStatus = execution;

    const settled = executionStatus !== "RUNNING" && events.some(({ type }) => type === "ProfilePurged");
    if (settled && record.status === "purged") break;
    // An execution that failed purges nothing: a little longer for its last words, then enough.
    if (Date.now() > deadline) {
      timedOut = true;
      break;
    }
    if (/^(FAILED|TIMED_OUT|ABORTED)$/.test(executionStatus)) break;
    await sleep(pollMilliseconds, undefined, options.signal && { signal: options.signal });
  }
  return {
    scenario: name,
    referenceId,
    profileId,
    record,
    statuses: seen.statuses,
    reviewerAction,
    events,
    executionArn: started.execution_arn,
    executionStatus,
    history: await executionHistory(clients, started.execution_arn),
    vaultKeys: await vaultKeys(clients, endpoints, [profileId, referenceId]),
    timedOut,
  };
}

/** Webhooks of the status. A session's end (W4) and our own events have one that may have passed (contract §8.3). */
const tellsStatus = /^W[1236]$/;

/**
 * Statuses as several sources tell them, in order. A status of a second or less can be missed by looking, so the
 * events of the record count too: each new one is read before the current status.
 */
class StatusTimeline {
  readonly statuses: string[] = [];
  readonly #tell: (status: string) => void;
  #eventsRead = 0;

  constructor(tell: (status: string) => void) {
    this.#tell = tell;
  }

  fromRecord(record: OnboardingRecord, atGateway: string | undefined): void {
    for (const { kind, detail } of record.events.slice(this.#eventsRead))
      if (tellsStatus.test(kind)) this.#add(statusIn(detail));
    this.#eventsRead = Math.max(this.#eventsRead, record.events.length);
    this.#add(atGateway);
    if (record.status === "purged") this.#add("purged");
  }

  #add(status: string | undefined): void {
    if (
      !status ||
      this.statuses.at(-1) === status ||
      !(profileStatuses as readonly string[]).includes(status)
    )
      return;
    this.statuses.push(status);
    this.#tell(status);
  }
}

function statusIn(detail: unknown): string | undefined {
  if (typeof detail === "string") return detail;
  const status = (detail as { status?: unknown } | null)?.status;
  return typeof status === "string" ? status : undefined;
}

function gatewayCaller(endpoints: Endpoints, caller: Caller): Caller {
  return { ...caller, api: endpoints.sandbox };
}

function concerns({ detail }: TappedEvent, referenceId: string, profileId: string | null): boolean {
  return detail["reference_id"] === referenceId || (profileId !== null && detail["profile_id"] === profileId);
}

async function describeExecution({ sfn }: LocalClients, executionArn: string): Promise<string> {
  return (await sfn.send(new DescribeExecutionCommand({ executionArn }))).status ?? "RUNNING";
}

async function executionHistory({ sfn }: LocalClients, executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for await (const page of paginateGetExecutionHistory({ client: sfn }, { executionArn }))
    events.push(...(page.events ?? []));
  return events;
}

async function vaultKeys(
  { s3 }: LocalClients,
  endpoints: Endpoints,
  ids: (string | null)[],
): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: endpoints.vaultBucket }))
    for (const { Key = "" } of page.Contents ?? [])
      if (ids.some((id) => id && Key.includes(id))) keys.push(Key);
  return keys;
}
