import { describe, expect, test } from "vitest";
import {
  afterDeadline,
  afterNews,
  decide,
  givesUp,
  limitSeconds,
  type Next,
  nextStep,
  outcomeOf,
  outcomes,
  type Wait,
  waits,
  waitsFor,
} from "../../../shared/profile/next.ts";
import { type Decision, decisionSchema, workflowSchema } from "../../../shared/profile/policy.ts";
import { type ProfileStatus, profileStatuses } from "../../../shared/profile/status.ts";

const settled: ProfileStatus[] = [
  "review_required",
  "recapture_pending",
  "completed",
  "cancelled",
  "capture_expired",
  "failed",
  "purged",
];

describe("waitsFor", () => {
  const expected = (wait: Wait, entry: ProfileStatus): ProfileStatus[] => {
    if (wait === "Retain") return ["purged"];
    if (wait === "Review") return settled.filter((status) => status !== "review_required");
    if (wait === "Recapture") return settled.filter((status) => status !== "recapture_pending");
    if (entry === "pending" && wait === "Attention") return ["capture_pending", ...settled];
    return wait === "Attention" ? settled.filter((status) => status !== entry) : settled;
  };
  test.each(waits)("%s, in every status", (wait) => {
    for (const entry of profileStatuses) expect(waitsFor(wait, entry), entry).toEqual(expected(wait, entry));
  });

  test.each(waits)("%s hears of every end but the one it started in", (wait) => {
    for (const entry of profileStatuses)
      expect(waitsFor(wait, entry)).toContain(
        entry === "purged" && wait === "Attention" ? "completed" : "purged",
      );
  });
});

describe("nextStep", () => {
  const table: Record<ProfileStatus, Next> = {
    pending: "open",
    capture_pending: "open",
    in_progress: "open",
    review_required: "review",
    recapture_pending: "recapture",
    completed: "complete",
    cancelled: "close",
    capture_expired: "close",
    failed: "close",
    purged: "purge",
  };
  test.each(profileStatuses)("from %s", (status) => {
    for (const rounds of [0, 1, 2]) expect(nextStep(status, rounds, 3)).toBe(table[status]);
  });

  test("one round too many needs a person", () => {
    expect(nextStep("recapture_pending", 3, 3)).toBe("attention");
    expect(nextStep("recapture_pending", 0, 0)).toBe("attention");
    expect(nextStep("review_required", 3, 3)).toBe("review");
  });
});

describe("afterNews", () => {
  test.each(profileStatuses)("without an outcome goes by the status alone: %s", (status) => {
    expect(afterNews({ rounds: 3, outcome: null }, status, 3)).toBe(nextStep(status, 3, 3));
  });

  test.each(profileStatuses)("with one takes nothing up again: %s", (status) => {
    const next = status === "purged" ? "purge" : "close";
    for (const outcome of outcomes) expect(afterNews({ rounds: 0, outcome }, status, 3)).toBe(next);
  });
});

describe("afterDeadline", () => {
  const closes: Record<Wait, readonly ProfileStatus[]> = {
    OpenCapture: ["capture_pending"],
    Review: [],
    Recapture: ["recapture_pending"],
    Attention: profileStatuses,
    Retain: [],
  };
  test.each(waits)("%s, in every status", (wait) => {
    for (const status of profileStatuses) {
      const expected = wait === "Retain" ? "purge" : closes[wait].includes(status) ? "close" : "attention";
      expect(afterDeadline(wait, status), status).toBe(expected);
    }
  });
});

describe("decide", () => {
  test("a person, an approval, a rejection", () => {
    expect(decide({ kind: "person" }, 0, 3)).toEqual({ act: "park" });
    expect(decide({ kind: "approve" }, 3, 3)).toEqual({ act: "complete", status: "approved", reason: null });
    expect(decide({ kind: "reject", reason: "why" }, 0, 3)).toEqual({
      act: "complete",
      status: "rejected",
      reason: "why",
    });
    expect(decide({ kind: "reject" }, 0, 3)).toMatchObject({ reason: null });
  });

  const recapture = (afterwards: "approve" | "reject" | "person" | "attention", rounds = 2) =>
    decisionSchema.parse({
      kind: "recapture",
      reason: { code: "c", reason: "r" },
      rounds,
      afterwards,
    }) as Exclude<Decision, { kind: "rules" }>;
  const reason = "recapture rounds are used up";
  test("recapture while there are rounds, then what the policy says", () => {
    expect(decide(recapture("approve"), 0, 3)).toEqual({ act: "recapture" });
    expect(decide(recapture("approve"), 1, 3)).toEqual({ act: "recapture" });
    expect(decide(recapture("approve"), 2, 3)).toEqual({ act: "complete", status: "approved", reason: null });
    expect(decide(recapture("reject"), 2, 3)).toEqual({ act: "complete", status: "rejected", reason: null });
    expect(decide(recapture("person"), 2, 3)).toEqual({ act: "park" });
    expect(decide(recapture("attention"), 2, 3)).toEqual({ act: "attention", reason });
  });

  test("more rounds wanted than allowed needs a person", () => {
    expect(decide(recapture("approve", 3), 1, 1)).toEqual({ act: "attention", reason });
  });
});

test.each([
  ["completed", "approved", false, "completed"],
  ["completed", null, false, "completed"],
  ["completed", "rejected", false, "rejected"],
  ["cancelled", null, false, "cancelled"],
  ["cancelled", null, true, "expired"],
  ["capture_expired", null, false, "expired"],
  ["failed", null, false, "failed"],
  ["in_progress", null, false, "failed"],
  ["purged", "approved", false, "failed"],
] as const)("outcome of %s (%s), limit passed %s: %s", (status, reviewer_action, limitPassed, outcome) => {
  expect(outcomeOf({ status, reviewer_action }, limitPassed)).toBe(outcome);
});

test("an onboarding is given up after three missed attention deadlines", () => {
  expect([0, 1, 2, 3, 4].map(givesUp)).toEqual([false, false, false, true, true]);
});

test("each wait has its own limit", () => {
  const workflow = workflowSchema.parse({
    config_id: "x",
    decision: { kind: "person" },
    captureSeconds: 1,
    reviewSeconds: 2,
    recaptureSeconds: 3,
    attentionSeconds: 4,
    retentionSeconds: 5,
  });
  expect(waits.map((wait) => limitSeconds(wait, workflow))).toEqual([1, 2, 3, 4, 5]);
});
