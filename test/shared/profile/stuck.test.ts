import { describe, expect, test } from "vitest";
import { waits } from "../../../shared/profile/next.ts";
import { isStuck, OVERDUE_SECONDS } from "../../../shared/profile/stuck.ts";

const NOW = 1_000_000_000_000;
const GRACE = OVERDUE_SECONDS * 1000;
const later = { deadline_at: NOW + 1, held: false };
const overdue = { deadline_at: NOW - GRACE - 1, held: false };

describe("a parked onboarding", () => {
  test.each(waits)("in %s before its deadline is stuck only if it asks for attention", (state) => {
    expect(isStuck({ state, ...later }, NOW)).toBe(state === "Attention");
    expect(isStuck({ state, ...later, deadline_at: null }, NOW)).toBe(state === "Attention");
  });

  test.each(waits)("in %s is stuck once its deadline is past by more than the sweeper needs", (state) => {
    expect(isStuck({ state, ...overdue }, NOW)).toBe(true);
    expect(isStuck({ state, ...overdue, deadline_at: NOW - GRACE }, NOW)).toBe(state === "Attention");
  });

  test.each(waits)("in %s under a hold may outstay its retention date, and nothing else", (state) => {
    expect(isStuck({ state, ...overdue, held: true }, NOW)).toBe(state !== "Retain");
  });
});

describe("a request without a profile", () => {
  test.each([
    ["is not while it is about to be started", 1, NOW + 60_000, false],
    ["is not while the sweeper may still come", 1, NOW - GRACE, false],
    ["is when nobody starts it", 1, NOW - GRACE - 1, true],
    ["is when its create was put off", 2, NOW + 60_000, true],
    ["is not while its execution runs", 1, null, false],
  ])("%s stuck", (_what, attempt, due_at, stuck) => {
    expect(isStuck({ attempt, due_at }, NOW)).toBe(stuck);
  });
});
