import { expect, test } from "vitest";
import { isAllowedSource } from "../../../functions/webhooks/ingest.ts";

test("without a list every address may send webhooks", () => {
  expect(isAllowedSource([], "203.0.113.9")).toBe(true);
});

test.each([
  ["203.0.113.9", true],
  ["203.0.114.9", false],
  ["2001:db8::7", true],
  ["2001:db9::7", false],
  ["not an address", false],
  ["", false],
])("with a list %s is judged %s", (address, allowed) => {
  expect(isAllowedSource(["203.0.113.0/24", "2001:db8::/32"], address)).toBe(allowed);
});
