import { gunzipSync } from "node:zlib";
import {
  CloudWatchLogsClient,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { paginateListTables, paginateScan } from "@aws-sdk/client-dynamodb";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { GetObjectCommand, ListBucketsCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { paginateGetExecutionHistory, paginateListExecutions } from "@aws-sdk/client-sfn";
import { paginateListQueues, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { openEventTap, type TappedEvent } from "../../infra/local/event-tap.ts";
import { localClientConfig } from "../../infra/local/local-clients.ts";
import type { ScenarioName } from "../../infra/local/scenarios.ts";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { createContentCipher, encryptCreate } from "../../shared/gateway/encryption.ts";
import { fullCreateRequest } from "../shared/gateway/full-request.ts";
import { clients, configIdOf, endpoints, eventually, freshReference, http, sweep } from "./cloud.ts";

/** Words that a request must keep for it to be valid. */
const keptWords =
  /^(permanent|current|correspondence|other|agent|customer|self|image|video|document|text|video_call|read_text|read_random_digits)$/;

/** The fullest request there is, with the marker in every value that says something of a customer. */
export function markedRequest(marker: string, reference_id: string, config_id: string): CreateRequest {
  const request = fullCreateRequest(reference_id, config_id);
  const mark = (value: unknown): unknown => {
    if (typeof value === "string") return keptWords.test(value) ? value : `${marker}-${value}`;
    if (Array.isArray(value)) return value.map(mark);
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mark(each)]));
    return value;
  };
  return {
    ...request,
    config: { id: config_id },
    data: mark(request.data) as NonNullable<CreateRequest["data"]>,
    payload: mark(request.payload) as NonNullable<CreateRequest["payload"]>,
    relay_data: Buffer.from(marker).toString("base64"),
  };
}

const ways = ["onboardings", "async", "sync", "encrypted", "queue", "event"] as const;
const kinds: readonly ScenarioName[] = [
  "straight-through",
  "review-approve",
  "review-reject",
  "recapture-once",
  "recapture-by-checker",
  "customer-drops-then-returns",
  "capture-failed",
  "link-expires",
  "video-call-scheduled",
];

/** Asks for an onboarding by one of the ways in. */
export async function ask(way: (typeof ways)[number], request: CreateRequest): Promise<void> {
  const { api, accountId, intakeQueue, eventBus, contentKeys } = endpoints;
  const message = JSON.stringify({ account_id: accountId, request });
  const posted = async (path: string, body: unknown) => {
    const { status } = await http(api, "POST", path, { body });
    if (status >= 300) throw new Error(`${path} answered ${status}`);
  };
  switch (way) {
    case "onboardings":
      return posted("/onboardings", request);
    case "async":
      return posted("/async/profiles", request);
    case "sync":
      return posted("/sync/profiles", request);
    case "encrypted": {
      const cipher = createContentCipher({ get: async () => contentKeys, refresh: async () => contentKeys });
      return posted("/enc/sync/profiles", await encryptCreate(request, cipher));
    }
    case "queue":
      await clients.sqs.send(new SendMessageCommand({ QueueUrl: intakeQueue, MessageBody: message }));
      return;
    case "event":
      await clients.eventbridge.send(
        new PutEventsCommand({
          Entries: [
            { EventBusName: eventBus, Source: "crm", DetailType: "OnboardingRequested", Detail: message },
          ],
        }),
      );
  }
}

export interface CanaryRun {
  profiles: number;
  /** References that did not end purged. */
  unfinished: string[];
  /** How much was looked through, by place. */
  searched: Record<string, number>;
  /** Where the marker was found. */
  hits: string[];
}

/**
 * Plants a marker in every personal field of so many onboardings by every way in, waits for their purge, then searches
 * every table, bucket, queue, log group, execution history and event for it.
 */
export async function releaseCanaries(count: number, atOnce = 6): Promise<CanaryRun> {
  const marker = `canary${Date.now().toString(36)}`;
  const tap = await openEventTap(clients, endpoints.eventBus);
  const events: TappedEvent[] = [];
  const unfinished: string[] = [];
  const open = Array.from({ length: count }, (_, index) => index);
  const sweeping = setInterval(() => void sweep().catch(() => undefined), 1_000);
  try {
    const worker = async () => {
      for (let index = open.shift(); index !== undefined; index = open.shift()) {
        const reference = freshReference("canary");
        const kind = kinds[index % kinds.length] as ScenarioName;
        await ask(
          ways[index % ways.length] as (typeof ways)[number],
          markedRequest(marker, reference, configIdOf(kind)),
        );
        const { body } = await eventually(
          () => http(endpoints.api, "GET", `/onboardings/${reference}`),
          (answer) => answer.body.status === "purged",
          90,
        );
        if (body.status !== "purged") unfinished.push(reference);
        events.push(...(await tap.take()));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    events.push(...(await tap.take()));
  } finally {
    clearInterval(sweeping);
    await tap.close();
  }
  return { profiles: count, unfinished, ...(await search(marker, events)) };
}

/** Looks through everything that the local cloud keeps, and the events given. */
export async function search(
  marker: string,
  events: readonly TappedEvent[],
): Promise<Pick<CanaryRun, "searched" | "hits">> {
  const traces = [marker, Buffer.from(marker).toString("base64").replace(/=+$/, "")];
  const searched: Record<string, number> = {};
  const hits: string[] = [];
  const look = (where: string, what: unknown) => {
    searched[where] = (searched[where] ?? 0) + 1;
    const text = typeof what === "string" ? what : JSON.stringify(what, (_, value) => readable(value));
    if (traces.some((trace) => text.includes(trace))) hits.push(where);
  };
  const { dynamodb, s3, sqs, sfn } = clients;

  for await (const { TableNames = [] } of paginateListTables({ client: dynamodb }, {}))
    for (const TableName of TableNames)
      for await (const { Items = [] } of paginateScan({ client: dynamodb }, { TableName }))
        for (const item of Items) look(`table ${TableName}`, item);
  for (const { Name: Bucket } of (await s3.send(new ListBucketsCommand({}))).Buckets ?? []) {
    // What deploying left there are bundles and templates: ours, and large.
    if (Bucket?.startsWith("cdk-")) continue;
    for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket }))
      for (const { Key } of Contents) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
        look(`bucket ${Bucket}`, `${Key} ${await Body?.transformToString("latin1")}`);
      }
  }
  for await (const { QueueUrls = [] } of paginateListQueues({ client: sqs }, {}))
    for (const url of QueueUrls) {
      const QueueUrl = endpoints.awsEndpoint + new URL(url).pathname;
      for (;;) {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 30 }),
        );
        for (const message of Messages) look("queues", message);
        if (Messages.length === 0) break;
      }
    }
  const logs = new CloudWatchLogsClient(localClientConfig(endpoints.awsEndpoint, endpoints.region));
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: logs }, {}))
    for (const { logGroupName } of logGroups)
      for await (const { events: lines = [] } of paginateFilterLogEvents({ client: logs }, { logGroupName }))
        for (const { message } of lines) look("logs", message ?? "");
  const { stateMachineArn } = endpoints;
  for await (const { executions = [] } of paginateListExecutions({ client: sfn }, { stateMachineArn }))
    for (const { executionArn } of executions)
      for await (const { events: history = [] } of paginateGetExecutionHistory(
        { client: sfn },
        { executionArn },
      ))
        for (const event of history) look("execution histories", event);
  for (const event of events) look("events", event);
  return { searched, hits };
}

/** Bytes may be compressed text: the sandbox keeps requests so. What is not is searched as it is. */
function readable(value: unknown): unknown {
  // By then an array of bytes has become an object of numbers: `toJSON` of Buffer, or plain indices.
  if (!(value instanceof Uint8Array)) return value;
  try {
    return gunzipSync(value).toString();
  } catch {
    return Buffer.from(value).toString("latin1");
  }
}
