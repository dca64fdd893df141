import { devNull } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";

const commands = join(import.meta.dirname, "../../../infra/operate/commands.ts");

/** Run where no AWS credentials can be found. */
const doctor = (...options: string[]) =>
  execa(process.execPath, [commands, "doctor", ...options], {
    reject: false,
    extendEnv: false,
    env: {
      PATH: process.env["PATH"],
      AWS_REGION: "us-east-1",
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: "true",
    },
  });

describe("npm run doctor", () => {
  test("explains its lines", async () => {
    const { exitCode, stdout } = await doctor("--help");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("npm run doctor -- --stage prod");
  });

  test("without credentials looks at the settings alone, and says what to set", async () => {
    const { exitCode, stdout } = await doctor("--stage", "prod");
    expect(exitCode).toBe(1);
    expect(stdout.split("\n")).toEqual([
      "✓ settings: stages.prod of cdk.json is well-formed",
      "✗ credentials: no AWS credentials were found: set AWS_PROFILE to one of `aws configure list-profiles`, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
      "? all else: not checked without them",
      "",
      "1 well, 1 to fix, 1 not checked",
    ]);
  });

  test("tells programs the same in JSON", async () => {
    const { exitCode, stdout } = await doctor("--stage", "prod", "--json");
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      stage: "prod",
      findings: [{ result: "good" }, { check: "credentials", result: "wrong" }, { result: "unknown" }],
    });
  });

  test("of a stage that is none is refused in one line", async () => {
    const { exitCode, stderr } = await doctor("--stage", "nope");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^✗ cdk\.json has no stage "nope"; it has /);
  });
});
