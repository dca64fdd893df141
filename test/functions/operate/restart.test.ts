import { describe, expect, test, vi } from "vitest";
import { actOnOnboarding } from "../../../functions/actions/act-on-onboarding.ts";
import type { ExecutionState } from "../../../functions/executions.ts";
import type { StepName } from "../../../functions/step.ts";
import { steps } from "../../../functions/steps/index.ts";
import { successes } from "../../../shared/gateway/answers.ts";
import type { Wait } from "../../../shared/profile/next.ts";
import { workflowSchema } from "../../../shared/profile/policy.ts";
import type { ProfileStatus, ReviewerAction } from "../../../shared/profile/status.ts";
import type { ProfileRecord } from "../../../shared/store/profile-record.ts";
import {
  type Answers,
  callOf,
  fullProfile,
  ids,
  key,
  onboardingInMemory,
  profile_id,
  START,
  state,
  statusAnswer,
} from "../onboarding-in-memory.ts";

/** As the state machine goes on (infra/workflow/onboarding.ts). */
const routes: Record<string, StepName> = {
  open: "OpenCapture",
  review: "Review",
  recapture: "Recapture",
  attention: "Attention",
  complete: "Retain",
  close: "Close",
  retain: "Retain",
  purge: "Purge",
};
const always: Partial<Record<StepName, StepName>> = { Retain: "Purge" };

/** An onboarding that its execution left while it was parked in `wait`; the gateway is in `status` by now. */
async function abandoned(
  wait: Wait | null,
  status: ProfileStatus,
  fields: Partial<ProfileRecord> = {},
  reviewer_action: ReviewerAction | null = null,
  answers: Answers = {},
) {
  const onboarding = onboardingInMemory({
    fetchProfile: ({ status_only }) =>
      status_only
        ? statusAnswer(status, reviewer_action)
        : { status: 200, body: fullProfile(status, reviewer_action) },
    ...answers,
  });
  const { records, deps } = onboarding;
  const workflow = workflowSchema.parse({ config_id: "c", decision: { kind: "person" } });
  const all = { ...deps, workflowOf: () => workflow, captureHosts: ["example.com"], newId: () => "act-1" };
  const claim = await onboarding.created();
  await records.started(claim);
  const parking = {
    parked_at: START,
    task_token: "dead",
    waits_for: [],
    deadline_at: START + 9e8,
    due_at: START + 9e8,
  };
  if (wait)
    await records.park(
      await onboarding.record(),
      { state: wait, ...parking },
      { link_ready: true, ...fields },
    );
  vi.mocked(deps.executions.look).mockResolvedValue("ended" as never);
  return {
    ...onboarding,
    async restart() {
      const body = { action: "restart", by: "ann", reason: "The execution was stopped." };
      return actOnOnboarding.run(callOf({ id: key.reference_id, body }), all);
    },
    /** Plays an attempt's execution until it waits or ends: the states that it comes through. */
    async play(attempt: number): Promise<StepName[]> {
      const path: StepName[] = [];
      let next: StepName | undefined = "OpenCapture";
      let at: ExecutionState = { ...state, attempt };
      while (next) {
        path.push(next);
        const went: ExecutionState | null = await steps[next].run(at, all, `token-${attempt}-${path.length}`);
        if (!went || next === "Purge") break;
        at = went;
        next = always[next] ?? routes[at.next ?? ""];
        if (path.at(-1) === "OpenCapture" && at.next === "end") break;
      }
      return path;
    },
  };
}

describe("an onboarding whose execution is gone goes on where it stood", () => {
  test.each<[string, Wait | null, ProfileStatus, StepName[], Partial<ProfileRecord>]>([
    ["before its first wait", null, "in_progress", ["OpenCapture"], {}],
    ["while the customer was waited for", "OpenCapture", "capture_pending", ["OpenCapture"], {}],
    ["with a review that came meanwhile", "OpenCapture", "review_required", ["OpenCapture", "Review"], {}],
    ["at a review", "Review", "review_required", ["OpenCapture", "Review"], { rounds: 2 }],
    ["in a recapture round", "Recapture", "recapture_pending", ["OpenCapture", "Recapture"], { rounds: 2 }],
    [
      "in the last recapture round",
      "Recapture",
      "recapture_pending",
      ["OpenCapture", "Recapture"],
      { rounds: 3 },
    ],
    [
      "with the customer done in a recapture round",
      "Recapture",
      "in_progress",
      ["OpenCapture", "Recapture"],
      { rounds: 1 },
    ],
    ["after a recapture round", "Recapture", "review_required", ["OpenCapture", "Review"], { rounds: 3 }],
    [
      "in Attention",
      "Attention",
      "review_required",
      ["OpenCapture", "Review"],
      { rounds: 1, reason: "a step failed repeatedly", missed: 2 },
    ],
    [
      "in retention",
      "Retain",
      "completed",
      ["OpenCapture", "Retain"],
      { outcome: "completed", retain_until: START + 5e8, rounds: 1 },
    ],
    [
      "in retention, given up with the gateway's profile still open",
      "Retain",
      "in_progress",
      ["OpenCapture", "Retain"],
      { outcome: "failed", retain_until: START + 5e8 },
    ],
  ])("%s", async (_, wait, status, path, fields) => {
    const onboarding = await abandoned(wait, status, fields, status === "completed" ? "approved" : null);
    expect(await onboarding.restart()).toMatchObject({ status: 200 });
    expect(await onboarding.play(2)).toEqual(path);
    const claim = await onboarding.records.claimOf(key);
    const record = await onboarding.record();
    expect(record).toMatchObject({
      state: path.at(-1),
      rounds: fields.rounds ?? 0,
      execution: claim?.execution,
      task_token: `token-2-${path.length}`,
      ...(fields.retain_until && { retain_until: fields.retain_until, outcome: fields.outcome }),
    });
    expect(record.execution).toMatch(/-2$/);
  });

  test("and is purged in the end", async () => {
    const onboarding = await abandoned(
      "Retain",
      "completed",
      { outcome: "completed", retain_until: START - 1 },
      "approved",
      { purgeProfile: () => successes.purged(ids) },
    );
    await onboarding.restart();
    expect(await onboarding.play(2)).toEqual(["OpenCapture", "Retain", "Purge"]);
    expect(await onboarding.record()).toMatchObject({ status: "purged", outcome: "completed" });
    expect(onboarding.vault.objects.size).toBe(0);
    // Stands for every event of the outcome: however often it is announced, it is one.
    const outcomes = onboarding.published.filter(({ type }) => type === "OnboardingCompleted");
    expect(new Set(outcomes.map(({ detail }) => detail["event_id"])).size).toBe(1);
  });

  test("with its profile, and a request whose create had not come through is created", async () => {
    const onboarding = onboardingInMemory({
      createProfileAsync: () => ({ status: 202, body: { profile_id } }),
      fetchProfile: () => statusAnswer("in_progress"),
    });
    const claim = await onboarding.claimed();
    await onboarding.records.started(claim);
    const next = await onboarding.records.restart(claim, START);
    expect(await steps.OpenCapture.run({ ...state, attempt: 1 }, onboarding.deps, "1")).toMatchObject({
      next: "end",
    });
    expect(await steps.OpenCapture.run({ ...state, attempt: 2 }, onboarding.deps, "2")).toBeNull();
    expect((await onboarding.record()).execution).toBe(next?.execution);
  });
});

test("a round that another execution began is counted once and announced once more, as another event", async () => {
  const onboarding = await abandoned("Review", "recapture_pending");
  await steps.Recapture.run({ ...state, next: "recapture", rounds: 0 }, onboarding.deps, "token");
  await onboarding.restart();
  await onboarding.play(2);
  const announced = onboarding.published.filter(({ type }) => type === "RecaptureRequested");
  expect(announced.map(({ detail }) => detail["round"])).toEqual([1, 1]);
  expect(new Set(announced.map(({ detail }) => detail["event_id"])).size).toBe(2);
  expect((await onboarding.record()).rounds).toBe(1);
});

test("a recapture step that is repeated after its round does not send the customer back once more", async () => {
  const onboarding = await abandoned("Recapture", "review_required", { rounds: 1 });
  const workflow = workflowSchema.parse({
    config_id: "c",
    decision: { kind: "recapture", reason: { code: "C", reason: "R" }, rounds: 2 },
  });
  const deps = { ...onboarding.deps, workflowOf: () => workflow };
  expect(await steps.Recapture.run({ ...state, next: "recapture", rounds: 0 }, deps, "token")).toMatchObject({
    next: "review",
    rounds: 1,
  });
  expect(onboarding.asked).toEqual(["fetchStatus"]);
});

test("the execution before, redriven by hand, does nothing any more, least of all the purge", async () => {
  const onboarding = await abandoned(
    "Retain",
    "completed",
    { outcome: "completed", retain_until: START - 1 },
    "approved",
  );
  await onboarding.restart();
  await steps.OpenCapture.run({ ...state, attempt: 2 }, onboarding.deps, "");
  const before = await onboarding.record();
  for (const step of [
    steps.OpenCapture,
    steps.Review,
    steps.Recapture,
    steps.Attention,
    steps.Retain,
    steps.Purge,
  ])
    expect(await step.run({ ...state, attempt: 1, next: "open" }, onboarding.deps, "old")).toMatchObject({
      next: "end",
    });
  expect(await onboarding.record()).toEqual(before);
  expect(onboarding.vault.objects.size).toBeGreaterThan(0);
});
