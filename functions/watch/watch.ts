import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import middy from "@middy/core";
import { ERASURE_FAILS, isStuck } from "../../shared/profile/stuck.ts";
import { keyKinds, keysInUse, oldestDays } from "../../shared/store/key-ages.ts";
import type { OpenOnboarding, OpenProfile } from "../../shared/store/open-onboardings.ts";
import { dynamoRecords, type Records } from "../../shared/store/records.ts";
import { type CachedSecret, cachedSecret } from "../../shared/store/secret-cache.ts";
import {
  type CallersSecret,
  callersSecretSchema,
  type GatewaySecret,
  gatewaySecretSchema,
  type WebhooksSecret,
  webhooksSecretSchema,
} from "../../shared/store/secrets.ts";
import { once, resource } from "../environment.ts";
import type { Grant } from "../grants.ts";
import { createLog, type Log } from "../log.ts";
import { ageSeconds, visitOpen } from "../metrics/census.ts";
import { waitStates } from "../metrics/metric-names.ts";
import { type Metrics, metricsOfStage } from "../metrics/metrics.ts";

/** Of the table the index alone; of the secrets it only looks at dates. */
export const grants: readonly Grant[] = ["records:due", "callers:read", "webhooks:read", "gateway:call"];

export interface WatchDeps {
  records: Pick<Records, "open">;
  callers: Pick<CachedSecret<CallersSecret>, "refresh">;
  webhooks: Pick<CachedSecret<WebhooksSecret>, "refresh">;
  gateway: Pick<CachedSecret<GatewaySecret>, "refresh">;
  now: () => number;
  log: Log;
  metrics: Metrics;
}

/** Beyond any stage that we know of, and within the function's minute. */
const MAX_ENTRIES = 2_000_000;
const MAX_MS = 45_000;
/** A purge takes seconds. One that its retention date is so far behind was forgotten. */
const PURGE_WITHIN_MS = 3_600_000;

/** A purge that fails has left Retain within the minute, and says so in Attention. */
const isPurgeOverdue = ({ state, deadline_at, reason }: OpenProfile, now: number): boolean =>
  state === "Attention"
    ? reason === ERASURE_FAILS
    : state === "Retain" && now - (deadline_at ?? now) > PURGE_WITHIN_MS;

/**
 * Says once an hour how many onboardings wait and for how long, what of them nobody will see to unless he is told, and
 * how old the keys are. It changes nothing. Throws if it did not see all of them: half a census looks like good news.
 */
export async function watch(deps: WatchDeps): Promise<{ open: number }> {
  const { metrics, log } = deps;
  const now = deps.now();
  const states = new Map(waitStates.map((state) => [state, { waiting: 0, oldestSeconds: 0 }]));
  let open = 0;
  let stuck = 0;
  let held = 0;
  let overdue = 0;
  const count = (onboarding: OpenOnboarding): void => {
    open++;
    const state = states.get(onboarding.state ?? "CreateProfile");
    if (state) {
      state.waiting++;
      state.oldestSeconds = Math.max(state.oldestSeconds, ageSeconds(onboarding, now));
    }
    if (isStuck(onboarding, now)) stuck++;
    if (onboarding.state === null) return;
    if (onboarding.held) held++;
    else if (isPurgeOverdue(onboarding, now)) overdue++;
  };
  if (!(await visitOpen(deps, { entries: MAX_ENTRIES, until: now + MAX_MS }, count)))
    throw new Error("there are more open onboardings than one census takes");

  for (const [state, { waiting, oldestSeconds }] of states) {
    metrics.measure("OnboardingsWaiting", waiting, { state });
    metrics.measure("OldestWaitSeconds", oldestSeconds, { state });
  }
  metrics.measure("Stuck", stuck);
  metrics.measure("Held", held);
  metrics.measure("PurgeOverdue", overdue);

  // Not what a warm function remembers: somebody may just have rotated one.
  const [callers, webhooks, gateway] = await Promise.all([
    deps.callers.refresh(),
    deps.webhooks.refresh(),
    deps.gateway.refresh(),
  ]);
  const keys = keysInUse({ callers, webhooks, gateway });
  for (const kind of keyKinds) metrics.measure("OldestKeyDays", oldestDays(keys, kind, now), { kind });
  log.info("census", { count: open });
  return { open };
}

const awsDeps = once((): WatchDeps => {
  const secrets = new SecretsManagerClient({});
  return {
    records: dynamoRecords(new DynamoDBClient({}), resource("records:due")),
    callers: cachedSecret(secrets, resource("callers:read"), callersSecretSchema),
    webhooks: cachedSecret(secrets, resource("webhooks:read"), webhooksSecretSchema),
    gateway: cachedSecret(secrets, resource("gateway:call"), gatewaySecretSchema),
    now: () => Date.now(),
    log: createLog("watch"),
    metrics: metricsOfStage(),
  };
});

export const handler = middy(async () => watch(awsDeps()));
