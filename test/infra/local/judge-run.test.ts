import { describe, expect, test } from "vitest";
import { judgeRun } from "../../../infra/local/judge-run.ts";
import type { ScenarioRun } from "../../../infra/local/run-scenario.ts";

const event = (type: string) => ({ id: type, time: "2026-01-01T00:00:00Z", type, detail: {} });
const record = {
  reference_id: "r",
  profile_id: "p",
  status: "purged",
  reviewer_action: "approved",
  waiting_for: null,
  waiting_until: null,
  round: 1,
  allowed_actions: [],
  execution_arn: "arn",
  events: [],
};
const good: ScenarioRun = {
  scenario: "recapture-once",
  referenceId: "r",
  profileId: "p",
  record,
  statuses:
    "pending capture_pending in_progress review_required recapture_pending in_progress review_required completed purged".split(
      " ",
    ),
  reviewerAction: "approved",
  events: ["CaptureLinkReady", "RecaptureRequested", "OnboardingCompleted", "ProfilePurged"].map(event),
  executionArn: "arn",
  executionStatus: "SUCCEEDED",
  history: [],
  vaultKeys: [],
  timedOut: false,
};

describe("the judgement of a run", () => {
  test("finds nothing in one that came out as its scenario says", () => expect(judgeRun(good)).toEqual([]));

  test.each<[string, Partial<ScenarioRun>, RegExp]>([
    [
      "a missing round",
      { statuses: ["in_progress", "review_required", "completed"] },
      /^gateway statuses: expected/,
    ],
    [
      "another reviewer action",
      { reviewerAction: "rejected" },
      /^reviewer_action: expected approved, got rejected$/,
    ],
    [
      "no outcome event",
      { events: [event("ProfilePurged")] },
      /^outcome event on the bus: expected OnboardingCompleted, got none$/,
    ],
    ["two outcomes", { events: [...good.events, event("OnboardingFailed")] }, /^outcome event on the bus/],
    [
      "a purge that nobody heard of",
      { events: [event("OnboardingCompleted")] },
      /^event: expected ProfilePurged/,
    ],
    [
      "a profile that is not purged",
      { record: { ...record, status: "completed" } },
      /^final status: expected purged/,
    ],
    ["a failed execution", { executionStatus: "FAILED" }, /^execution: expected SUCCEEDED, got FAILED$/],
    ["data left in the vault", { vaultKeys: ["p/result"] }, /^objects left in the vault: expected 0, got 1$/],
    ["a time-out", { timedOut: true }, /in time$/],
  ])("names %s", (_, change, difference) => {
    const differences = judgeRun({ ...good, ...change });
    expect(differences).toHaveLength(1);
    expect(differences[0]).toMatch(difference);
  });
});
