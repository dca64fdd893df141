import { describe, expect, test } from "vitest";
import { webhookHintSchema, webhookKind } from "../../../shared/gateway/webhooks.ts";

test.each([
  ["capture-session", {}, "W4"],
  ["scheduling", {}, "W5"],
  ["profile-creation", {}, "W6"],
  ["profile-status", {}, "W3"],
  ["profile-status", { resources: {} }, "W1"],
  ["profile-status", { tasks: [] }, "W1"],
  ["profile-status", { profile_data: {} }, "W1"],
  ["profile-status", { encrypted_profile_data: "", tasks: [] }, "W2"],
  ["profile-status", { encrypted_resources: "" }, "W2"],
  ["profile-status", { encrypted_resource: "" }, "W2"],
  // A slot decides first, whatever the body looks like.
  ["capture-session", { profile_data: {} }, "W4"],
])("on %s, %j is %s", (slot, body, kind) => {
  expect(webhookKind(slot, body)).toBe(kind);
});

describe("the hint", () => {
  test("is ids and status words, and nothing else", () => {
    const body = { profile_id: "p", status: "s", session_status: "complete", profile_data: { name: "n" } };
    expect(webhookHintSchema.parse(body)).toEqual({
      profile_id: "p",
      status: "s",
      session_status: "complete",
    });
  });

  test.each([
    [{}],
    [{ profile_id: "" }],
    [{ profile_id: "x".repeat(129) }],
    [{ profile_id: "\ud800" }],
    [{ profile_id: "p", status: "x".repeat(41) }],
    [{ profile_id: "p", status: null }],
  ])("refuses %j", (body) => {
    expect(webhookHintSchema.safeParse(body).success).toBe(false);
  });

  test.each(["Review", "a b", "", "é", "capture_pending\n", "0000000000"])(
    "has no word that is none of the gateway's kind: %j",
    (said) => {
      const words = { status: said, session_status: said, reason: said };
      expect(webhookHintSchema.parse({ profile_id: "p", ...words })).toEqual({ profile_id: "p" });
    },
  );
});
