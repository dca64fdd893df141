import { expect, test } from "vitest";
import { releaseCanaries } from "../local-cloud/canary.ts";

test("of 200 purged onboardings nothing personal is left anywhere", async () => {
  const { unfinished, hits, searched } = await releaseCanaries(200, 10);
  process.stderr.write(`searched: ${JSON.stringify(searched)}\n`);
  expect(unfinished).toEqual([]);
  expect(hits).toEqual([]);
});
