import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { bundle, findEntries } from "../../infra/bundle.ts";

const folder = mkdtempSync(join(tmpdir(), "bundle-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const load = createRequire(import.meta.url);

describe.each(findEntries())("%s", (entry) => {
  const text = bundle(entry);

  test("loads without credentials, environment and network, and exports its handler", () => {
    const file = join(folder, `${entry.replaceAll("/", "-")}.cjs`);
    writeFileSync(file, text);
    expect(load(file).handler).toBeTypeOf("function");
  });

  test("names no folder of this machine", () => {
    expect(text).not.toContain(join(import.meta.dirname, "../.."));
    expect(text).not.toContain(`${tmpdir()}/onboarding`);
  });
});

test("a file without a handler is refused", () => {
  expect(() => bundle("functions/grants.ts")).toThrow("functions/grants.ts exports no handler");
});

test("what the SDK takes in place of its chain is what bundles hold", () => {
  const text = bundle("functions/steps/review.ts");
  expect(text).toContain("no credentials in the environment of this function");
  expect(text).not.toContain("fromSSO");
});
