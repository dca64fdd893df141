import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  canBecome,
  canReach,
  type GatewayOperation,
  isAllowed,
  linkOpens,
} from "../../../shared/profile/lifecycle.ts";
import {
  closedStatuses,
  isClosed,
  type ProfileStatus,
  profileStatuses,
} from "../../../shared/profile/status.ts";

const movesFrom = (from: ProfileStatus) => profileStatuses.filter((to) => canBecome(from, to));
const anyStatus = fc.constantFrom(...profileStatuses);

/** Contract §10.2, and A-31 for a checker's word on an abandoned recapture. */
const moves: Record<ProfileStatus, ProfileStatus[]> = {
  pending: ["capture_pending", "in_progress"],
  capture_pending: ["capture_expired", "in_progress", "cancelled"],
  in_progress: ["review_required", "completed", "failed"],
  review_required: ["recapture_pending", "completed"],
  recapture_pending: ["capture_expired", "in_progress", "completed"],
  completed: ["purged"],
  cancelled: ["purged"],
  capture_expired: ["purged"],
  failed: ["purged"],
  purged: [],
};

describe("moves (contract §10.2)", () => {
  test.each(profileStatuses)("are those of the contract from %s", (status) => {
    expect(movesFrom(status)).toEqual(moves[status]);
  });

  test("purged absorbs", () => {
    for (const status of profileStatuses) expect(canReach("purged", status)).toBe(false);
  });

  test("a closed profile only becomes purged", () => {
    for (const status of closedStatuses) expect(movesFrom(status)).toEqual(["purged"]);
  });

  test("every profile can end, and every status can be reached", () => {
    for (const status of profileStatuses) {
      expect(status === "purged" || canReach(status, "purged")).toBe(true);
      expect(status === "pending" || canReach("pending", status)).toBe(true);
    }
  });

  test("whatever the walk, once closed it stays closed or purged", async () => {
    await fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 30 }), (choices) => {
        let status: ProfileStatus = "pending";
        let wasClosed = false;
        for (const choice of choices) {
          const options = movesFrom(status);
          const next: ProfileStatus | undefined = options[choice % Math.max(options.length, 1)];
          if (!next) break;
          expect(canBecome(status, next)).toBe(true);
          wasClosed ||= isClosed(status);
          status = next;
          if (wasClosed) expect(status).toBe("purged");
        }
      }),
    );
  });

  test("reaching goes on from reaching", async () => {
    await fc.assert(
      fc.property(anyStatus, anyStatus, anyStatus, (one, two, three) => {
        if (canReach(one, two) && canReach(two, three)) expect(canReach(one, three)).toBe(true);
        if (canBecome(one, two)) expect(canReach(one, two)).toBe(true);
      }),
    );
  });

  test("recapture goes round, nothing else does", () => {
    expect(profileStatuses.filter((status) => canReach(status, status))).toEqual([
      "in_progress",
      "review_required",
      "recapture_pending",
    ]);
  });
});

/** Contract §10.3, column by column: which operations succeed. */
const table: Record<ProfileStatus, GatewayOperation[]> = {
  pending: ["updateProfileConfig"],
  capture_pending: ["fetchCaptureLink", "cancelProfile", "updateProfileConfig"],
  in_progress: ["fetchCaptureLink", "updateProfileConfig"],
  review_required: [
    "fetchCaptureLink",
    "fetchRecaptureConfig",
    "submitRecapture",
    "completeProfile",
    "updateProfileConfig",
  ],
  recapture_pending: ["fetchCaptureLink", "fetchRecaptureConfig", "updateProfileConfig"],
  completed: ["fetchCaptureLink", "purgeProfile"],
  cancelled: ["fetchCaptureLink", "purgeProfile"],
  capture_expired: ["fetchCaptureLink", "purgeProfile"],
  failed: ["fetchCaptureLink", "purgeProfile"],
  purged: [],
};
const operations: GatewayOperation[] = [
  "fetchCaptureLink",
  "fetchRecaptureConfig",
  "submitRecapture",
  "completeProfile",
  "cancelProfile",
  "purgeProfile",
  "updateProfileConfig",
];

test.each(profileStatuses)("what the gateway allows in %s (contract §10.3)", (status) => {
  expect(operations.filter((operation) => isAllowed(operation, status))).toEqual(table[status]);
});

test("the link opens for the customer's two turns only", () => {
  expect(profileStatuses.filter(linkOpens)).toEqual(["capture_pending", "recapture_pending"]);
});
