import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scenarioNames, scenarios } from "../../infra/local/scenarios.ts";
import { goldenTimelines, MIDWAY, timelinePages } from "./golden-timelines.ts";

const golden = goldenTimelines();
const now = await timelinePages();

test("every scenario has its timeline, and no other page is there", () => {
  expect([...golden.keys()]).toEqual([...scenarioNames.map((name) => `${name}.md`), MIDWAY].sort());
});

test.each([...now.keys()])(
  "%s is as it would be written today (`npm run timelines` accepts a change)",
  (file) => {
    expect(now.get(file)).toBe(golden.get(file));
  },
);

test.each(scenarioNames)("%s comes to the end that its scenario has", (name) => {
  const { outcomeEvent } = scenarios[name];
  const page = now.get(`${name}.md`) ?? "";
  expect(page).toContain(`(event ${outcomeEvent})`);
  expect(page).toContain("Status      purged");
  expect(page.trimEnd().split("\n").at(-2)).toContain("The execution came to its end.");
});

test("the index leads to every page", () => {
  const index = readFileSync(join(import.meta.dirname, "../../docs/timelines/README.md"), "utf8");
  for (const file of golden.keys()) expect(index).toContain(`](${file})`);
});
