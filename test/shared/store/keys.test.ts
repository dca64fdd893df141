import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  DUE_SHARDS,
  dueShard,
  onboardingPk,
  parseOnboardingPk,
  profilePk,
  vaultPrefix,
} from "../../../shared/store/keys.ts";

/** Strings made of what the keys themselves are made of. */
const tricky = fc.oneof(
  fc.string(),
  fc
    .array(fc.constantFrom("|reference|", "|profile|", ":", "|", "/", "%", "0", "1", "12:", "a", "é", "😀"))
    .map((parts) => parts.join("")),
);
const key = fc.record({ account_id: tricky, reference_id: tricky });

test("an onboarding's key reads back", async () => {
  await fc.assert(
    fc.property(key, (one) => {
      expect(parseOnboardingPk(onboardingPk(one))).toEqual(one);
    }),
  );
});

test("two onboardings never share a key or a vault prefix, and no prefix lies in another", async () => {
  await fc.assert(
    fc.property(key, key, (one, other) => {
      fc.pre(one.account_id !== other.account_id || one.reference_id !== other.reference_id);
      expect(onboardingPk(one)).not.toBe(onboardingPk(other));
      expect(vaultPrefix(one).startsWith(vaultPrefix(other))).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test("a profile's key is nobody's onboarding", async () => {
  await fc.assert(
    fc.property(tricky, tricky, key, (account, profile, onboarding) => {
      expect(profilePk(account, profile)).not.toBe(onboardingPk(onboarding));
      expect(parseOnboardingPk(profilePk(account, profile))).toBeNull();
    }),
  );
});

test.each([
  "",
  ":",
  "a",
  "1:a",
  "1:a|reference|",
  "1:a|reference|1:bc",
  "1:a|reference|2:b",
  "x:a|reference|1:b",
])("%j is no onboarding's key", (pk) => {
  expect(parseOnboardingPk(pk)).toBeNull();
});

test("due work spreads over all shards", () => {
  const shards = Array.from({ length: 1000 }, (_, index) => dueShard(`pk-${index}`));
  expect(new Set(shards).size).toBe(DUE_SHARDS);
  expect(dueShard("same")).toBe(dueShard("same"));
});
