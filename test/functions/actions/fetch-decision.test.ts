import { describe, expect, test } from "vitest";
import { fetchDecision } from "../../../functions/actions/fetch-decision.ts";
import { decisionAnswerSchema } from "../../../functions/decisions/decision-answer.ts";
import type { FullProfile } from "../../../shared/gateway/profile.ts";
import { type Workflow, workflowSchema } from "../../../shared/profile/policy.ts";
import { reviewedProfile } from "../decisions/sandbox-profile.ts";
import { type Answers, callOf, ids, key, onboardingInMemory } from "../onboarding-in-memory.ts";

const reason = { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" };
const rules = {
  kind: "rules",
  rules: [
    { name: "another face", when: "face_mismatch", act: { kind: "recapture", reason } },
    { name: "all verified", when: "all_verified", act: { kind: "approve" } },
  ],
};

/** A dry run over a profile of the sandbox's own. */
async function dryRun(
  decision: object,
  profile: FullProfile,
  { mode, more = {} }: { mode?: "encrypted"; more?: Partial<Workflow> } = {},
) {
  const plain = { ...profile, ...ids };
  const { profile_data, resources, tasks, ...clear } = plain;
  const answers: Answers = mode
    ? {
        fetchProfileEncrypted: async () => ({
          status: 200,
          body: {
            ...clear,
            encrypted_profile_data: await world.cipher.encrypt(profile_data),
            encrypted_resources: await world.cipher.encrypt(resources),
            encrypted_tasks: await world.cipher.encrypt(tasks),
          },
        }),
      }
    : { fetchProfile: () => ({ status: 200, body: plain }) };
  const world = onboardingInMemory(answers);
  await world.created(mode);
  const before = JSON.stringify([...world.table.items]);
  const workflowOf = (config_id: string) => workflowSchema.parse({ config_id, decision, ...more });
  const { status, body } = await fetchDecision.run(callOf({ id: key.reference_id }), {
    ...world.deps,
    workflowOf,
  });
  expect(status).toBe(200);
  expect(JSON.stringify([...world.table.items])).toBe(before);
  expect(world.published).toEqual([]);
  return { answer: decisionAnswerSchema.strict().parse(body), asked: world.asked };
}

describe("a dry run", () => {
  test("says what the rules would do, which of them and why", async () => {
    const { answer, asked } = await dryRun(rules, await reviewedProfile("review-by-rules"));
    expect(answer).toMatchObject({
      reference_id: key.reference_id,
      status: "review_required",
      round: 0,
      max_rounds: 3,
      decides: "rules",
      act: "recapture",
      rule: "another face",
      because: null,
      facts_read: ["face_mismatch"],
      rules: [
        { name: "another face", act: "recapture", outcome: "matches" },
        { name: "all verified", when: "all_verified", outcome: "not-asked", facts: ["all_verified"] },
      ],
      facts: { face_mismatch: true, rejected: ["fiv_check"] },
      would_apply: true,
    });
    expect(asked).toEqual(["fetchProfile"]);
  });

  test("says that the rounds are used up", async () => {
    const profile = await reviewedProfile("review-by-rules");
    const { answer } = await dryRun(rules, profile, { more: { maxRounds: 0 } });
    expect(answer).toMatchObject({ act: "attention", because: "recapture rounds are used up" });
  });

  test("of an encrypted onboarding asks for nothing in clear", async () => {
    const { answer, asked } = await dryRun(rules, await reviewedProfile("by-hand"), { mode: "encrypted" });
    expect(answer).toMatchObject({ act: "person", rule: null, facts: { tasks: expect.any(Array) } });
    expect(asked).toEqual(["fetchProfileEncrypted"]);
  });

  test.each([
    [{ kind: "person" }, "person"],
    [{ kind: "approve" }, "approve"],
    [{ kind: "reject" }, "reject"],
    [{ kind: "recapture", reason }, "recapture"],
  ])("of a policy without rules has the facts all the same: %j", async (decision, act) => {
    const { answer } = await dryRun(decision, await reviewedProfile("review-by-rules"));
    expect(answer).toMatchObject({
      decides: act,
      act,
      rule: null,
      rules: [],
      facts: { face_mismatch: true },
    });
  });

  test("of a profile that nobody waits for says that it would not apply", async () => {
    const profile = await reviewedProfile("review-by-rules");
    const { answer } = await dryRun(rules, { ...profile, status: "completed" });
    expect(answer).toMatchObject({ status: "completed", would_apply: false });
  });
});

test("an unknown reference is refused with 404, and the gateway is not asked", async () => {
  const { deps, asked } = onboardingInMemory();
  expect(await fetchDecision.run(callOf({ id: "gone" }), deps)).toMatchObject({ status: 404 });
  expect(asked).toEqual([]);
});
