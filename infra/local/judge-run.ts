import type { ScenarioRun } from "./run-scenario.ts";
import { type Scenario, scenarios } from "./scenarios.ts";

const outcomeEvents = [
  "OnboardingCompleted",
  "OnboardingRejected",
  "OnboardingCancelled",
  "OnboardingExpired",
  "OnboardingFailed",
];

/** What a run differs in from its scenario's row, one sentence each; empty when it came out as it should. */
export function judgeRun(run: Omit<ScenarioRun, "history">): string[] {
  const expected: Scenario = scenarios[run.scenario];
  const differences: string[] = [];
  const differs = (what: string, wanted: unknown, got: unknown) => {
    differences.push(`${what}: expected ${String(wanted)}, got ${String(got)}`);
  };

  if (run.timedOut) differences.push("it did not come to its end in time");
  const early = ["pending", "capture_pending"];
  const got = run.statuses.filter((status) => !early.includes(status) && status !== "purged");
  const wanted = [...expected.statuses];
  // A status that came back through a late repetition is a duplicate of the timeline, not a step of the profile.
  if (!isInOrder(wanted, got)) differs("gateway statuses", wanted.join(", "), got.join(", ") || "none");
  if (run.reviewerAction !== expected.reviewerAction)
    differs("reviewer_action", expected.reviewerAction, run.reviewerAction);
  const outcomes = run.events.map(({ type }) => type).filter((type) => outcomeEvents.includes(type));
  if (new Set(outcomes).size !== 1 || outcomes[0] !== expected.outcomeEvent)
    differs("outcome event on the bus", expected.outcomeEvent, outcomes.join(", ") || "none");
  if (run.record?.status !== "purged") differs("final status", "purged", run.record?.status ?? "none");
  if (!run.events.some(({ type }) => type === "ProfilePurged")) differs("event", "ProfilePurged", "none");
  if (run.executionStatus !== "SUCCEEDED") differs("execution", "SUCCEEDED", run.executionStatus);
  if (run.vaultKeys.length > 0) differs("objects left in the vault", 0, run.vaultKeys.length);
  return differences;
}

/** Are all of `wanted` in `got`, in this order? */
function isInOrder(wanted: readonly string[], got: readonly string[]): boolean {
  let found = 0;
  for (const status of got) if (status === wanted[found]) found++;
  return found === wanted.length;
}
