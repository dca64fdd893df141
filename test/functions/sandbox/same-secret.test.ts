import { expect, test } from "vitest";
import { sameSecret } from "../../../functions/sandbox/same-secret.ts";

test.each([
  ["secret", "secret", true],
  ["", "", true],
  ["secret", "secreT", false],
  ["secret", "secre", false],
  ["secret", "", false],
  ["é", "ab", false],
])("%j and %j: %s", (one, other, same) => {
  expect(sameSecret(one, other)).toBe(same);
});
