import { describe, expect, test } from "vitest";
import { type Facts, factsOf, factsSchema } from "../../../functions/decisions/facts.ts";
import { judge, ruleProblem } from "../../../functions/decisions/rules.ts";
import { decisionSchema, type RuleAct, type RulesDecision } from "../../../shared/profile/policy.ts";
import { fullProfile } from "../onboarding-in-memory.ts";
import { reviewedProfile } from "./sandbox-profile.ts";

const reason = { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" };
const approve: RuleAct = { kind: "approve" };
const reject: RuleAct = { kind: "reject", reason: "The agent rejected" };
const rules = (...each: [name: string, when: string, act: object][]): RulesDecision =>
  decisionSchema.parse({
    kind: "rules",
    rules: each.map(([name, when, act]) => ({ name, when, act })),
  }) as RulesDecision;
const nothing = factsOf({ ...fullProfile("review_required"), tasks: [] }, 0);
const factsWith = (facts: Partial<Facts>): Facts => ({ ...nothing, ...facts });

/** As the documentation shows it. */
const policy = rules(
  ["the agent rejected", '"vkyc.assisted_vkyc" in rejected', reject],
  ["another face", "face_mismatch && round < 2", { kind: "recapture", reason }],
  ["all verified", "all_verified", approve],
);

describe("on the sandbox's own documents", () => {
  test("everything verified is approved", async () => {
    const facts = factsOf(await reviewedProfile("review-by-rules", { rounds: 1 }), 1);
    expect(judge(policy, facts)).toMatchObject({
      act: approve,
      rule: "all verified",
      facts: ["all_verified"],
      reason: null,
    });
  });

  test("a named task that was rejected is rejected", async () => {
    const call = { status: "rejected", agent_remark: null } as const;
    const facts = factsOf(await reviewedProfile("by-hand", { call }), 0);
    expect(judge(policy, facts)).toMatchObject({
      act: reject,
      rule: "the agent rejected",
      facts: ["rejected"],
    });
  });

  test("a face mismatch is sent back", async () => {
    const facts = factsOf(await reviewedProfile("review-by-rules"), 0);
    expect(judge(policy, facts)).toMatchObject({
      act: { kind: "recapture", reason },
      rule: "another face",
      facts: ["face_mismatch", "round"],
    });
  });

  test("what no rule speaks of is a person's", async () => {
    const facts = factsOf(await reviewedProfile("by-hand"), 0);
    expect(judge(policy, facts)).toMatchObject({
      act: { kind: "person" },
      rule: null,
      facts: ["rejected", "face_mismatch", "round", "all_verified"],
    });
  });
});

test("the first rule that matches decides, the rest is not asked", () => {
  const { rule, rules: judged } = judge(
    rules(["one", "false", reject], ["two", "round == 0", approve], ["three", "true", reject]),
    nothing,
  );
  expect(rule).toBe("two");
  expect(judged.map(({ outcome }) => outcome)).toEqual(["does-not-match", "matches", "not-asked"]);
});

test("a task that is not there is in no list: its rule does not match, and stands in nobody's way", () => {
  const decision = rules(["one", '"gone" in rejected', reject], ["two", "true", approve]);
  expect(judge(decision, nothing)).toMatchObject({ act: approve, rule: "two", reason: null });
});

describe("a rule that asks for what is not there", () => {
  const lacks = 'scores["face.match_score"] < 50.0';

  test("does not match, and no rule below it approves by itself", () => {
    const decision = rules(["one", lacks, reject], ["two", "true", approve]);
    expect(judge(decision, nothing)).toMatchObject({
      act: { kind: "person" },
      rule: "two",
      reason: "a rule above the approval lacked a fact",
      rules: [{ outcome: "lacks" }, { outcome: "matches" }],
    });
    expect(judge(decision, factsWith({ scores: { "face.match_score": 80 } }))).toMatchObject({
      act: approve,
    });
  });

  test("lets rules below it reject, send back or ask", () => {
    for (const act of [reject, { kind: "recapture", items: "all", reason }, { kind: "attention" }])
      expect(judge(rules(["one", lacks, approve], ["two", "true", act]), nothing).act).toEqual(act);
  });

  test("can ask first whether it is there", () => {
    const asks = `"face.match_score" in scores && ${lacks}`;
    const decision = rules(["one", asks, reject], ["two", "true", approve]);
    expect(judge(decision, nothing)).toMatchObject({ act: approve, reason: null });
  });
});

test("a rule that cannot be worked out ends it: a person decides", () => {
  const decision = rules(["one", "1 / round > 0", reject], ["two", "true", approve]);
  expect(judge(decision, nothing)).toMatchObject({
    act: { kind: "person" },
    rule: "one",
    facts: ["round"],
    reason: "a rule could not be worked out",
    rules: [{ outcome: "fault" }, { outcome: "not-asked" }],
  });
  expect(judge(decision, factsWith({ round: 1 }))).toMatchObject({ act: reject });
});

test("an expression that was never checked decides nothing", () => {
  for (const when of ["gone", "round", "all_verified &&", "rejected[0] == 'a'"])
    expect(judge(rules(["one", when, approve]), nothing).act, when).toEqual({ kind: "person" });
});

test("names what is read, of a score or an answer which one", () => {
  const when =
    'answers["face.is_a_match"] || scores.total > 1.0 || rejected.exists(key, key in tasks && key != "a")';
  const facts = factsWith({ answers: { "face.is_a_match": true } });
  expect(judge(rules(["one", when, reject]), facts).facts).toEqual([
    "answers.face.is_a_match",
    "scores.total",
    "rejected",
    "tasks",
  ]);
});

test("a rule without facts of its own goes by those that did not match before it", () => {
  const decision = rules(
    ["one", "face_mismatch", reject],
    ["two", "true", reject],
    ["three", "round > 0", approve],
  );
  expect(judge(decision, nothing)).toMatchObject({ rule: "two", facts: ["face_mismatch"] });
});

describe("an expression may be deployed that", () => {
  test.each([
    "all_verified",
    "!face_mismatch && round < 3",
    '"fiv_check" in rejected',
    'rejected == ["fiv_check"]',
    "size(rejected) == 0 && size(undecided) <= 1",
    'undecided.all(key, key in ["a", "b"])',
    'verified.exists(key, key.startsWith("pan."))',
    'scores["fiv_check.confidence"] >= 90.5',
    'scores["fiv_check.confidence"] >= 90',
    "has(answers.live) && answers.live",
    'documents.filter(type, type.contains("aadhaar")).size() > 0',
    "all_verified ? round == 0 : false",
    "true",
  ])("is %s", (when) => {
    expect(ruleProblem(when)).toBeNull();
    expect(judge(rules(["one", when, reject]), nothing).rules[0]?.outcome, when).not.toBe("fault");
  });
});

describe("an expression is refused that", () => {
  test.each([
    ["names no fact", "al_verified", /^unknown fact: al_verified; the facts are round, all_verified, /],
    ["reaches for the language below", "constructor", /^unknown fact: constructor/],
    ["reaches further", "rejected.constructor == ''", /./],
    ["compares what cannot be compared", "round < '2'", /^no such overload: int < string/],
    ["looks for a number among keys", "1 in rejected", /^no such overload: int in list<string>/],
    ["is no yes or no", "rejected", /^yields list<string>, where true or false is wanted/],
    ["breaks off", "all_verified &&", /^unexpected token: EOF/],
    ["assigns", "round = 1", /./],
    ["takes a pattern", 'tasks.exists(key, key.matches("(a+)+$"))', /^matches is not for rules/],
    [
      "takes the time",
      'timestamp("2026-01-01T00:00:00Z") == timestamp("2026-01-01T00:00:00Z")',
      /^timestamp is/,
    ],
    ["leaves types behind", "dyn(round) == 'x'", /^dyn is not for rules/],
    ["calls what is not there", "fetch('x')", /overload for 'fetch/],
    ["loops in a loop", "tasks.all(a, tasks.all(b, a == b))", /^all is inside another loop/],
    ["loops over a fact's name", "tasks.all(round, round == '')", /^round is a fact/],
    ["is deep", `${"(".repeat(40)}true${")".repeat(40)}`, /^exceeded maxDepth/],
    ["is long", Array(150).fill("true").join(" || "), /^exceeded maxAstNodes/],
  ])("%s", (_, when, problem) => {
    expect(ruleProblem(when)).toMatch(problem);
  });
});

test("what is judged takes time in proportion to the profile", () => {
  const many = Array.from({ length: 100_000 }, (_, index) => `task-${index}`);
  const decision = rules(["one", 'tasks.all(key, key.startsWith("task-"))', reject]);
  const started = performance.now();
  expect(judge(decision, factsWith({ tasks: many })).rule).toBe("one");
  expect(performance.now() - started).toBeLessThan(5_000);
});

test("every fact is one that rules know", () => {
  const literal: Record<string, string> = { boolean: "X || true", number: "X >= 0", object: "size(X) >= 0" };
  for (const [name, value] of Object.entries(nothing))
    expect(ruleProblem((literal[typeof value] ?? "").replace("X", name)), name).toBeNull();
  expect(Object.keys(nothing)).toEqual(Object.keys(factsSchema.shape));
});
