import {
  ListAWSDefaultServiceQuotasCommand,
  ListServiceQuotasCommand,
  ServiceQuotasClient,
} from "@aws-sdk/client-service-quotas";
import { describe, expect, test } from "vitest";
import { parseStage } from "../../../../infra/config.ts";
import { expectedLoad } from "../../../../infra/operate/doctor/expected-load.ts";
import { lineOf } from "../../../../infra/operate/doctor/finding.ts";
import { judgeQuotas, learnQuotas, type Quota } from "../../../../infra/operate/doctor/quotas.ts";

const stageOf = (settings: object) => parseStage("prod", { prod: settings });
const workflow = (captureDays: number, retentionDays: number) => ({
  config_id: `${captureDays}`,
  decision: { kind: "person" },
  captureSeconds: captureDays * 86_400,
  retentionSeconds: retentionDays * 86_400,
});
const defaults: Quota[] = [
  {
    service: "states",
    code: "L-1",
    name: "StartExecution throttle token refill rate per second",
    value: 150,
  },
  { service: "states", code: "L-2", name: "StartExecution throttle token bucket size", value: 800 },
  {
    service: "states",
    code: "L-3",
    name: "StateTransition throttle token refill rate per second",
    value: 800,
  },
  {
    service: "states",
    code: "L-4",
    name: "SendTaskSuccess throttle token refill rate per second",
    value: 300,
  },
  { service: "lambda", code: "L-5", name: "Concurrent executions", value: 1000 },
  { service: "apigateway", code: "L-6", name: "Throttle rate", value: 10_000 },
  {
    service: "events",
    code: "L-7",
    name: "PutEvents throttle limit in transactions per second",
    value: 600,
  },
];
const lines = (settings: object, quotas: Quota[] = defaults) =>
  judgeQuotas(stageOf(settings), { value: quotas }).map(lineOf);

describe("what is expected", () => {
  test("is five times the mean of the day in its busiest hours", () => {
    const load = expectedLoad(
      86_400,
      Object.values(stageOf({ workflows: { a: workflow(2, 30) } }).workflows),
    );
    expect(load).toEqual({
      startsPerSecond: 5,
      transitionsPerSecond: 55,
      taskAnswersPerSecond: 25,
      eventsPerSecond: 50,
      readsPerSecond: 50,
      webhooksPerSecond: 60,
      looksPerSecond: 100,
      looksAtOnce: 100,
      concurrentFunctions: 200,
      openExecutions: 86_400 * 31,
    });
  });

  test("waits as long as the slowest workflow, and as one by default where there is none", () => {
    const two = stageOf({ workflows: { a: workflow(2, 10), b: workflow(20, 5) } }).workflows;
    expect(expectedLoad(100, Object.values(two)).openExecutions).toBe(100 * 15);
    expect(expectedLoad(100, []).openExecutions).toBe(100 * 45);
  });
});

describe("quotas", () => {
  test("are not checked while nothing says what is expected", () => {
    expect(lines({})).toEqual([
      "? quotas: not checked, nothing says how many onboardings are expected: set stages.prod.expectedPerDay in cdk.json",
    ]);
  });

  test("of a new account do for ten thousand a day", () => {
    const found = lines({ expectedPerDay: 10_000, looksAtOnce: 12 });
    expect(found.filter((line) => !line.startsWith("✓"))).toEqual([]);
    expect(found).toEqual([
      "✓ limits: enough for 10,000 onboardings a day, peaks of 5 times the mean",
      "✓ quota of StartExecution: 150 a second, 0.6 are needed",
      "✓ quota of state transitions: 800 a second, 6.4 are needed",
      "✓ quota of SendTaskSuccess: 300 a second, 2.9 are needed",
      "✓ quota of open executions: 1,000,000 at once, 450,000 are needed",
      "✓ quota of Lambda's concurrent executions: 1,000 at once, 24 are needed",
      "✓ quota of API Gateway's requests: 10,000 a second, 14 are needed",
      "✓ quota of EventBridge's PutEvents: 600 a second, 5.8 are needed",
    ]);
  });

  test("that are too low say what to ask AWS for", () => {
    const tenConcurrent = defaults.map((quota) =>
      quota.service === "lambda" ? { ...quota, value: 10 } : quota,
    );
    expect(lines({ expectedPerDay: 10_000 }, tenConcurrent)).toContain(
      "✗ quota of Lambda's concurrent executions: 10 at once, but 24 are needed: `aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-5 --desired-value 24`",
    );
    expect(lines({ expectedPerDay: 30_000 })).toContainEqual(
      expect.stringMatching(/^✗ quota of open executions: 1,000,000 at once, but 1,350,000 are needed/),
    );
  });

  test("that are not listed, or not at all, are not checked", () => {
    const others = defaults.filter(({ name }) => !name.startsWith("StateTransition"));
    expect(lines({ expectedPerDay: 10_000 }, others)).toContain(
      "? quota of state transitions: not found among those of states; 6.4 a second are needed",
    );
    expect(judgeQuotas(stageOf({ expectedPerDay: 1 }), { because: "not authorized" }).map(lineOf)).toEqual([
      "✓ limits: enough for 1 onboardings a day, peaks of 5 times the mean",
      "? quotas: not checked here: not authorized",
    ]);
  });

  test("do not help where the stage's own limits are lower", () => {
    const throttle = { creates: { perSecond: 5 } };
    const found = lines({ expectedPerDay: 100_000, throttle });
    expect(found[0]).toBe(
      "✗ limit of creates: 5 a second, but 5.8 are expected: raise stages.prod.throttle.creates.perSecond to 6 in cdk.json, and deploy",
    );
  });

  test("do not help where the gateway is asked too slowly to look at all that is due", () => {
    const looks = (settings: object) => lines(settings).filter((line) => line.includes("limit of looks"));
    expect(looks({ expectedPerDay: 100_000, looksAtOnce: 115 })).toEqual([
      "✗ limit of looks: 115 at once, but 116 a second take 116: raise stages.prod.looksAtOnce to 116 in cdk.json, if the gateway takes as much, and deploy",
    ]);
    expect(looks({ expectedPerDay: 100_000, looksAtOnce: 116 })).toEqual([]);
    expect(looks({ expectedPerDay: 10_000_000 })).toEqual([
      "✗ limit of looks: 5 at once, but 11,575 a second take 11,575: spread the load over several stages: looksAtOnce goes up to 1,000",
    ]);
  });

  test("are the account's own where they were raised, on whichever page", async () => {
    class Quotas extends ServiceQuotasClient {
      constructor() {
        super({ region: "us-east-1" });
      }

      override async send(command: unknown): Promise<never> {
        return this.#answer(command) as never;
      }

      #answer(command: unknown): object {
        if (command instanceof ListAWSDefaultServiceQuotasCommand) {
          const { ServiceCode, NextToken } = command.input;
          const Quotas = [{ QuotaCode: NextToken ?? "first", QuotaName: `${ServiceCode} quota`, Value: 10 }];
          return { Quotas, ...(NextToken ? {} : { NextToken: "second" }) };
        }
        if (command instanceof ListServiceQuotasCommand)
          return { Quotas: [{ QuotaCode: "second", QuotaName: "raised", Value: 99 }] };
        throw new Error("an unknown command");
      }
    }
    const learnt = await learnQuotas(new Quotas());
    expect(learnt).toMatchObject({
      value: expect.arrayContaining([
        { service: "lambda", code: "first", name: "lambda quota", value: 10 },
        { service: "lambda", code: "second", name: "raised", value: 99 },
        { service: "states", code: "second", name: "raised", value: 99 },
      ]),
    });
  });
});
