import { describe, expect, test } from "vitest";
import { isClosed, profileStatuses, readTruth } from "../../../shared/profile/status.ts";

const ids = { profile_id: "p", reference_id: "r" };

describe("readTruth", () => {
  test.each(profileStatuses)("%s is itself", (status) => {
    expect(readTruth({ ...ids, status })).toEqual({
      ...ids,
      status,
      raw_status: status,
      reviewer_action: null,
    });
  });

  test.each([
    ["initiated", "pending", null],
    ["review", "review_required", null],
    ["processed", "completed", null],
    ["approved", "completed", "approved"],
    ["rejected", "completed", "rejected"],
  ])("%s means %s", (word, status, reviewer_action) => {
    expect(readTruth({ ...ids, status: word })).toEqual({
      ...ids,
      status,
      raw_status: word,
      reviewer_action,
    });
  });

  test("what the gateway says of the decision wins over the alias", () => {
    expect(readTruth({ ...ids, status: "approved", reviewer_action: "rejected" }).reviewer_action).toBe(
      "rejected",
    );
  });

  test.each(["", "COMPLETED", "constructor", "toString", "__proto__", "paused"])(
    "the unknown word %j is trusted with nothing",
    (status) => {
      expect(readTruth({ ...ids, status, reviewer_action: "maybe" })).toEqual({
        ...ids,
        status: null,
        raw_status: status,
        reviewer_action: null,
      });
    },
  );

  test("a long word is cut", () => {
    expect(readTruth({ ...ids, status: "x".repeat(1000) }).raw_status).toHaveLength(40);
  });
});

test("closed are the four from which no profile returns to business", () => {
  expect(profileStatuses.filter(isClosed)).toEqual(["capture_expired", "completed", "cancelled", "failed"]);
});
