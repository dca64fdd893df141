import { createHash } from "node:crypto";
import { BlockList, isIP, isIPv6 } from "node:net";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { Publish } from "../../shared/events/bus.ts";
import { type Answer, refusals } from "../../shared/gateway/answers.ts";
import { checkBody } from "../../shared/gateway/check-body.ts";
import { jsonProblem, parseJson } from "../../shared/gateway/json.ts";
import { webhookHintSchema, webhookKind } from "../../shared/gateway/webhooks.ts";
import { readTruth } from "../../shared/profile/status.ts";
import type { HistoryEvent } from "../../shared/store/history.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import { dynamoRecords, type Records } from "../../shared/store/records.ts";
import { cachedSecret } from "../../shared/store/secret-cache.ts";
import { webhooksSecretSchema } from "../../shared/store/secrets.ts";
import { withPublish } from "../aws-parts.ts";
import { once, resource } from "../environment.ts";
import type { Grant } from "../grants.ts";
import { createLog, faultName, type Log } from "../log.ts";
import type { CountDimensions } from "../metrics/metric-names.ts";
import { type Metrics, metricsOfStage } from "../metrics/metrics.ts";
import { hearWebhook } from "./hear-webhook.ts";

/** No gateway key: a webhook is a hint, and whoever may send one must learn nothing and decide nothing here. */
export const grants: readonly Grant[] = ["webhooks:read", "records:read", "records:write", "events:publish"];

/** Bodies up to this are read; of them only ids, status words and booked slots are kept. */
export const MAX_WEBHOOK_BYTES = 4 * 1024 * 1024;

export interface IngestDeps {
  records: Records;
  publish: Publish;
  /** Whose URL this is, or `null`. */
  ownerOf: (slot: string, token: string) => Promise<string | null>;
  now: () => number;
  log: Log;
  metrics: Metrics;
}

type Refusal = CountDimensions["WebhookRefused"][0]["reason"];

/**
 * Writes a webhook down, then raises the profile's signal (design: signal, then look). A repeated body is one
 * line of history, yet raises the signal again: a recapture round repeats bodies to the byte.
 */
export async function ingest(slot: string, token: string, body: Buffer, deps: IngestDeps): Promise<Answer> {
  const refused = (reason: Refusal, answer: Answer): Answer => {
    deps.metrics.count("WebhookRefused", { reason });
    return answer;
  };
  const account_id = await deps.ownerOf(slot, token);
  if (!account_id) return refused("token", refusals.unknownRoute());
  if (body.byteLength > MAX_WEBHOOK_BYTES) return refused("too-large", refusals.tooLarge());
  const json = parseObject(body);
  if (!json) return refused("malformed", refusals.malformedJson());
  const problem = jsonProblem(json);
  if (problem) return refused("malformed", refusals.badRequest(`body: ${problem}`));
  const hint = checkBody(webhookHintSchema, json);
  if (!hint.success)
    return refused("malformed", refusals.badRequest("profile_id: a non-empty string is required"));

  const { profile_id, status = null, session_status = null, reason, scheduling_details } = hint.data;
  const kind = webhookKind(slot, json);
  const at = deps.now();
  const digest = createHash("sha256").update(slot).update(body).digest("base64url").slice(0, 22);
  const told = {
    ...(kind === "W4" && reason && { reason }),
    ...(kind === "W5" && scheduling_details),
  };
  const event: HistoryEvent = { at, kind, by: "webhook", detail: { status, session_status, ...told } };

  let record = await knownProfile(account_id, profile_id, deps.records);
  if (!record) {
    await deps.records.recordUnknown(account_id, profile_id, digest, event);
    // Who makes the record reads what came before it; between these two looks it may have been made.
    record = await knownProfile(account_id, profile_id, deps.records);
    if (!record) return { status: 200, body: {} };
  }
  const once = `${record.wait}#${digest}`;
  // Announced before it is written down: whoever repeats a webhook that we failed on gets both done.
  if ((kind === "W4" || kind === "W5") && !(await deps.records.recorded(record, once)))
    await hearWebhook(record, event, once, deps);
  await deps.records.record(record, once, event);
  // A session's status is a snapshot from before its end (contract §8.3), and a slot has none.
  const said = /^W[45]$/.test(kind)
    ? "nothing"
    : readTruth({ ...record, reviewer_action: null, status: status ?? "" }).status;
  // After the purge nothing is news any more.
  if (record.purged_at === null) await deps.records.signal(record, said);
  deps.log.info("webhook", { profile_id, kind, status: session_status ?? status, wait: record.wait });
  return { status: 200, body: {} };
}

async function knownProfile(
  account_id: string,
  profile_id: string,
  records: Records,
): Promise<ProfileRecord | null> {
  const key = await records.referenceOf(account_id, profile_id);
  return key && records.find(key);
}

/** `null` for what is no JSON object. */
function parseObject(body: Buffer): Record<string, unknown> | null {
  const value = parseJson(body)?.value;
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/** Whether an address may send webhooks: any, unless the stage lists ranges (CIDR). */
export function isAllowedSource(ranges: readonly string[], address: string): boolean {
  if (ranges.length === 0) return true;
  const allowed = new BlockList();
  for (const range of ranges) {
    const [network = "", prefix] = range.split("/");
    const family = isIPv6(network) ? "ipv6" : "ipv4";
    allowed.addSubnet(
      network,
      prefix === undefined ? (family === "ipv6" ? 128 : 32) : Number(prefix),
      family,
    );
  }
  const family = isIP(address);
  return family !== 0 && allowed.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** Owners of webhook URLs by the hashes of their unguessable part. */
export function ownersFromSecret(client = new SecretsManagerClient({})): IngestDeps["ownerOf"] {
  const secret = cachedSecret(client, resource("webhooks:read"), webhooksSecretSchema);
  return async (slot, token) => {
    const hash = createHash("sha256").update(token).digest("hex");
    const find = (known: Awaited<ReturnType<typeof secret.get>>) =>
      known?.slots.find((entry) => entry.slot === slot && entry.tokenHashes.includes(hash))?.accountId ??
      null;
    return find(await secret.get()) ?? find(await secret.refresh());
  };
}

const awsDeps = (): IngestDeps => ({
  records: dynamoRecords(new DynamoDBClient({}), resource("records:write")),
  ...withPublish(),
  ownerOf: ownersFromSecret(),
  now: () => Date.now(),
  log: createLog("webhooks"),
  metrics: metricsOfStage(),
});

/** Answers whoever posts a webhook, in the body that the contract has for it. */
export function toIngestHandler(build: () => IngestDeps = awsDeps) {
  const deps = once(build);
  return middy(async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const { slot = "", token = "" } = event.pathParameters ?? {};
    const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
    let answer: Answer;
    try {
      const ranges = (process.env["WEBHOOK_SOURCE_RANGES"] ?? "").split(",").filter(Boolean);
      if (isAllowedSource(ranges, event.requestContext.http.sourceIp))
        answer = await ingest(slot, token, body, deps());
      else {
        deps().metrics.count("WebhookRefused", { reason: "source" });
        answer = refusals.unknownRoute();
      }
    } catch (error) {
      // Not 2xx: the sender tries again, and what was half written is written once more.
      deps().log.error("webhook failed", { fault: faultName(error) });
      deps().metrics.count("WebhookFailed");
      answer = refusals.internal();
    }
    return {
      statusCode: answer.status,
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify(answer.body),
    };
  });
}

export const handler = toIngestHandler();
