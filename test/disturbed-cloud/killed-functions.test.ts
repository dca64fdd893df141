import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, expect, test } from "vitest";
import { faultsSchema } from "../../functions/sandbox/faults.ts";
import { sampleRequest } from "../../infra/local/run-scenario.ts";
import { type Scenario, type ScenarioName, scenarios } from "../../infra/local/scenarios.ts";
import { clients, configIdOf, endpoints, eventually, freshReference, http } from "../local-cloud/cloud.ts";
import { follow } from "../local-cloud/followed.ts";
import { afterLastWebhook, notOneProfile } from "../local-cloud/sandbox-table.ts";
import { diedSince, killFunctions, killIdle } from "./kills.ts";

const played: readonly ScenarioName[] = [
  "straight-through",
  "review-approve",
  "review-reject",
  "review-by-rules",
  "recapture-once",
  "recapture-by-checker",
];
const KILL_EVERY_MS = 200;
/** So many die at their work before it ends. */
const DEATHS = 8;
/** What dies with one of these while it hands a due look on is due again after minutes. The storm has that time. */
const handsOn = /^(Sweep|Resume)$/;
/** A gateway that takes its time: most functions that are killed are at work. */
const slow = faultsSchema.parse({ api: { latencyMs: 500 } });

const faults = async (body: object) =>
  expect((await http(endpoints.sandbox, "PUT", "/sandbox/faults", { body })).status).toBe(200);
const read = async (reference: string) =>
  (await http(endpoints.api, "GET", `/onboardings/${reference}`)).body;
const executionStatus = async (executionArn: string) =>
  (await clients.sfn.send(new DescribeExecutionCommand({ executionArn }))).status;

beforeAll(() => faults(slow));
afterAll(() => faults({}));

// What an emulator runs that is not ours is not ours to kill.
test.skipIf(endpoints.emulatorPid === null)(
  "functions are killed at their work, at random: every onboarding comes to its end, and nothing happens twice",
  async () => {
    const followed = await follow(endpoints);
    const { outcomes, purged } = followed;
    const onboardings = played.map((name) => ({
      scenario: scenarios[name] as Scenario,
      configId: configIdOf(name),
      reference: freshReference(name),
    }));
    const references = onboardings.map(({ reference }) => reference);
    // Others' onboardings, which other tests have left, come to their ends meanwhile, too.
    const unfinished = () => references.filter((reference) => !purged.has(reference));
    try {
      await killIdle();
      for (const { configId, reference } of onboardings) {
        const body = sampleRequest(reference, configId);
        expect((await http(endpoints.api, "POST", "/onboardings", { body })).status).toBe(202);
      }
      // Where somebody dies who creates, nobody else does for a minute. The storm has that time, too.
      const created = await eventually(
        () => Promise.all(references.map(read)),
        (records) => records.every(({ profile_id }) => profile_id),
      );
      expect(created.filter(({ profile_id }) => !profile_id)).toEqual([]);

      const since = Date.now();
      const killing = killFunctions({
        seed: 1,
        everyMs: KILL_EVERY_MS,
        // From then on retention dates are due.
        spared: (name) => references.some((reference) => outcomes.has(reference)) && handsOn.test(name),
      });
      const died = await eventually(
        () => diedSince(since),
        ({ count }) => count >= DEATHS || unfinished().length === 0,
        60,
      ).finally(() => killing.stop());
      expect(died.count).toBeGreaterThanOrEqual(DEATHS);
      await eventually(
        async () => unfinished(),
        ({ length }) => length === 0,
        120,
      );
      process.stderr.write(`${killing.count} functions killed, ${died.count} at work (${died.of})\n`);
      expect(unfinished()).toEqual([]);

      const { table, webhooks } = await afterLastWebhook(references, slow);
      expect(notOneProfile(table, references)).toEqual([]);
      expect(webhooks.open).toEqual([]);
      for (const { scenario, reference } of onboardings) {
        const heard = [...(outcomes.get(reference) ?? [])].map((event) => event.split(" ")[0]);
        expect(heard, reference).toEqual([scenario.outcomeEvent]);
        expect(purged.get(reference)?.size, reference).toBe(1);

        const { status, events, execution_arn } = await read(reference);
        expect(status, reference).toBe("purged");
        const decided = (events as { kind: string; detail: object }[])
          .filter(({ kind }) => kind === "Decided")
          .map(({ detail }) => JSON.stringify(detail));
        expect(decided, reference).toEqual([...new Set(decided)]);
        const ended = await eventually(
          () => executionStatus(execution_arn),
          (status) => status !== "RUNNING",
        );
        expect(ended, reference).toBe("SUCCEEDED");

        const rounds = scenario.statuses.filter((each) => each === "recapture_pending").length;
        const kept = table.profiles.find(({ reference_id }) => reference_id === reference);
        expect(kept?.state.captures, reference).toBe(1 + rounds);
      }
    } finally {
      await followed.stop();
    }
  },
);
