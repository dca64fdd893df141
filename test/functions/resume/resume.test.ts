import { describe, expect, test } from "vitest";
import { afterLook } from "../../../functions/resume/resume.ts";
import { waitsFor } from "../../../shared/profile/next.ts";
import { readRecord } from "../../../shared/store/profile-record.ts";

const parked = (fields: object) =>
  readRecord({ rounds: 0, deadline_at: 1000, state: "OpenCapture", waits_for: ["completed"], ...fields });

describe("afterLook", () => {
  test("no news, no move", () => {
    expect(afterLook(parked({}), "capture_pending", 3, 999)).toBeNull();
    expect(afterLook(parked({ deadline_at: null }), "capture_pending", 3, 9999)).toBeNull();
  });

  test("news moves the profile, also at the deadline", () => {
    expect(afterLook(parked({}), "completed", 3, 0)).toBe("complete");
    expect(afterLook(parked({}), "completed", 3, 1000)).toBe("complete");
  });

  test("the deadline itself is past", () => {
    expect(afterLook(parked({}), "capture_pending", 3, 1000)).toBe("close");
    expect(afterLook(parked({}), "in_progress", 3, 1000)).toBe("attention");
    expect(afterLook(parked({ state: "Retain", waits_for: ["purged"] }), "completed", 3, 1000)).toBe("purge");
  });

  test("who is not parked goes nowhere", () => {
    expect(afterLook(parked({ state: null }), "completed", 3, 2000)).toBeNull();
  });

  test("one recapture round too many needs a person", () => {
    const review = parked({ state: "Review", waits_for: waitsFor("Review", "review_required") });
    expect(afterLook({ ...review, rounds: 2 }, "recapture_pending", 3, 0)).toBe("recapture");
    expect(afterLook({ ...review, rounds: 3 }, "recapture_pending", 3, 0)).toBe("attention");
  });

  test("what has its outcome is not taken up again", () => {
    const waits_for = [...waitsFor("Attention", "review_required"), "review_required"];
    const ended = parked({ state: "Attention", waits_for, outcome: "failed" });
    expect(afterLook({ ...ended, outcome: null }, "review_required", 3, 0)).toBe("review");
    for (const status of ["review_required", "recapture_pending", "completed", "cancelled"] as const)
      expect(afterLook(ended, status, 3, 0)).toBe("close");
    expect(afterLook(ended, "purged", 3, 0)).toBe("purge");
    expect(afterLook(ended, "in_progress", 3, 1000)).toBe("close");
  });

  describe("what is under legal hold", () => {
    const held = (fields: object) => parked({ held: { by: "ann", at: 0 }, ...fields });

    test("is not purged, neither when its date is over nor when the gateway has erased its copy", () => {
      const retained = held({ state: "Retain", waits_for: ["purged"] });
      expect(afterLook(retained, "completed", 3, 2000)).toBeNull();
      expect(afterLook(retained, "purged", 3, 0)).toBeNull();
      expect(afterLook({ ...retained, held: null }, "completed", 3, 2000)).toBe("purge");
    });

    test("stays where it is once the gateway has erased its copy, whatever its deadline", () => {
      for (const state of ["OpenCapture", "Review", "Recapture", "Attention"] as const)
        for (const waits_for of [[], ["purged"]])
          expect(afterLook(held({ state, waits_for }), "purged", 3, 2000)).toBeNull();
    });

    test("goes on in every other way", () => {
      expect(afterLook(held({}), "completed", 3, 0)).toBe("complete");
      expect(afterLook(held({}), "capture_pending", 3, 1000)).toBe("close");
    });
  });
});
