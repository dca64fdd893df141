import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { factsOf, factsSchema } from "../../../functions/decisions/facts.ts";
import { judge, ruleProblem } from "../../../functions/decisions/rules.ts";
import { decisionSchema, type RulesDecision } from "../../../shared/profile/policy.ts";
import { reviewedProfile } from "./sandbox-profile.ts";

const page = readFileSync(new URL("../../../docs/configuration.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/```json\n(\{\n {2}"kind": "rules",[\s\S]*?)```/g)].map(
  ([, json = ""]) => decisionSchema.parse(JSON.parse(json)) as RulesDecision,
);
const mismatch = factsOf(await reviewedProfile("review-by-rules"), 0);
const verified = factsOf(await reviewedProfile("review-by-rules", { rounds: 1 }), 1);
const call = { status: "rejected", agent_remark: null } as const;
const rejected = factsOf(await reviewedProfile("by-hand", { call }), 0);
const undecided = factsOf(await reviewedProfile("by-hand"), 0);

test("the page has three policies of rules, each of which may be deployed", () => {
  expect(examples).toHaveLength(3);
  for (const { rules } of examples) for (const { when } of rules) expect(ruleProblem(when)).toBeNull();
});

test("the page has every fact in its table", () => {
  const [, table = ""] = /\| Fact +\|[^\n]*\n([\s\S]*?)\n\n/.exec(page) ?? [];
  expect([...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name)).toEqual(
    Object.keys(factsSchema.shape),
  );
});

describe.each([
  ["first", 0, { verified: "approve", rejected: "reject", mismatch: "person", undecided: "person" }],
  ["second", 1, { verified: "approve", rejected: "person", mismatch: "recapture", undecided: "person" }],
  ["third", 2, { verified: "approve", rejected: "person", mismatch: "person", undecided: "approve" }],
] as const)("the %s does what is said above it", (_, index, acts) => {
  test.each(Object.entries({ verified, rejected, mismatch, undecided }))("%s", (name, facts) => {
    const decision = examples[index] as RulesDecision;
    expect(judge(decision, facts).act.kind).toBe(acts[name as keyof typeof acts]);
  });
});

test("the second rejects a face that is still another's after two rounds", () => {
  const decision = examples[1] as RulesDecision;
  expect(judge(decision, { ...mismatch, round: 2 })).toMatchObject({
    act: { kind: "reject" },
    rule: "still another face",
  });
});
