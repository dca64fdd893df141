import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import middy from "@middy/core";
import { nextLookAt } from "../../shared/profile/checks.ts";
import { DUE_SHARDS } from "../../shared/store/keys.ts";
import { type DueWork, dynamoRecords, type Records } from "../../shared/store/records.ts";
import type { Vault } from "../../shared/store/vault.ts";
import { withExecutions, withVault } from "../aws-parts.ts";
import { once, resource, type WorkflowOf, workflowsFromSettings } from "../environment.ts";
import type { Executions } from "../executions.ts";
import type { Grant } from "../grants.ts";
import { createLog, faultName, type Log } from "../log.ts";
import { type LookRequest, type SendLooks, sendLooksTo } from "../looks.ts";
import { type Metrics, metricsOfStage } from "../metrics/metrics.ts";

export const grants: readonly Grant[] = [
  "records:read",
  "records:due",
  "records:write",
  "vault:read",
  "vault:erase",
  "executions:start",
  "looks:send",
];

export interface SweepDeps {
  records: Records;
  vault: Pick<Vault, "get" | "erase">;
  executions: Pick<Executions, "start">;
  sendLooks: SendLooks;
  workflowOf: WorkflowOf;
  now: () => number;
  log: Log;
  metrics: Metrics;
}

/**
 * A look that was sent is not sent again for so long: where looks come in faster than they are done, every sweep would
 * add all that is due once more. One that got lost is sent again after it. That is for what must come in time, a
 * deadline or a notice; where a mere check gets lost, the next check is soon enough.
 */
const TAKEN_MS = 5 * 60_000;

/** Found per shard and sweep; what is left is found by the next one. */
export const SHARD_LIMIT = 250;

/**
 * Finds what is due (checks, deadlines, retention dates, claims that nobody started) and only hands it on: looks
 * go into the queue whose consumers are the gateway's pace, claims get their execution. What a released claim may have
 * left in the vault is erased.
 */
export async function sweep({
  records,
  vault,
  executions,
  sendLooks,
  workflowOf,
  now,
  log,
  metrics,
}: SweepDeps): Promise<{ due: number; claims: number }> {
  let due = 0;
  let claims = 0;
  const started = now();
  let oldest = started;
  /** The look that is due, with the one after it planned; `null`: somebody else has it. */
  const take = async (work: DueWork & { kind: "profile" }): Promise<LookRequest | null> => {
    const { key, due_at, checks, deadline_at, notice_at } = work;
    const mustCome = [deadline_at, notice_at].some((at) => at !== null && at <= now());
    if (mustCome) {
      const until = now() + TAKEN_MS;
      return (await records.takeDue(key, due_at, until)) ? { ...key, until } : null;
    }
    const next = { ...work, checks: checks + 1 };
    const look_at = nextLookAt(next, workflowOf(work.config_id), now());
    return (await records.takeDue(key, due_at, look_at, next.checks)) ? { ...key } : null;
  };
  const sweepShard = async (shard: number) => {
    const found = await records.due(shard, now(), SHARD_LIMIT);
    for (const { due_at } of found) oldest = Math.min(oldest, due_at);
    const profiles = found.filter((work) => work.kind === "profile");
    const looks = (await Promise.all(profiles.map(take))).filter((look) => look !== null);
    due += looks.length;
    await sendLooks(looks);
    for (const { key } of found.filter(({ kind }) => kind === "claim")) {
      const claim = await records.claimOf(key);
      if (!claim) continue;
      if (claim.released) {
        // The index may lag behind the release.
        if ((claim.due_at ?? 0) > now()) continue;
        if (!(await records.leaseErasure(claim, now()))) continue;
        // All of it: an earlier request of the reference may have been left there just so.
        await vault.erase(key);
        await records.erased(claim);
        continue;
      }
      claims++;
      // No request in the vault: whoever claimed crashed before it was safe, and got no answer. Let go.
      if (claim.profile_id || (await vault.get(key, `request-${claim.request_hash}`)) !== null) {
        await executions.start(claim);
        await records.started(claim);
      } else await records.giveUp(claim, now());
    }
  };
  const results = await Promise.allSettled(
    Array.from({ length: DUE_SHARDS }, (_, shard) => sweepShard(shard)),
  );
  metrics.measure("SweepLagSeconds", (started - oldest) / 1000);
  const faults = results.filter((result) => result.status === "rejected");
  if (due + claims > 0) log.info("swept", { count: due + claims });
  if (faults.length > 0) {
    for (const { reason } of faults) log.error("a shard was not swept", { fault: faultName(reason) });
    throw new Error("not every shard was swept");
  }
  return { due, claims };
}

const awsDeps = once(
  (): SweepDeps => ({
    records: dynamoRecords(new DynamoDBClient({}), resource("records:write")),
    ...withVault(),
    ...withExecutions(),
    sendLooks: sendLooksTo(resource("looks:send")),
    workflowOf: workflowsFromSettings(),
    now: () => Date.now(),
    log: createLog("sweep"),
    metrics: metricsOfStage(),
  }),
);

export const handler = middy(async () => sweep(awsDeps()));
