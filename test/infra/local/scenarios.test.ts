import { expect, test } from "vitest";
import { scenarioNames } from "../../../infra/local/scenarios.ts";
import { readStage } from "../../../infra/local/stage-config.ts";

test("every workflow of the stage `local` has a row in the table of scenarios, and every row a workflow", () => {
  expect(Object.keys(readStage("local").workflows).sort()).toEqual([...scenarioNames].sort());
});
