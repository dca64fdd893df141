import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decideReview } from "../../functions/decisions/decide-review.ts";
import { factsOf, factsSchema } from "../../functions/decisions/facts.ts";
import { ruleOutcomes, ruleProblem } from "../../functions/decisions/rules.ts";
import { checkBody } from "../../shared/gateway/check-body.ts";
import { isTooDeep, parseJson } from "../../shared/gateway/json.ts";
import { type FullProfile, fullProfileSchema } from "../../shared/gateway/profile.ts";
import { decisionSchema } from "../../shared/profile/policy.ts";
import { fullProfile } from "../functions/onboarding-in-memory.ts";
import { jsonLike } from "./hostile.ts";
import { hold, timeout } from "./runs.ts";

const verified = {
  task_id: "1",
  key: "fiv_check",
  status: "completed",
  result: { automated_response: { confidence: 97, live: true }, manual_response: { status: "verified" } },
  tasks: [{ tasks: [{ key: "inner", status: "failed" }] }],
};
/** As the client lets it through, or `null`. */
function profileWith(tasks: unknown): FullProfile | null {
  if (isTooDeep(tasks)) return null;
  const checked = checkBody(fullProfileSchema, { ...fullProfile("review_required"), tasks });
  return checked.success ? (checked.data as FullProfile) : null;
}

/** Pieces of expressions, right and wrong, put together anyhow. */
const expression = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...Object.keys(factsSchema.shape),
        ...["&&", "||", "!", "==", "<", "in", "?", ":", "+", "/", "(", ")", "[", "]", "{", "}", ".", ","],
        ...["true", "null", "0", "1.5", '"fiv_check"', '"fiv_check.confidence"', "dyn", "type", "cel.bind"],
        ...[
          "size",
          "has",
          ".exists(key,",
          ".all(key,",
          ".matches(",
          ".startsWith(",
          ".map(key,",
          "__proto__",
        ],
      ),
      fc.string({ maxLength: 6 }),
    ),
    { minLength: 1, maxLength: 14 },
  )
  .map((pieces) => pieces.join(" "))
  .filter((text) => text !== "");

test("any tasks that the gateway may send become facts", { timeout }, async () => {
  let known = 0;
  await hold(
    fc.asyncProperty(jsonLike([[verified], [verified, verified]]), async (text) => {
      const profile = profileWith(parseJson(text)?.value);
      if (!profile) return;
      known++;
      const facts = factsOf(profile, 0);
      expect(factsSchema.parse(facts)).toEqual(facts);
    }),
  );
  expect(known).toBeGreaterThan(100);
});

test("any expression is refused or can be judged, and only one that is right approves", {
  timeout,
}, async () => {
  const facts = factsOf(profileWith([verified]) as FullProfile, 1);
  await hold(
    fc.asyncProperty(expression, async (when) => {
      const problem = ruleProblem(when);
      const rules = [{ name: "one", when, act: { kind: "approve" } }];
      const decision = decisionSchema.parse({ kind: "rules", rules });
      const { word, rules: judged } = decideReview({ decision, maxRounds: 3 }, 1, facts);
      expect(ruleOutcomes).toContain(judged[0]?.outcome);
      expect(word).toBe(judged[0]?.outcome === "matches" ? "approve" : "person");
      if (problem !== null) expect(problem).toMatch(/^[^\n]{1,400}$/);
    }),
  );
});
