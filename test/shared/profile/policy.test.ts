import { describe, expect, test } from "vitest";
import { decisionSchema, workflowSchema } from "../../../shared/profile/policy.ts";
import { longestSeconds } from "../../../shared/profile/workflow.ts";

const DAY = 86_400;
const person = { config_id: "x", decision: { kind: "person" } };

test("350 days in all are accepted, a second more is refused", () => {
  const rest = 179 - 30;
  const longest = { ...person, retentionSeconds: (350 - rest) * DAY };
  expect(longestSeconds(workflowSchema.parse(longest))).toBe(350 * DAY);
  const refused = workflowSchema.safeParse({ ...longest, retentionSeconds: longest.retentionSeconds + 1 });
  expect(refused.error?.issues.map(({ message }) => message)).toEqual([
    "capture, review, recapture, attention and retention may take 351 days together; the most is 350",
  ]);
});

test.each([
  [{ ...person, captureSeconds: 0 }],
  [{ ...person, captureSeconds: 1.5 }],
  [{ ...person, maxRounds: 4 }],
  [{ ...person, linkPatienceSeconds: 21 }],
  [{ ...person, unknown: 1 }],
  [{ ...person, reminders: { atMost: 1 } }],
  [{ ...person, reminders: { afterSeconds: 1, atMost: 11 } }],
  [{ ...person, reviewOverdueSeconds: 0 }],
  [{ ...person, appointmentGraceSeconds: 86_401 }],
  [{ ...person, config_id: "" }],
])("refuses %j", (workflow) => {
  expect(workflowSchema.safeParse(workflow).success).toBe(false);
});

test("a recapture decision asks for everything, once, then for a person", () => {
  expect(decisionSchema.parse({ kind: "recapture", reason: { code: "c", reason: "r" } })).toEqual({
    kind: "recapture",
    items: "all",
    reason: { code: "c", reason: "r" },
    rounds: 1,
    afterwards: "person",
  });
});

describe("a policy of rules", () => {
  const rule = { name: "one", when: "true", act: { kind: "approve" } };
  const parse = (more: object) => decisionSchema.safeParse({ kind: "rules", rules: [rule], ...more });

  test("leaves to a person what no rule speaks of, and can never approve that", () => {
    expect(parse({}).data).toEqual({ kind: "rules", rules: [rule], otherwise: "person" });
    expect(parse({ otherwise: "attention" }).success).toBe(true);
    expect(parse({ otherwise: "approve" }).error?.issues[0]?.path).toEqual(["otherwise"]);
  });

  test.each([
    [[], ["rules"]],
    [[rule, rule], ["rules"]],
    [[{ ...rule, name: "" }], ["rules", 0, "name"]],
    [[{ ...rule, name: "a\nb" }], ["rules", 0, "name"]],
    [[{ ...rule, name: "x".repeat(61) }], ["rules", 0, "name"]],
    [[{ ...rule, when: "" }], ["rules", 0, "when"]],
    [[{ ...rule, when: "x".repeat(1001) }], ["rules", 0, "when"]],
    [[{ ...rule, act: { kind: "purge" } }], ["rules", 0, "act", "kind"]],
    [[{ ...rule, act: { kind: "recapture" } }], ["rules", 0, "act", "reason"]],
    [
      [rule, { ...rule, name: "two", otherwise: 1 }],
      ["rules", 1],
    ],
  ])("is refused with %j", (rules, path) => {
    expect(parse({ rules }).error?.issues.map((issue) => issue.path)).toEqual([path]);
  });
});

test("reminders must fit before the capture's deadline, and a review be overdue before its own", () => {
  const problems = (more: object) =>
    workflowSchema
      .safeParse({ ...person, ...more })
      .error?.issues.map(({ path, message }) => [...path, message]);
  const reminders = { afterSeconds: 100, everySeconds: 50, atMost: 3 };
  expect(problems({ captureSeconds: 201, reminders })).toBeUndefined();
  expect(problems({ captureSeconds: 200, reminders })).toEqual([
    ["reminders", "the last reminder must come before captureSeconds are over"],
  ]);
  expect(problems({ captureSeconds: 100, reminders: { ...reminders, atMost: 0 } })).toBeUndefined();
  expect(problems({ reviewSeconds: 10, reviewOverdueSeconds: 9 })).toBeUndefined();
  expect(problems({ reviewSeconds: 10, reviewOverdueSeconds: 10 })).toEqual([
    ["reviewOverdueSeconds", "must be less than reviewSeconds"],
  ]);
});
