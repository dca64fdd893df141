import { describe, expect, test } from "vitest";
import { synthesizedDefinition } from "../workflow/definition.ts";
import { defects } from "./defects.ts";
import { moves, wanted } from "./pairs.ts";
import { simulate } from "./simulation.ts";
import { Tally } from "./tally.ts";

const definition = synthesizedDefinition();
const SEEDS = 300;
const SEEDS_PER_DEFECT = 1_000;

test(`${SEEDS} runs under every fault break no invariant, and meet every event that moves a profile`, {
  timeout: 240_000,
}, async () => {
  const tally = new Tally();
  const violations: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const result = await simulate(seed, definition);
    tally.add(result);
    violations.push(...result.violations.map((violation) => `seed ${seed}: ${violation}`));
  }
  expect(violations).toEqual([]);
  expect(moves.filter((pair) => !tally.met.has(pair))).toEqual([]);
  expect([...tally.met.keys()].filter((pair) => !wanted.includes(pair))).toEqual([]);
});

test("a seed is one run: the same again, to the last log line", async () => {
  for (const seed of [3, 17, 101]) {
    const [once, again] = [await simulate(seed, definition), await simulate(seed, definition)];
    expect(again.trace).toBe(once.trace);
    expect(again.fired).toEqual(once.fired);
  }
});

describe("a planted defect is found", () => {
  test.each(Object.entries(defects))("%s", async (_, plant) => {
    for (let seed = 1; seed <= SEEDS_PER_DEFECT; seed++)
      if ((await simulate(seed, definition, { ...plant(), impatient: true })).violations.length > 0) return;
    expect.fail(`not within ${SEEDS_PER_DEFECT} runs`);
  });
});
