import { describe, expect, test } from "vitest";
import { waits } from "../../../shared/profile/next.ts";
import {
  barred,
  mayDo,
  operatorActions,
  type Situation,
  situationOf,
  whyNot,
} from "../../../shared/profile/operations.ts";
import { profileStatuses } from "../../../shared/profile/status.ts";

const waiting: Situation = {
  status: "capture_pending",
  state: "OpenCapture",
  link_ready: true,
  held: false,
  purging: false,
  ended: false,
};
const offered = (situation: Partial<Situation>) =>
  mayDo({ ...waiting, ...situation }).map(({ action }) => action);

describe("what may be done", () => {
  test.each<[string, Partial<Situation>, string[]]>([
    ["while the customer is waited for", {}, ["recheck", "resend-link", "remind", "cancel", "hold"]],
    ["before the link is known", { link_ready: false }, ["recheck", "resend-link", "cancel", "hold"]],
    [
      "with a link that the record does not know as such yet",
      { status: "pending" },
      ["recheck", "resend-link", "remind", "cancel", "hold"],
    ],
    ["while the gateway checks", { status: "in_progress" }, ["recheck", "hold"]],
    [
      "at a review",
      { status: "review_required", state: "Review" },
      ["recheck", "recapture", "approve", "reject", "hold"],
    ],
    [
      "while the customer redoes something",
      { status: "recapture_pending", state: "Recapture" },
      ["recheck", "resend-link", "remind", "hold"],
    ],
    ["once it is decided", { status: "completed", state: "Retain" }, ["recheck", "purge", "hold"]],
    ["under legal hold", { status: "completed", state: "Retain", held: true }, ["recheck", "release"]],
    [
      "once its purge has begun",
      { status: "completed", state: "Retain", purging: true },
      ["recheck", "purge"],
    ],
    ["without a profile", { status: null, state: null }, ["recheck"]],
    ["after its end", { status: "purged", state: null, ended: true }, []],
    [
      "without an execution",
      { status: "review_required", state: "Review", driven: false },
      ["recapture", "approve", "reject", "hold", "restart"],
    ],
  ])("%s", (_, situation, actions) => {
    expect(offered(situation)).toEqual(actions);
  });

  test("is what there is nothing against, and everything else has a reason", () => {
    for (const status of [...profileStatuses, null])
      for (const state of [...waits, null])
        for (const held of [true, false]) {
          const situation = { ...waiting, status, state, held };
          for (const action of operatorActions)
            if (action !== "restart")
              expect(whyNot(action, situation) === null).toBe(offered(situation).includes(action));
        }
  });
});

test("a status is for the gateway to judge: what we bar ourselves is barred in every status", () => {
  for (const status of profileStatuses)
    for (const action of ["recapture", "approve", "reject", "cancel", "purge"] as const) {
      expect(barred(action, { ...waiting, status })).toBeNull();
      expect(barred(action, { ...waiting, status, ended: true })).toBe("the onboarding has ended");
    }
  expect(barred("purge", { ...waiting, held: true })).toContain("legal hold");
  expect(barred("cancel", { ...waiting, status: null })).toBe("there is no profile yet");
});

test("an execution that runs is not restarted, and one that is gone is not re-checked", () => {
  expect(whyNot("restart", { ...waiting, driven: true })).toBe("its execution runs");
  expect(whyNot("restart", { ...waiting, driven: false })).toBeNull();
  expect(whyNot("recheck", { ...waiting, driven: false })).toContain("restart");
});

test("the situation is read off claim and record", () => {
  const record = {
    status: "completed",
    state: "Retain",
    link_ready: true,
    held: { by: "an-operator", at: 1 },
    purging: false,
    purged_at: null,
  } as const;
  expect(situationOf({ released: false }, record)).toEqual({
    status: "completed",
    state: "Retain",
    link_ready: true,
    held: true,
    purging: false,
    ended: false,
  });
  expect(situationOf({ released: false }, null)).toMatchObject({ status: null, ended: false });
  expect(situationOf({ released: true }, null).ended).toBe(true);
  expect(situationOf({ released: false }, { ...record, purged_at: 2 }).ended).toBe(true);
});
