import { expect, test } from "vitest";
import { shownOf } from "../../../functions/timeline/timeline.ts";

const lines = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ at, kind: "W3", by: "webhook" as const, detail: {} }));

test("a timeline is shown whole", () => {
  expect(shownOf(lines(1_000))).toEqual(lines(1_000));
});

test("of one that is too long its beginning and its end are shown, and how much is not", () => {
  const shown = shownOf(lines(2_500));
  expect(shown).toHaveLength(1_001);
  expect(shown[99]).toMatchObject({ at: 99, kind: "W3" });
  expect(shown[100]).toEqual({
    at: 1_600,
    kind: "TimelineCut",
    by: "orchestrator",
    detail: { left_out: 1_500 },
  });
  expect(shown.at(-1)).toMatchObject({ at: 2_499 });
});
