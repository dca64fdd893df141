import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const page = join(import.meta.dirname, "../../docs/performance.md");

test("a part of the measurements does not take the place of the page's whole table", () => {
  const before = readFileSync(page, "utf8");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, "bench.ts"), "--docs", "--only", "journeys"],
    { encoding: "utf8" },
  );
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toBe("error: option '--docs' cannot be used with option '--only <part...>'\n");
  expect(readFileSync(page, "utf8")).toBe(before);
});
