import { expect, test } from "vitest";
import { eventDetailSchema, eventDetailSchemas, eventTypes } from "../../../shared/events/published.ts";

const usual = {
  event_id: "e",
  account_id: "a",
  reference_id: "r",
  profile_id: null,
  config_id: "c",
  status: null,
  reviewer_action: null,
  round: 0,
};

test("whatever the type, a detail tells what every detail tells", () => {
  for (const type of eventTypes)
    expect(Object.keys(eventDetailSchemas[type].shape), type).toEqual(
      expect.arrayContaining(Object.keys(eventDetailSchema.shape)),
    );
});

test("the link is in one type of event only", () => {
  const withLink = eventTypes.filter((type) => "capture_link" in eventDetailSchemas[type].shape);
  expect(withLink).toEqual(["CaptureLinkReady"]);
});

test.each([
  ["CaptureLinkReady", { capture_link: "l", capture_expires_at: null }],
  [
    "AppointmentScheduled",
    { appointment: { action: "a", scheduled_at: "t", start_time: "t", end_time: "t" } },
  ],
  ["AttentionNeeded", { reason: "r" }],
] as const)("%s is nothing without what it adds", (type, added) => {
  expect(eventDetailSchemas[type].safeParse(usual).success).toBe(false);
  expect(eventDetailSchemas[type].parse({ ...usual, ...added })).toEqual({ ...usual, ...added });
});
