import { expect, test } from "vitest";
import { duration } from "../../../shared/profile/duration.ts";

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

test.each([
  [0, "0 s"],
  [999, "0 s"],
  [SECOND, "1 s"],
  [MINUTE - 1, "59 s"],
  [MINUTE, "1 min"],
  [90 * SECOND, "1 min 30 s"],
  [HOUR, "1 h"],
  [HOUR + SECOND, "1 h"],
  [DAY - 1, "23 h 59 min"],
  [DAY, "1 d"],
  [14 * DAY + 22 * HOUR + 59 * MINUTE, "14 d 22 h"],
  [-90 * SECOND, "1 min 30 s"],
])("%i milliseconds read %s", (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});
