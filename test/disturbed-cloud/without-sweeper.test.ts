import { DisableRuleCommand, EnableRuleCommand, ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readEndpoints } from "../../infra/local/endpoints.ts";
import { localClients } from "../../infra/local/local-clients.ts";
import { runScenario, sweepOnce } from "../../infra/local/run-scenario.ts";

const endpoints = await readEndpoints();
const { eventbridge, lambda, ...clients } = localClients(endpoints);
let schedules: string[] = [];

beforeAll(async () => {
  const { Rules = [] } = await eventbridge.send(new ListRulesCommand({}));
  schedules = Rules.flatMap(({ Name, ScheduleExpression }) => (Name && ScheduleExpression ? [Name] : []));
  for (const Name of schedules) await eventbridge.send(new DisableRuleCommand({ Name }));
});

afterAll(async () => {
  for (const Name of schedules) await eventbridge.send(new EnableRuleCommand({ Name }));
  await sweepOnce({ eventbridge, lambda, ...clients }, endpoints.sweepFunction);
});

test("with the sweeper off, two recapture rounds over status-only webhooks complete: no repeated webhook is lost", async () => {
  expect(schedules).toHaveLength(2);
  const run = await runScenario(endpoints, "recapture-twice", { sweep: false, timeoutSeconds: 30 });
  expect(run.events.map(({ type }) => type)).toContain("OnboardingCompleted");
  expect(run.record).toMatchObject({ status: "completed", reviewer_action: "approved", round: 2 });
  // Status-only bodies repeat to the byte: each round's review is a line of its own all the same.
  const reviews = run.record?.events.filter(
    ({ kind, detail }) => kind === "W3" && (detail as { status?: string }).status === "review_required",
  );
  expect(reviews).toHaveLength(3);
});
