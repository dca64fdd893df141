import { paginateListExecutions } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, expect, test } from "vitest";
import { faultsSchema } from "../../functions/sandbox/faults.ts";
import { sampleRequest } from "../../infra/local/run-scenario.ts";
import { diedSince, killFunctions } from "../disturbed-cloud/kills.ts";
import {
  clients,
  configIdOf,
  credentials,
  endpoints,
  eventually,
  freshReference,
  http,
} from "../local-cloud/cloud.ts";
import { follow } from "../local-cloud/followed.ts";
import { afterLastWebhook, notOneProfile } from "../local-cloud/sandbox-table.ts";

const PROFILES = Number(process.env["STORM_PROFILES"] ?? 1_000);
const STARTS_AT_ONCE = 4;
const STORM_SECONDS = 3_000;
const KILL_EVERY_MS = 1_500;
/** Functions die until so many have come to their end; the last ones then have nothing more against them than the gateway. */
const KILLED_UNTIL = 0.9 * PROFILES;

const stormy = faultsSchema.parse({
  seed: 7,
  webhooks: { duplicate: 0.3, reorder: 0.2 },
  api: { errorRate: 0.02, statuses: [429, 500, 502, 503] },
});
const faults = (body: object) =>
  http(endpoints.sandbox, "PUT", "/sandbox/faults", { body, headers: credentials });

beforeAll(() => faults(stormy));
afterAll(() => faults({}));

test(`${PROFILES} profiles under a storm of webhooks, functions killed: nothing is lost, all converge`, {
  timeout: 3_600_000,
}, async () => {
  const started = Date.now();
  const secondsSince = () => (Date.now() - started) / 1_000;
  const followed = await follow(endpoints);
  const { purged, outcomes } = followed;
  const references = Array.from({ length: PROFILES }, () => freshReference("storm"));
  const open = [...references];
  const start = async () => {
    for (let reference = open.shift(); reference; reference = open.shift()) {
      const body = sampleRequest(reference, configIdOf("recapture-once"));
      // The gateway's faults reach nobody here: intake does not call it. Whoever asks a function that dies asks again.
      const { status } = await eventually(
        () => http(endpoints.api, "POST", "/onboardings", { body }).catch(() => ({ status: 504 })),
        (answer) => answer.status < 500,
        120,
      );
      expect(status).toBe(202);
    }
  };
  const killing = killFunctions({ seed: 7, everyMs: KILL_EVERY_MS });
  try {
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, start));
    const startedAll = secondsSince();
    const whenPurged = (count: number) =>
      eventually(
        async () => references.filter((reference) => purged.has(reference)).length,
        (length) => length >= count,
        STORM_SECONDS - secondsSince(),
      );
    await whenPurged(KILLED_UNTIL);
    await killing.stop();
    await whenPurged(PROFILES);
    const seconds = secondsSince();
    const unfinished = references.filter((reference) => !purged.has(reference));
    const died = await diedSince(started);
    const { table, webhooks } = await afterLastWebhook(references, stormy);
    process.stderr.write(
      `storm: ${PROFILES} profiles started in ${startedAll.toFixed(0)} s, all ended after ${seconds.toFixed(0)} s (${(PROFILES / seconds).toFixed(1)} a second); ` +
        `${webhooks.delivered} webhooks delivered, ${webhooks.duplicates} of them second copies, ${webhooks.shuffled} held back for others to overtake them, ${webhooks.refused} refused and sent again; ` +
        `${killing.count} functions killed, ${died.count} invocations died of it (${died.of})\n`,
    );
    expect(unfinished).toEqual([]);
    for (const reference of references) {
      expect([...(outcomes.get(reference) ?? [])].length, reference).toBe(1);
      expect([...(purged.get(reference) ?? [])].length, reference).toBe(1);
    }
    expect(notOneProfile(table, references)).toEqual([]);
    expect(webhooks.open).toEqual([]);
    expect(webhooks.delivered).toBeGreaterThanOrEqual(8 * PROFILES);
    expect(died.count).toBeGreaterThanOrEqual(Math.min(50, PROFILES / 10));
    const bad: string[] = [];
    for (const statusFilter of ["FAILED", "TIMED_OUT", "ABORTED", "RUNNING"] as const)
      for await (const page of paginateListExecutions(
        { client: clients.sfn },
        { stateMachineArn: endpoints.stateMachineArn, statusFilter },
      ))
        bad.push(...(page.executions ?? []).map(({ name }) => `${statusFilter} ${name}`));
    expect(bad).toEqual([]);
    const { body } = await http(endpoints.sandbox, "GET", "/sandbox/dead-letters");
    expect(body.dead_letters).toEqual([]);
  } finally {
    await killing.stop();
    await followed.stop();
  }
});
