import { paginateListExecutions } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sampleRequest } from "../../infra/local/run-scenario.ts";
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

const PROFILES = Number(process.env["STORM_PROFILES"] ?? 1_000);
const STARTS_AT_ONCE = 4;
const STORM_SECONDS = 3_000;

const faults = (body: object) =>
  http(endpoints.sandbox, "PUT", "/sandbox/faults", { body, headers: credentials });

beforeAll(() =>
  faults({
    seed: 7,
    webhooks: { duplicate: 0.3, reorder: 0.2 },
    api: { errorRate: 0.02, statuses: [429, 500, 502, 503] },
  }),
);
afterAll(() => faults({}));

test(`${PROFILES} profiles under a storm of webhooks: nothing is lost, all converge`, {
  timeout: 3_600_000,
}, async () => {
  const started = Date.now();
  const followed = await follow(endpoints);
  const { purged, outcomes } = followed;
  let webhooks = 0;
  const references = Array.from({ length: PROFILES }, () => freshReference("storm"));
  const open = [...references];
  const start = async () => {
    for (let reference = open.shift(); reference; reference = open.shift()) {
      const body = sampleRequest(reference, configIdOf("recapture-once"));
      // The gateway's faults reach nobody here: intake does not call it.
      const { status } = await http(endpoints.api, "POST", "/onboardings", { body });
      expect(status).toBe(202);
    }
  };
  try {
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, start));
    const startedAll = (Date.now() - started) / 1_000;
    await eventually(
      async () => purged.size,
      (size) => size === PROFILES,
      STORM_SECONDS,
    );
    const seconds = (Date.now() - started) / 1_000;
    const unfinished = references.filter((reference) => !purged.has(reference));
    for (const reference of references.slice(0, 50)) {
      const { body } = await http(endpoints.api, "GET", `/onboardings/${reference}`);
      webhooks += body.events.filter(({ by }: { by: string }) => by === "webhook").length;
    }
    process.stderr.write(
      `storm: ${PROFILES} profiles started in ${startedAll.toFixed(0)} s, all ended after ${seconds.toFixed(0)} s (${(PROFILES / seconds).toFixed(1)} a second); ${(webhooks / Math.min(50, PROFILES)).toFixed(1)} different webhooks a profile in the timeline, 30 % of them sent twice\n`,
    );
    expect(unfinished).toEqual([]);
    for (const reference of references)
      expect([...(outcomes.get(reference) ?? [])].length, reference).toBe(1);
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
    await followed.stop();
  }
});
