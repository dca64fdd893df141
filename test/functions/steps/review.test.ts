import { describe, expect, test } from "vitest";
import { recapture } from "../../../functions/steps/recapture.ts";
import { review } from "../../../functions/steps/review.ts";
import { successes } from "../../../shared/gateway/answers.ts";
import type { FullProfile, RecaptureConfig } from "../../../shared/gateway/profile.ts";
import { decisionSchema, workflowSchema } from "../../../shared/profile/policy.ts";
import type { Parking } from "../../../shared/store/records.ts";
import {
  type Answers,
  fullProfile,
  ids,
  key,
  onboardingInMemory,
  state,
  statusAnswer,
} from "../onboarding-in-memory.ts";

const reason = { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" };
const policy = {
  kind: "rules",
  rules: [
    {
      name: "agent rejected",
      when: '"vkyc" in rejected',
      act: { kind: "reject", reason: "The agent rejected" },
    },
    { name: "another face", when: "face_mismatch", act: { kind: "recapture", reason } },
    { name: "all verified", when: "all_verified", act: { kind: "approve" } },
    { name: "failed", when: "size(failed) > 0", act: { kind: "attention" } },
  ],
};
const personal = "Personal-Example";
const task = (keyed: string, manual: object | null, status = "completed") => ({
  task_id: keyed,
  task_type: "t",
  key: keyed,
  status,
  result: { automated_response: { name: personal }, manual_response: manual },
});
type Task = ReturnType<typeof task>;
const profileWith = (tasks: Task[], status = "review_required"): FullProfile => ({
  ...fullProfile(status),
  tasks: tasks as FullProfile["tasks"],
});
const verified = [task("vkyc", { status: "verified" }), task("face", { status: "verified" })];
const mismatch = [
  task("vkyc", { status: "verified" }),
  task("face", { status: "rejected", status_reason: "Face mismatch with PAN" }),
];

/** An onboarding whose review is asked for; the gateway does what it is told. */
async function reviewed(
  decision: object,
  tasks: Task[] = verified,
  { mode, answers = {}, maxRounds = 3 }: { mode?: "encrypted"; answers?: Answers; maxRounds?: number } = {},
) {
  let now: [string, (string | null)?] = ["review_required"];
  const world = onboardingInMemory({
    fetchProfile: ({ status_only }) =>
      status_only ? statusAnswer(...now) : { status: 200, body: profileWith(tasks) },
    completeProfile: ({ body }) => {
      now = ["completed", (body as { status: string }).status];
      return successes.completed(ids);
    },
    submitRecapture: () => {
      now = ["recapture_pending"];
      return successes.sentForRecapture(ids);
    },
    ...answers,
  });
  await world.created(mode);
  const workflowOf = (config_id: string) => workflowSchema.parse({ config_id, decision, maxRounds });
  const deps = { ...world.deps, workflowOf };
  const decisions = async () =>
    (await world.records.history(key, null)).filter(({ kind }) => kind === "Decided");
  return { ...world, deps, decisions, run: () => review.run(state, deps, "token") };
}

describe("a policy of rules", () => {
  test("approves by the rule that matches, and says so before it does", async () => {
    let written: unknown;
    const world: Awaited<ReturnType<typeof reviewed>> = await reviewed(policy, verified, {
      answers: {
        completeProfile: async () => {
          written = await world.decisions();
          return successes.completed(ids);
        },
      },
    });
    await world.run();
    expect(written).toEqual([
      {
        at: expect.any(Number),
        kind: "Decided",
        by: "orchestrator",
        detail: { act: "approve", policy: "rules", rule: "all verified", facts: "all_verified", round: 0 },
      },
    ]);
  });

  test("rejects for a named task, with the rule's reason", async () => {
    const bodies: unknown[] = [];
    const { run, decisions } = await reviewed(policy, [task("vkyc", { status: "rejected" })], {
      answers: {
        completeProfile: ({ body }) => {
          bodies.push(body);
          return successes.completed(ids);
        },
      },
    });
    await run();
    expect(bodies).toEqual([{ status: "rejected", status_description: { reason: "The agent rejected" } }]);
    expect(await decisions()).toMatchObject([{ detail: { act: "reject", rule: "agent rejected" } }]);
  });

  test("sends back for a face mismatch; the recapture knows by which rule", async () => {
    const { run, decisions } = await reviewed(policy, mismatch);
    expect(await run()).toMatchObject({ next: "recapture", rounds: 0, rule: "another face" });
    expect(await decisions()).toMatchObject([
      { detail: { act: "recapture", rule: "another face", facts: "face_mismatch" } },
    ]);
  });

  test("does not forget how often a recapture failed that it asks for again", async () => {
    const { deps } = await reviewed(policy, mismatch);
    const again = { ...state, next: "review", missed: 2 } as const;
    expect(await review.run(again, deps, "token")).toMatchObject({ next: "recapture", missed: 2 });
  });

  test("sends nobody back once the rounds are used up", async () => {
    const { run, decisions } = await reviewed(policy, mismatch, { maxRounds: 0 });
    expect(await run()).toMatchObject({ next: "attention", reason: "recapture rounds are used up" });
    expect(await decisions()).toMatchObject([{ detail: { act: "attention", rule: "another face" } }]);
  });

  test("asks for attention where a rule says so", async () => {
    const { run } = await reviewed(policy, [task("vkyc", null, "failed")]);
    expect(await run()).toMatchObject({
      next: "attention",
      reason: "a rule asks for a person's attention",
    });
  });

  test("asks for attention where no rule matches and the policy wants that", async () => {
    const { run } = await reviewed({ ...policy, otherwise: "attention" }, [task("vkyc", null)]);
    expect(await run()).toMatchObject({ next: "attention", reason: "no rule of the policy matched" });
  });

  test("asks a person where no rule matches, and says by which facts", async () => {
    const { run, decisions, told } = await reviewed(policy, [task("vkyc", null)]);
    expect(await run()).toBeNull();
    expect(told().types).toEqual(["ReviewRequired"]);
    expect(await decisions()).toMatchObject([
      { detail: { act: "person", rule: null, facts: "rejected, face_mismatch, all_verified, failed" } },
    ]);
  });

  test("asks a person where a rule cannot be worked out", async () => {
    const broken = {
      kind: "rules",
      rules: [{ name: "one", when: "1 / round > 0", act: { kind: "approve" } }],
    };
    const { run, decisions, asked } = await reviewed(broken);
    expect(await run()).toBeNull();
    expect(asked).not.toContain("completeProfile");
    expect(await decisions()).toMatchObject([
      { detail: { act: "person", rule: "one", reason: "a rule could not be worked out" } },
    ]);
  });

  test("asks for nothing in clear of a customer who came encrypted", async () => {
    const world: Awaited<ReturnType<typeof reviewed>> = await reviewed(policy, [], {
      mode: "encrypted",
      answers: {
        fetchProfileEncrypted: async () => {
          const { profile_data, resources, tasks, ...clear } = profileWith(mismatch);
          const [encrypted_profile_data, encrypted_resources, encrypted_tasks] = await Promise.all(
            [profile_data, resources, tasks].map((part) => world.cipher.encrypt(part)),
          );
          return {
            status: 200,
            body: { ...clear, encrypted_profile_data, encrypted_resources, encrypted_tasks },
          };
        },
      },
    });
    expect(await world.run()).toMatchObject({ next: "recapture", rule: "another face" });
    expect(world.asked).toEqual(["fetchStatus", "fetchProfileEncrypted"]);
  });

  test("decides nothing on a profile that moved while it was read", async () => {
    const { run, asked, decisions } = await reviewed(policy, verified, {
      answers: {
        fetchProfile: ({ status_only }) =>
          status_only
            ? statusAnswer("review_required")
            : { status: 200, body: profileWith(verified, "recapture_pending") },
      },
    });
    await expect(run()).rejects.toThrow("the profile moved while it was read");
    expect(asked).toEqual(["fetchStatus", "fetchProfile"]);
    expect(await decisions()).toEqual([]);
  });

  test("writes nothing of the customer down", async () => {
    const { run, table, deps, published } = await reviewed(policy, mismatch);
    await run();
    await recapture.run({ ...state, rounds: 0, rule: "another face" }, withOffer(deps), "token");
    const kept = JSON.stringify([[...table.items.values()], published]);
    expect(kept).not.toContain(personal);
    expect(kept).not.toContain("PAN");
  });
});

const offer: RecaptureConfig = {
  configuration: { resources: [], tasks: [{ task_key: "face", task_type: "t" }] },
  reasons: [{ ...reason, comments_mandatory: false }],
};
const withOffer = <Deps extends { gatewayOf: ReturnType<typeof onboardingInMemory>["deps"]["gatewayOf"] }>(
  deps: Deps,
): Deps => ({
  ...deps,
  gatewayOf: async (account_id: string) => ({
    ...(await deps.gatewayOf(account_id)),
    fetchRecaptureConfig: async () => ({ status: 200, body: offer }),
  }),
});

describe("the recapture that a rule asked for", () => {
  const asking = { ...state, rounds: 0, rule: "another face" };

  test("is that rule's, and parks with the round begun", async () => {
    const { deps, told, record } = await reviewed(policy, mismatch);
    expect(await recapture.run(asking, withOffer(deps), "token")).toBeNull();
    expect(told().types).toEqual(["RecaptureRequested"]);
    expect(await record()).toMatchObject({ state: "Recapture", rounds: 1 });
  });

  test.each([
    ["was renamed", { ...policy, rules: [{ ...policy.rules[1], name: "a face" }] }],
    ["leads to something else now", { ...policy, rules: [{ ...policy.rules[2], name: "another face" }] }],
    ["gave way to a policy without rules", { kind: "recapture", reason }],
    ["gave way to a person", { kind: "person" }],
  ])("is not asked for when the rule %s meanwhile: the policy is asked again", async (_, changed) => {
    const { deps, asked } = await reviewed(changed, mismatch);
    expect(await recapture.run(asking, withOffer(deps), "token")).toMatchObject({ next: "review" });
    expect(asked).toEqual(["fetchStatus"]);
  });

  test("is not asked for by a policy of rules that did not say so", async () => {
    const { deps, asked } = await reviewed(policy, mismatch);
    const next = await recapture.run({ ...state, rounds: 0 }, withOffer(deps), "token");
    expect(next).toMatchObject({ next: "review" });
    expect(asked).toEqual(["fetchStatus"]);
  });
});

describe("a policy without rules", () => {
  test.each([
    [{ kind: "approve" }, { act: "approve", policy: "approve", rule: null, facts: null, round: 0 }],
    [
      { kind: "reject", reason: "By policy" },
      { act: "reject", policy: "reject", rule: null, facts: null, round: 0, reason: "By policy" },
    ],
    [
      { kind: "recapture", reason },
      { act: "recapture", policy: "recapture", rule: null, facts: "round", round: 0 },
    ],
  ])("writes down what it does: %j", async (decision, detail) => {
    const { run, decisions, asked } = await reviewed(decision);
    await run();
    expect(await decisions()).toMatchObject([{ kind: "Decided", by: "orchestrator", detail }]);
    expect(asked).not.toContain("fetchProfile");
  });

  test("that leaves it to a person decides nothing", async () => {
    const { run, decisions, told } = await reviewed({ kind: "person" });
    expect(await run()).toBeNull();
    expect(told().types).toEqual(["ReviewRequired"]);
    expect(await decisions()).toEqual([]);
  });
});

test("a step that is repeated writes its decision once; the next review writes its own", async () => {
  const decision = decisionSchema.parse({ kind: "recapture", reason, afterwards: "attention" });
  const { run, decisions, records, record } = await reviewed(decision);
  await run();
  await run();
  expect(await decisions()).toHaveLength(1);
  const parking: Parking = {
    state: "Recapture",
    parked_at: 0,
    task_token: "t",
    waits_for: [],
    deadline_at: 1,
    due_at: 1,
  };
  await records.park(await record(), parking, { rounds: 1 });
  await run();
  expect((await decisions()).map(({ detail }) => [detail["act"], detail["round"]])).toEqual([
    ["recapture", 0],
    ["attention", 1],
  ]);
});
