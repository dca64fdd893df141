import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { Endpoints } from "../../infra/local/endpoints.ts";
import { localClients } from "../../infra/local/local-clients.ts";
import { newKey, sha256Hex } from "../../infra/local/new-key.ts";
import { sampleRequest } from "../../infra/local/run-scenario.ts";
import { changeSecret } from "../../infra/local/secret-values.ts";
import { readStageOutputs } from "../../infra/local/stage-outputs.ts";
import { onboardingPk } from "../../shared/store/keys.ts";
import { type WebhooksSecret, webhooksSecretSchema } from "../../shared/store/secrets.ts";
import { due } from "../../shared/store/table.ts";
import { follow } from "../local-cloud/followed.ts";

const WAITING = [100, 1_000, 5_000];
const JOURNEYS = 30;
const JOURNEYS_AT_ONCE = 4;
const WEBHOOKS = 300;
const WEBHOOKS_AT_ONCE = 8;
const PATIENCE_SECONDS = 300;
const SLOT = "profile-status";

export interface Throughput {
  waiting: number;
  /** Whole onboardings, from request to purge. */
  profilesPerSecond: number;
  webhooksPerSecond: number;
}

/** How fast the deployed stage is while so many other onboardings wait. */
export async function measureThroughput(
  endpoints: Endpoints,
  note: (text: string) => void,
): Promise<Throughput[]> {
  const results: Throughput[] = [];
  const url = await webhookUrl(endpoints);
  let waiting = 0;
  note(`throughput: ${JOURNEYS} onboardings uncounted, which start the functions`);
  await runJourneys(endpoints);
  for (const wanted of WAITING) {
    note(`throughput: making it ${wanted} that wait`);
    await makeWait(endpoints, wanted - waiting);
    waiting = wanted;
    note(`throughput: ${JOURNEYS} onboardings while ${wanted} wait`);
    const profilesPerSecond = await runJourneys(endpoints);
    note(`throughput: ${WEBHOOKS} webhooks while ${wanted} wait`);
    results.push({ waiting, profilesPerSecond, webhooksPerSecond: await sendWebhooks(url) });
  }
  return results;
}

/** Parked onboardings as the table holds them: what our functions have to find their way around. */
async function makeWait({ profileTable, awsEndpoint, region, accountId }: Endpoints, count: number) {
  const { dynamodb } = localClients({ awsEndpoint, region });
  const items = Array.from({ length: count }, () => {
    const key = { account_id: accountId, reference_id: `waiting-${randomUUID()}` };
    const pk = onboardingPk(key);
    const profile_id = randomUUID();
    const later = Date.now() + 86_400_000;
    return {
      pk,
      sk: "profile",
      ...key,
      profile_id,
      config_id: "waiting",
      execution: "waiting-1",
      created_at: Date.now(),
      status: "capture_pending",
      signal: 1,
      wait: 1,
      rounds: 0,
      state: "OpenCapture",
      task_token: "t".repeat(700),
      waits_for: ["completed"],
      deadline_at: later,
      ...due(pk, later),
      schema_version: 1,
    };
  });
  for (let at = 0; at < items.length; at += 25) {
    const puts = items.slice(at, at + 25).map((item) => ({ PutRequest: { Item: marshall(item) } }));
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [profileTable]: puts } }));
  }
}

async function runJourneys(endpoints: Endpoints): Promise<number> {
  const references = Array.from({ length: JOURNEYS }, () => `bench-${randomUUID()}`);
  const followed = await follow(endpoints);
  const started = performance.now();
  try {
    await each(references, JOURNEYS_AT_ONCE, async (reference) => {
      const body = sampleRequest(reference, endpoints.configIds["straight-through"] ?? "");
      const { status } = await post(`${endpoints.api}/onboardings`, body, {
        "api-key": endpoints.apiKey,
        "account-id": endpoints.accountId,
      });
      if (status !== 202) throw new Error(`an onboarding was answered with ${status}`);
    });
    const open = () => references.filter((reference) => !followed.purged.has(reference)).length;
    while (open() > 0) {
      if (performance.now() - started > PATIENCE_SECONDS * 1000)
        throw new Error(`${open()} onboardings were not purged in ${PATIENCE_SECONDS} s`);
      await sleep(100);
    }
    return JOURNEYS / ((performance.now() - started) / 1000);
  } finally {
    await followed.stop();
  }
}

/** Webhooks for a profile that nobody knows: written down, like all others. */
async function sendWebhooks(url: string): Promise<number> {
  const bodies = Array.from({ length: WEBHOOKS }, () => ({
    profile_id: randomUUID(),
    status: "in_progress",
    status_detail: null,
  }));
  const started = performance.now();
  await each(bodies, WEBHOOKS_AT_ONCE, async (body) => {
    const { status } = await post(url, body, {});
    if (status !== 200) throw new Error(`a webhook was answered with ${status}`);
  });
  return WEBHOOKS / ((performance.now() - started) / 1000);
}

/** A webhook URL of our own, beside the provider's: of the ones that setup made, only hashes are kept. */
async function webhookUrl(endpoints: Endpoints): Promise<string> {
  const { webhooks, accountId } = endpoints;
  const { secrets, cloudformation } = localClients(endpoints);
  const token = newKey();
  const { state } = await readStageOutputs(cloudformation, "local", true);
  await changeSecret(secrets, state.WebhooksSecretName, (before): WebhooksSecret => {
    const secret = webhooksSecretSchema.parse(before);
    return {
      ...secret,
      slots: secret.slots.map((slot) =>
        slot.accountId === accountId && slot.slot === SLOT
          ? { ...slot, tokenHashes: [sha256Hex(token), ...slot.tokenHashes.slice(0, 1)] }
          : slot,
      ),
    };
  });
  return `${webhooks}/webhooks/${SLOT}/${token}`;
}

async function post(url: string, body: object, headers: Record<string, string>): Promise<{ status: number }> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(35_000),
  });
  await answer.arrayBuffer();
  return answer;
}

/** Works a list off, so many at once. */
async function each<Item>(
  list: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = list.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
