import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SHARD_LIMIT } from "../../functions/sweep/sweep.ts";
import { parseStage } from "../../infra/config.ts";
import {
  expectedLoad,
  LOOK_SECONDS,
  type Load,
  PEAK_FACTOR,
  perOnboarding,
} from "../../infra/operate/doctor/expected-load.ts";
import { workflowFor } from "../../shared/profile/workflow.ts";
import { DUE_SHARDS } from "../../shared/store/keys.ts";
import { runJourney } from "../bench/journey.ts";
import { synthesizedDefinition } from "../workflow/definition.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/performance.md"), "utf8");
const section = page.slice(page.indexOf("## What breaks first"));
const text = section.replaceAll(/\s+/g, " ");

const usual = workflowFor([], "any");
const { looksAtOnce, throttle } = parseStage("s", { s: {} });
const PER_DAY = 1_000_000;
const load = expectedLoad(PER_DAY, [usual]);

/** How many onboardings a year are so many a day, in words. */
const aYear = (perDay: number): string =>
  `${Number(((perDay * 365) / 1e6).toPrecision(2)).toLocaleString("en")} million`;
/** For how many what there is suffices. */
const enough = (has: number, needed: number): string => aYear((has / needed) * PER_DAY);

/** The longest of the usual courses, as the bench counts it. */
const longest = runJourney(synthesizedDefinition(), "recapture-by-checker");

/** As the table calls it; what there is in its words, and as a number; what is asked for. */
const rows: [string, string, has: number, needs: (load: Load) => number][] = [
  ["looks at a time", `${looksAtOnce}, ours`, looksAtOnce, (asked) => asked.looksAtOnce],
  ["open executions", "1,000,000", 1_000_000, (asked) => asked.openExecutions],
  [
    "looks that a sweep finds",
    `${(DUE_SHARDS * SHARD_LIMIT).toLocaleString("en")} a minute, ours`,
    (DUE_SHARDS * SHARD_LIMIT) / 60,
    (asked) => asked.looksPerSecond,
  ],
  ["concurrent functions", "1,000", 1_000, (asked) => asked.concurrentFunctions],
  ["task answers", "500 a second", 500, (asked) => asked.taskAnswersPerSecond],
  ["starts", "300 a second", 300, (asked) => asked.startsPerSecond],
  ["state transitions", "5,000 a second", 5_000, (asked) => asked.transitionsPerSecond],
  ...(["reads", "webhooks", "creates"] as const).map((kind): (typeof rows)[number] => {
    const { perSecond } = throttle[kind];
    const asks = {
      reads: "readsPerSecond",
      webhooks: "webhooksPerSecond",
      creates: "startsPerSecond",
    } as const;
    return [kind, `${perSecond} a second, ours`, perSecond, (asked) => asked[asks[kind]]];
  }),
];

describe("what breaks first", () => {
  const table = section.split("\n").filter((line) => line.startsWith("| "));
  const cells = (what: string) => {
    const line = table.find((row) => row.startsWith(`| ${what}`)) ?? "";
    const [, , there = "", enoughFor = "", then = ""] = line.split("|").map((cell) => cell.trim());
    return { there, enoughFor, then };
  };

  test.each(rows)("is told of %s as the doctor reckons it", (what, there, has, needs) => {
    expect(cells(what)).toMatchObject({ there, enoughFor: enough(has, needs(load)) });
  });

  test("is told of the index by units that the bench stays below", async () => {
    const units = Number(/up to (\d+) units/.exec(text)?.[1]);
    const { writesBy } = await longest;
    expect(writesBy.get("index")).toBeLessThanOrEqual(units);
    expect(cells(`index of due work, ${DUE_SHARDS} shards`)).toMatchObject({
      there: "1,000 units a second each",
      enoughFor: enough(DUE_SHARDS * 1_000, load.startsPerSecond * units),
    });
  });

  test("comes first in the table, which has no row but these", () => {
    const numbers = table.flatMap((row) => /\| ([\d.,]+) million/.exec(row)?.[1]?.replaceAll(",", "") ?? []);
    expect(numbers).toHaveLength(rows.length + 1);
    expect(numbers).toEqual([...numbers].sort((one, other) => Number(one) - Number(other)));
  });

  test("is reckoned with what the page says", () => {
    const { transitions, taskAnswers, functionSeconds, looks, reads, webhooks } = perOnboarding;
    const days = load.openExecutions / PER_DAY;
    for (const said of [
      `${PEAK_FACTOR} times the mean rate`,
      `${transitions} transitions, ${taskAnswers} task answers, ${looks} looks, ${webhooks} webhooks, ${reads} reads of callers and ${functionSeconds} seconds of functions`,
      `open for ${days} days`,
      `over ${PEAK_FACTOR}, times the seconds of a year`,
      `over ${days} days, times 365`,
      `at ${LOOK_SECONDS} s a look;`,
    ])
      expect(text).toContain(said);
    const week = expectedLoad(PER_DAY, [{ ...usual, retentionSeconds: 7 * 86_400 }]);
    expect(cells("open executions").then).toContain(`7 days are ${enough(1_000_000, week.openExecutions)}`);
    expect(cells("state transitions").then).toContain(
      `800 a second, ${enough(800, load.transitionsPerSecond)}`,
    );
  });

  test("is told for 100 million a year", () => {
    const asked = expectedLoad(100_000_000 / 365, [usual]);
    for (const said of [
      `${(asked.startsPerSecond / PEAK_FACTOR).toFixed(1)} a second, ${asked.startsPerSecond.toFixed()} in the busiest hours`,
      `${(asked.openExecutions / 1e6).toFixed()} million open executions`,
      `${asked.transitionsPerSecond.toFixed()} state transitions and ${asked.looksPerSecond.toFixed()} looks a second`,
      `\`looksAtOnce\` to ${asked.looksAtOnce},`,
    ])
      expect(text).toContain(said);
  });
});

test("the doctor reckons an onboarding with no less than the longest of the usual courses takes", async () => {
  const { used, webhooks, checks } = await longest;
  expect(perOnboarding.transitions).toBe(used.stateTransitions);
  expect(perOnboarding.events).toBeGreaterThanOrEqual(used.events);
  expect(perOnboarding.webhooks).toBeGreaterThanOrEqual(webhooks);
  expect(perOnboarding.looks).toBeGreaterThanOrEqual(checks);
});
