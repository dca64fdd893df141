import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findPython } from "../../../infra/local/emulator-install.ts";

describe("the Python that runs the emulator", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "python-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function pretend(name: string, python: { version: [number, number]; pip: boolean }): Promise<void> {
    const answer = JSON.stringify({ path: join(folder, name), ...python });
    await writeFile(join(folder, name), `#!/bin/sh\necho '${answer}'\n`);
    await chmod(join(folder, name), 0o755);
  }
  const find = () => findPython({ PATH: folder });

  test("none at all is answered with what to install", async () => {
    await expect(find()).rejects.toThrow(
      /^the local cloud needs Python 3\.10 or newer with pip, found none: install python3$/,
    );
  });

  test("one that is too old is answered with its version", async () => {
    await pretend("python3", { version: [3, 9], pip: true });
    await expect(find()).rejects.toThrow(/3\.10 or newer.*found 3\.9/);
  });

  test("one without pip is answered with how to get it", async () => {
    await pretend("python3", { version: [3, 12], pip: false });
    await expect(find()).rejects.toThrow(/Python 3\.12 has no pip.*ensurepip/);
  });

  test("a newer one beside an old `python3` is taken", async () => {
    await pretend("python3", { version: [3, 8], pip: true });
    await pretend("python3.12", { version: [3, 12], pip: true });
    expect(await find()).toBe(join(folder, "python3.12"));
  });
});

test("every requirement of the emulator is pinned to a version and to hashes", async () => {
  const file = await readFile(new URL("../../../infra/local/requirements.txt", import.meta.url), "utf8");
  const requirements = file
    .replace(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ")
    .trim()
    .split("\n");
  expect(requirements.length).toBeGreaterThan(15);
  for (const requirement of requirements)
    expect(requirement).toMatch(/^[\w.-]+==[\w.]+ .*--hash=sha256:[0-9a-f]{64}/);
});
