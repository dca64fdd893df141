import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "audit-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the audit with an npm that answers this, and with the exit code that npm has for it. */
function audit(answer: string, exitCode: number): Promise<{ code: number; said: string; asked: string[] }> {
  const [answerFile, log] = [join(folder, "answer.json"), join(folder, "asked")];
  writeFileSync(answerFile, answer);
  writeFileSync(log, "");
  const npm = `#!/bin/sh\necho "$*" >> '${log}'\ncat '${answerFile}'\nexit ${exitCode}\n`;
  writeFileSync(join(folder, "npm"), npm, { mode: 0o755 });
  const env = { ...process.env, PATH: folder + delimiter + process.env["PATH"] };
  return new Promise((resolve) => {
    const child = execFile(join(root, ".ci/audit"), { env }, (_error, stdout, stderr) => {
      const asked = readFileSync(log, "utf8").trim().split("\n");
      resolve({ code: child.exitCode ?? -1, said: stdout + stderr, asked });
    });
  });
}

const report = (high: number) =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: high > 0 ? { "bad-package": { severity: "high" } } : {},
    metadata: { vulnerabilities: { low: 3, high } },
  });

describe("the audit of dependencies", () => {
  test("asks for what is deployed, at severity high", async () => {
    const { asked } = await audit(report(0), 0);
    expect(asked).toEqual(["audit --omit=dev --audit-level=high --json"]);
  });

  test("passes without a finding", async () => {
    expect(await audit(report(0), 0)).toMatchObject({ code: 0, said: expect.stringContaining("✓ audit") });
  });

  test("fails with one, and shows it", async () => {
    const { code, said } = await audit(report(1), 1);
    expect(code).toBe(1);
    expect(said).toContain("bad-package");
    expect(said).toContain("✗ audit");
  });

  test.each([
    [
      "a registry that does not offer it",
      {
        message:
          "405 Method Not Allowed - POST https://registry.example.com/-/npm/v1/security/advisories/bulk",
        method: "POST",
        statusCode: 405,
        error: { summary: "", detail: "" },
      },
    ],
    ["a registry that is not there", { message: "connect ECONNREFUSED", error: { summary: "", detail: "" } }],
  ])("says plainly that it was not done, and goes on, with %s", async (_what, answer) => {
    const { code, said } = await audit(JSON.stringify(answer), 1);
    expect(code).toBe(0);
    expect(said).toContain("NOT DONE");
    expect(said).toContain(answer.message);
    expect(said).not.toContain("✓");
  });

  test.each([
    ["no lockfile", JSON.stringify({ error: { code: "ENOLOCK", summary: "", detail: "" } })],
    ["nothing", ""],
    ["no JSON", "Segmentation fault"],
  ])("fails when npm itself does not work: %s", async (_what, answer) => {
    expect(await audit(answer, 1)).toMatchObject({ code: 1, said: expect.stringContaining("✗ audit") });
  });

  test("comes before the tests in CI", () => {
    const lines = readFileSync(join(root, ".ci/run"), "utf8").trim().split("\n");
    expect(lines.slice(-3)).toEqual(["npm ci", ".ci/audit", "npm test"]);
  });
});
