import { expect, test } from "vitest";
import { decisionSchema, workflowSchema } from "../../../shared/profile/policy.ts";
import { longestSeconds, recaptureAsk, workflowFor } from "../../../shared/profile/workflow.ts";

const DAY = 86_400;
const person = { config_id: "x", decision: { kind: "person" } };

test("the defaults fit into one execution", () => {
  const workflow = workflowSchema.parse(person);
  // 30 capture + 4 × 14 review + 3 × 14 recapture + 3 × 7 attention + 30 retention
  expect(longestSeconds(workflow)).toBe(179 * DAY);
});

test("a config.id that nobody configured is left to a person", () => {
  const known = workflowSchema.parse({ config_id: "known", decision: { kind: "approve" } });
  expect(workflowFor([known], "known")).toBe(known);
  expect(workflowFor([known], "other")).toEqual(workflowSchema.parse({ ...person, config_id: "other" }));
});

test("a policy of rules sends back for what the named rule says", () => {
  const rule = { name: "one", when: "true", act: { kind: "approve" } };
  const reason = { code: "c", reason: "r" };
  const recapture = { kind: "recapture", items: "all" as const, reason };
  const decision = decisionSchema.parse({
    kind: "rules",
    rules: [rule, { ...rule, name: "two", act: recapture }],
  });
  expect(recaptureAsk(decision, "two")).toEqual(recapture);
  for (const name of ["one", "three", undefined]) expect(recaptureAsk(decision, name)).toBeNull();
  const simple = decisionSchema.parse(recapture);
  expect(recaptureAsk(simple, undefined)).toMatchObject({ reason });
  expect(recaptureAsk(simple, "two")).toBeNull();
  expect(recaptureAsk({ kind: "person" }, undefined)).toBeNull();
});
