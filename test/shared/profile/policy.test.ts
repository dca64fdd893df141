import { expect, test } from "vitest";
import {
  decisionSchema,
  longestSeconds,
  workflowFor,
  workflowSchema,
} from "../../../shared/profile/policy.ts";

const DAY = 86_400;
const person = { config_id: "x", decision: { kind: "person" } };

test("the defaults fit into one execution", () => {
  const workflow = workflowSchema.parse(person);
  // 30 capture + 4 × 14 review + 3 × 14 recapture + 3 × 7 attention + 30 retention
  expect(longestSeconds(workflow)).toBe(179 * DAY);
});

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

test("a config.id that nobody configured is left to a person", () => {
  const known = workflowSchema.parse({ config_id: "known", decision: { kind: "approve" } });
  expect(workflowFor([known], "known")).toBe(known);
  expect(workflowFor([known], "other")).toEqual(workflowSchema.parse({ ...person, config_id: "other" }));
});
