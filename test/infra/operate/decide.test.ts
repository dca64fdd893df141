import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { decideReview } from "../../../functions/decisions/decide-review.ts";
import { factsOf } from "../../../functions/decisions/facts.ts";
import { decisionLines, readRules, withRules } from "../../../infra/operate/decide.ts";
import { reviewedProfile } from "../../functions/decisions/sandbox-profile.ts";

const folder = mkdtempSync(join(tmpdir(), "onboarding-rules-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const fileOf = (content: unknown): string => {
  const file = join(folder, `rules-${++files}.json`);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
};
const policy = {
  kind: "rules",
  rules: [
    { name: "low score", when: 'scores["gone.score"] < 50.0', act: { kind: "reject" } },
    { name: "all verified", when: "all_verified\n  && round < 3", act: { kind: "approve" } },
  ],
};

/** What the API says of a stage where a person decides. */
async function dryRun() {
  const facts = factsOf(await reviewedProfile("review-by-rules", { rounds: 1 }), 1);
  const {
    rules,
    rule,
    facts: facts_read,
  } = decideReview({ decision: { kind: "person" }, maxRounds: 3 }, 1, facts);
  return {
    reference_id: "order-1042",
    status: "review_required",
    round: 1,
    max_rounds: 3,
    decides: "person" as const,
    act: "person" as const,
    rule,
    because: null,
    facts_read,
    rules,
    facts,
    would_apply: true,
  };
}

describe("rules of a file", () => {
  test("are tried on the facts that the API gave, and change nothing else of its answer", async () => {
    const deployed = await dryRun();
    const tried = withRules(deployed, readRules(fileOf(policy)));
    expect(tried).toMatchObject({
      decides: "rules",
      act: "person",
      rule: "all verified",
      because: "a rule above the approval lacked a fact",
      facts_read: ["all_verified", "round"],
      facts: deployed.facts,
    });
  });

  test.each([
    ["no JSON", "{", /cannot be read, or is not JSON/],
    ["no policy", { kind: "rule" }, /: decision\.kind: /],
    ["no rules", { kind: "approve" }, /: decision\.kind: "rules" is wanted/],
    [
      "an unknown act",
      { kind: "rules", rules: [{ name: "a", when: "true", act: { kind: "x" } }] },
      /: decision\.rules\.0\.act\.kind: /,
    ],
    [
      "an unknown fact",
      { kind: "rules", rules: [{ name: "a", when: "gone", act: { kind: "approve" } }] },
      /: decision\.rules\.0\.when: unknown fact: gone/,
    ],
  ])("are refused with one line that names the key: %s", (_, content, problem) => {
    const file = fileOf(content);
    expect(() => readRules(file)).toThrow(expect.objectContaining({ name: "CommandFailed" }));
    expect(() => readRules(file)).toThrow(problem);
  });

  test("that are not there are one line too", () => {
    expect(() => readRules(join(folder, "gone.json"))).toThrow(/cannot be read/);
  });
});

test("what is printed reads like a table: every rule with what became of it, every fact with its value", async () => {
  const tried = withRules(await dryRun(), readRules(fileOf(policy)));
  expect([...decisionLines(tried, "rules.json")].join("\n")).toMatchInlineSnapshot(`
    "order-1042: a person is asked
      policy      rules of rules.json
      rule        all verified
      because     a rule above the approval lacked a fact
      led by      all_verified, round
      status      review_required: a decision is waited for

      RULE           WHEN                          ACT       HERE
      low score      scores["gone.score"] < 50.0   reject    lacks a fact, so does not match
      all verified   all_verified && round < 3     approve   matches

      FACT               VALUE
      round              1
      all_verified       yes
      face_mismatch      no
      tasks              fiv_check, self_video.capture_and_verify
      verified           fiv_check, self_video.capture_and_verify
      rejected           –
      unable_to_verify   –
      undecided          –
      failed             –
      unfinished         –
      documents          selfie, ind_pan
      scores             fiv_check.confidence 97, self_video.capture_and_verify.confidence 97
      answers            –"
  `);
});

test("a policy without rules prints what it does, and the facts that rules would see", async () => {
  const lines = [...decisionLines({ ...(await dryRun()), status: "completed", would_apply: false }, null)];
  expect(lines.slice(0, 4)).toEqual([
    "order-1042: a person is asked",
    "  policy      person",
    "  status      completed: there is nothing to decide",
    "",
  ]);
  expect(lines[4]).toMatch(/^ {2}FACT +VALUE$/);
});
