import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import middy from "@middy/core";
import { DUE_SHARDS } from "../../shared/store/keys.ts";
import { dynamoRecords, type Records } from "../../shared/store/records.ts";
import { s3Vault, type Vault } from "../../shared/store/vault.ts";
import { once, resource } from "../environment.ts";
import { type Executions, stepFunctions } from "../executions.ts";
import type { Grant } from "../grants.ts";
import { createLog, faultName, type Log } from "../log.ts";
import { type SendLooks, sendLooksTo } from "../looks.ts";

export const grants: readonly Grant[] = [
  "records:read",
  "records:due",
  "records:write",
  "vault:read",
  "executions:start",
  "looks:send",
];

export interface SweepDeps {
  records: Records;
  vault: Pick<Vault, "get">;
  executions: Pick<Executions, "start">;
  sendLooks: SendLooks;
  now: () => number;
  log: Log;
}

/**
 * A look that was sent is not sent again for so long: where looks come in faster than they are done, every sweep would
 * add all that is due once more. A look that got lost is sent again after it.
 */
const TAKEN_MS = 5 * 60_000;

/** Found per shard and sweep; what is left is found by the next one. */
const SHARD_LIMIT = 250;

/**
 * Finds what is due (checks, deadlines, retention dates, claims that nobody started) and only hands it on: looks
 * go into the queue whose consumers are the gateway's pace, claims get their execution.
 */
export async function sweep({
  records,
  vault,
  executions,
  sendLooks,
  now,
  log,
}: SweepDeps): Promise<{ due: number; claims: number }> {
  let due = 0;
  let claims = 0;
  const sweepShard = async (shard: number) => {
    const found = await records.due(shard, now(), SHARD_LIMIT);
    const until = now() + TAKEN_MS;
    const profiles = found.filter(({ kind }) => kind === "profile");
    const taken = await Promise.all(profiles.map(({ key, due_at }) => records.takeDue(key, due_at, until)));
    const looks = profiles.flatMap(({ key }, index) => (taken[index] ? [{ ...key, until }] : []));
    due += looks.length;
    await sendLooks(looks);
    for (const { key } of found.filter(({ kind }) => kind === "claim")) {
      const claim = await records.claimOf(key);
      if (!claim || claim.released) continue;
      claims++;
      // No request in the vault: whoever claimed crashed before it was safe, and got no answer. Let go.
      if (claim.profile_id || (await vault.get(key, `request-${claim.request_hash}`)) !== null) {
        await executions.start(claim);
        await records.started(claim);
      } else await records.release(claim);
    }
  };
  const results = await Promise.allSettled(
    Array.from({ length: DUE_SHARDS }, (_, shard) => sweepShard(shard)),
  );
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
    vault: s3Vault(new S3Client({}), resource("vault:read")),
    executions: stepFunctions(resource("executions:start")),
    sendLooks: sendLooksTo(resource("looks:send")),
    now: () => Date.now(),
    log: createLog("sweep"),
  }),
);

export const handler = middy(async () => sweep(awsDeps()));
