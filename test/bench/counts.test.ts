import { describe, expect, test } from "vitest";
import { synthesizedDefinition } from "../workflow/definition.ts";
import { budgets } from "./budgets.ts";
import { runJourney } from "./journey.ts";
import { comparable, journeyNames, judgeJourney, ratiosOver } from "./judge-journey.ts";
import { polling } from "./references/polling.ts";
import { ReferenceCloud } from "./references/reference-cloud.ts";
import { textbook } from "./references/textbook.ts";

const definition = synthesizedDefinition();

describe.each(journeyNames)("an onboarding %s", (scenario) => {
  const journey = runJourney(definition, scenario);

  test("stays within its budgets", async () => {
    for (const { what, is, most } of judgeJourney(scenario, await journey)) {
      expect(is, what).toBeGreaterThan(0);
      expect(is, what).toBeLessThanOrEqual(most);
    }
  });

  test("takes as many state transitions as are promised, and no fewer: the promise is up to date", async () => {
    expect((await journey).used.stateTransitions).toBe(budgets.stateTransitions[scenario]);
  });

  test("writes what it writes by units that were counted", async () => {
    const { writesBy, used } = await journey;
    expect([...writesBy.values()].reduce((sum, units) => sum + units, 0)).toBe(used.writeUnits);
    // A look that brings no news writes nothing: all that plans looks is the sweeper's one write for each.
    expect(writesBy.get("profile sweep")).toBe((await journey).checks);
    expect(writesBy.get("profile check")).toBe(1);
  });
});

describe.each(comparable)("beside what people would build instead, %s", (scenario) => {
  test("is cheaper by as much as is promised", { timeout: 120_000 }, async () => {
    const { used } = await runJourney(definition, scenario);
    const beside = ratiosOver(used, await ReferenceCloud.run(textbook, scenario));
    expect(beside.transitions).toBeGreaterThanOrEqual(budgets.textbookTransitions);
    expect(beside.dollars).toBeGreaterThanOrEqual(budgets.textbookDollars);
    const asking = ratiosOver(used, await ReferenceCloud.run(polling, scenario));
    expect(asking.dollars).toBeGreaterThanOrEqual(budgets.pollingDollars);
  });
});
