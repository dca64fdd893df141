import { describe, expect, test } from "vitest";
import { once } from "../../functions/environment.ts";
import { synthesizedDefinition } from "../workflow/definition.ts";
import { budgets } from "./budgets.ts";
import { runJourney, scenarioNames } from "./journey.ts";
import {
  judgeJourney,
  knows,
  LARGE_PROFILE_BYTES,
  leastDollars,
  type OtherDesign,
  ratiosOver,
} from "./judge-journey.ts";
import { polling } from "./references/polling.ts";
import { ReferenceCloud } from "./references/reference-cloud.ts";
import { textbook } from "./references/textbook.ts";

const definition = synthesizedDefinition();
const courses = scenarioNames.map((scenario) => ({
  scenario,
  journey: once(() => runJourney(definition, scenario)),
  large: once(() => runJourney(definition, scenario, { profileBytes: LARGE_PROFILE_BYTES })),
}));

describe.each(courses)("an onboarding $scenario", ({ scenario, journey, large }) => {
  test("stays within its budgets", async () => {
    for (const { what, is, most } of judgeJourney(scenario, await journey(), await large())) {
      expect(is, what).toBeGreaterThan(0);
      expect(is, what).toBeLessThanOrEqual(most);
    }
  });

  test("takes as many state transitions as are promised, and no fewer: the promise is up to date", async () => {
    expect((await journey()).used.stateTransitions).toBe(budgets.stateTransitions[scenario]);
  });

  test("hands on no more, and asks the vault no more often, with a profile of a megabyte", async () => {
    const [{ used, objectBytes }, megabyte] = [await journey(), await large()];
    for (const kind of ["request", "result"].filter((each) => objectBytes.has(each))) {
      expect(objectBytes.get(kind)).toBeLessThan(LARGE_PROFILE_BYTES / 100);
      expect(megabyte.objectBytes.get(kind)).toBeGreaterThan(LARGE_PROFILE_BYTES);
    }
    const { largestPayloadBytes, s3Puts, s3Gets, writeUnits, readUnits } = used;
    expect(megabyte.used).toMatchObject({ largestPayloadBytes, s3Puts, s3Gets, writeUnits, readUnits });
  });

  test("writes what it writes by units that were counted", async () => {
    const { writesBy, used } = await journey();
    expect([...writesBy.values()].reduce((sum, units) => sum + units, 0)).toBe(used.writeUnits);
  });
});

// With a booked call the record takes two units.
test.each(courses.filter(({ scenario }) => scenario !== "video-call-scheduled"))(
  "a look that brings no news writes nothing but the sweeper's one write that plans it: $scenario",
  async ({ journey }) => {
    const { writesBy, checks, notices } = await journey();
    expect(writesBy.get("profile sweep")).toBe(checks);
    // The link that was announced, and each notice.
    expect(writesBy.get("profile check") ?? 0).toBeLessThanOrEqual(1 + notices);
  },
);

const designs = { textbook, polling };
const compared = (Object.keys(designs) as OtherDesign[]).flatMap((design) =>
  courses.filter(({ scenario }) => knows(design, scenario)).map((course) => ({ design, ...course })),
);

test.each(compared)(
  "$design is dearer by as much as is promised: $scenario",
  async ({ design, scenario, journey }) => {
    const { used } = await journey();
    const beside = ratiosOver(used, await ReferenceCloud.run(designs[design], scenario));
    expect(beside.transitions).toBeGreaterThanOrEqual(budgets.textbookTransitions);
    expect(beside.dollars).toBeGreaterThanOrEqual(leastDollars(design, scenario));
  },
);
