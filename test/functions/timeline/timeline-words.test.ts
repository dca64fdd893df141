import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  saysOf,
  statusWords,
  tellsDecision,
  timelineWords,
} from "../../../functions/timeline/timeline-words.ts";
import { eventTypes } from "../../../shared/events/published.ts";
import { webhooks } from "../../../shared/gateway/webhooks.ts";
import { profileStatuses } from "../../../shared/profile/status.ts";
import { synthesizedDefinition } from "../../workflow/definition.ts";

const root = join(import.meta.dirname, "../../..");
const sources = globSync("functions/**/*.ts", { cwd: root })
  .filter((file) => !file.startsWith("functions/sandbox/"))
  .map((file) => readFileSync(join(root, file), "utf8"));

/** How a kind looks where a line is written: as a property, as what `changeProfile` is told, or in a list of kinds. */
const places = [
  /\bkind: "([A-Z]\w+)"/g,
  /\badd\("([A-Z]\w+)"/g,
  /changeProfile\(\s*\w+,\s*\w+,\s*"(\w+)"/g,
  /\b\w*: "(\w+(?:ByOperator|ByCaller|ToOperator|ForOperator))"/g,
];
const written = sources.flatMap((source) =>
  places.flatMap((place) => [...source.matchAll(place)].map(([, kind = ""]) => kind)),
);
const kinds = [...new Set([...written, ...eventTypes, ...Object.keys(webhooks)])].sort();

test("the places where lines are written are found", () => {
  expect(written).toEqual(
    expect.arrayContaining([
      "OnboardingRequested",
      "GatewayAsked",
      "CancelledByCaller",
      "Decided",
      "StepFailed",
    ]),
  );
});

test.each(kinds)("%s has words", (kind) => {
  expect(Object.keys(timelineWords)).toContain(kind);
});

test.each(kinds)("%s says a sentence, whatever its detail lacks", (kind) => {
  const says = saysOf({ kind, detail: {} });
  expect(says).toMatch(/^\S.+[.)]$/);
  expect(says).not.toContain("[object");
});

test("an event says its name, which is the one on the bus", () => {
  for (const type of eventTypes) expect(saysOf({ kind: type, detail: {} })).toContain(`(event ${type})`);
});

test.each(profileStatuses)("a webhook of %s says what that means", (status) => {
  const says = saysOf({ kind: "W3", detail: { status } });
  expect(says).toBe(`The gateway says ${status}: ${statusWords[status]}.`);
});

test("a word of the gateway that nobody knows is not repeated", () => {
  expect(saysOf({ kind: "W1", detail: { status: "Mrs Sample" } })).toBe(
    "The gateway says something changed.",
  );
});

test.each([
  [{ calls: "completeProfile", decision: "approved" }, "We asked the gateway to approve the customer."],
  [
    { calls: "fetchStatus, completeProfile", decision: "rejected" },
    "We asked the gateway to reject the customer.",
  ],
  [
    { calls: "completeProfile (Unprocessable)", decision: "rejected" },
    "We asked the gateway to reject the customer. It refused.",
  ],
  [
    { calls: "purgeProfile (Transient)" },
    "We asked the gateway to erase the customer's data. It gave no answer.",
  ],
  [
    { step: "Close", calls: "cancelProfile" },
    "We asked the gateway to cancel the profile, since the time was over.",
  ],
])("a change that we asked for is told with its answer: %j", (detail, says) => {
  expect(saysOf({ kind: "GatewayAsked", detail })).toBe(says);
});

test.each([
  [{ act: "approve", policy: "approve" }, "We decided to approve the customer, as the workflow says."],
  [
    { act: "recapture", policy: "recapture", facts: "round", round: 0 },
    "We decided to send the customer back, as the workflow says before any recapture.",
  ],
  [
    { act: "approve", policy: "recapture", facts: "round", round: 1 },
    "We decided to approve the customer, as the workflow says after recapture round 1.",
  ],
  [
    { act: "person", policy: "rules", rule: null, facts: "round, tasks", round: 1 },
    "We decided to ask a person, since none of the workflow's rules matched (looking at round, tasks).",
  ],
])("a decision is told with what led to it: %j", (detail, says) => {
  expect(saysOf({ kind: "Decided", detail })).toBe(says);
});

test("a recapture is ours if we asked for it", () => {
  const says = (calls: string) => saysOf({ kind: "RecaptureRequested", detail: { round: 2, calls } });
  expect(says("fetchStatus, submitRecapture")).toMatch(
    /^We sent the customer back to redo something, round 2\./,
  );
  expect(says("fetchStatus")).toMatch(/^The customer was sent back to redo something, round 2\./);
});

test.each([
  [{ decision: "approved" }, "The caller approved the customer at the gateway."],
  [{ decision: "rejected" }, "The caller rejected the customer at the gateway."],
  [{}, "The caller decided about the customer at the gateway."],
])("a caller's decision is told as far as it is known: %j", (detail, says) => {
  expect(saysOf({ kind: "ProfileCompletedByCaller", detail })).toBe(says);
});

const shownStates = Object.entries(synthesizedDefinition().States).filter(
  ([, { Type }]) => Type === "Task" || Type === "Wait",
);
test.each(shownStates.map(([state]) => state))("entering %s says what it does", (state) => {
  const says = saysOf({ kind: "StepEntered", detail: { state } });
  expect(says).toMatch(new RegExp(`^Step ${state} begins: it \\w+s .+\\.$`));
});

test.each([
  ["what a policy decided", "Decided", { act: "approve" }, true],
  ["that a policy sends the customer back", "Decided", { act: "recapture" }, false],
  ["what a caller decided", "ProfileCompletedByCaller", {}, true],
  ["what an operator decided", "RejectedByOperator", {}, true],
  [
    "a rejection at the deadline",
    "GatewayAsked",
    { step: "Close", calls: "fetchStatus, completeProfile" },
    true,
  ],
  [
    "one that was refused",
    "GatewayAsked",
    { step: "Close", calls: "completeProfile (Unprocessable)" },
    false,
  ],
  ["what was decided before", "GatewayAsked", { step: "Review", calls: "completeProfile" }, false],
  ["a cancellation", "GatewayAsked", { step: "Close", calls: "cancelProfile" }, false],
])("%s: whether it is a decision on the customer", (_what, kind, detail, is) => {
  expect(tellsDecision({ kind, detail: detail as Record<string, string> })).toBe(is);
});
