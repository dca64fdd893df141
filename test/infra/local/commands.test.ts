import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { failureLine } from "../../../infra/local/deployment.ts";

const commands = join(import.meta.dirname, "../../../infra/local/commands.ts");

async function run(args: string[], env: Record<string, string> = {}) {
  return execa(process.execPath, [commands, ...args], { reject: false, all: true, env });
}

describe("a command that cannot go on ends with 1 and one line", () => {
  test.each<[string, string[], Record<string, string>, RegExp]>([
    [
      "an endpoint elsewhere",
      ["up"],
      { AWS_ENDPOINT_URL: "https://example.com" },
      /^✗ AWS_ENDPOINT_URL is not on this machine/,
    ],
    [
      "an endpoint where nothing answers",
      ["demo"],
      { AWS_ENDPOINT_URL: "http://127.0.0.1:9" },
      /^✗ nothing answers at AWS_ENDPOINT_URL/,
    ],
    [
      "a scenario that is none",
      ["demo", "--scenario", "nope"],
      {},
      /^✗ option '--scenario <name>' argument 'nope' is invalid/,
    ],
    [
      "the stage local in AWS",
      ["deploy", "--stage", "local"],
      {},
      /^✗ the stage `local` never leaves this machine/,
    ],
    [
      "the stage local for setup",
      ["setup", "--stage", "local"],
      {},
      /^✗ the stage `local` never leaves this machine/,
    ],
    [
      "the stage local to destroy",
      ["destroy", "--stage", "local", "--delete-data", "--yes"],
      {},
      /^✗ the stage `local` never/,
    ],
    ["a stage that is none", ["deploy", "--stage", "nope"], {}, /^✗ cdk\.json has no stage "nope"/],
    ["no stage", ["setup"], {}, /^✗ required option '--stage <name>'/],
    [
      "an account that cdk.json does not list",
      ["setup", "--stage", "prod", "--account", "retail"],
      {},
      /^✗ cdk\.json: stages\.prod\.gatewayAccounts lists no account/,
    ],
    ["no stage to rotate keys of", ["keys", "rotate"], {}, /^✗ required option '--stage <name>'/],
    ["no stage to rotate webhooks of", ["webhooks", "rotate"], {}, /^✗ required option '--stage <name>'/],
    [
      "a stage that is none to list webhooks of",
      ["webhooks", "list", "--stage", "nope"],
      {},
      /^✗ cdk\.json has no stage "nope"/,
    ],
    [
      "no account to revoke keys of",
      ["callers", "revoke", "--stage", "prod", "--yes"],
      {},
      /^✗ required option '--account <id>'/,
    ],
    [
      "an overlap that is no number",
      ["keys", "rotate", "--stage", "local", "--overlap", "1d"],
      {},
      /^✗ option '--overlap <seconds>' argument '1d' is invalid/,
    ],
    [
      "a removal that nobody confirms",
      ["destroy", "--stage", "prod"],
      {},
      /^✗ no terminal to ask on.*--yes$/,
    ],
  ])("%s", async (_, args, env, line) => {
    const { exitCode, all } = await run(args, env);
    expect(all.split("\n")).toHaveLength(1);
    expect(all).toMatch(line);
    expect(exitCode).toBe(1);
  });
});

test("every command explains itself", async () => {
  for (const name of [
    "start",
    "demo",
    "up",
    "down",
    "deploy",
    "setup",
    "keys",
    "webhooks",
    "callers",
    "destroy",
  ]) {
    const { exitCode, all } = await run([name, "--help"]);
    expect(exitCode).toBe(0);
    expect(all).toMatch(new RegExp(`^Usage: onboarding ${name}`));
  }
});

describe("a failed cdk command is told by", () => {
  test("the resource that failed", () => {
    const lines = [
      "stack: creating",
      "stack | 1 | 10:00:00 | CREATE_FAILED  | AWS::SQS::Queue   | Dead (Dead123) the reason",
      "❌  stack failed: DeploymentError: see above",
    ];
    expect(failureLine(lines)).toBe("AWS::SQS::Queue Dead (Dead123) the reason");
  });

  test("the error that the app threw", () => {
    expect(
      failureLine(["/folder/app.ts:1", "Error: cdk.json has no such thing", "    at app.ts:1", ""]),
    ).toBe("cdk.json has no such thing");
  });
});

test.each(["local", "operate"])(
  "commands of infra/%s say nothing of a reader that has gone",
  async (folder) => {
    const file = join(import.meta.dirname, "../../../infra", folder, "commands.ts");
    const child = execa(process.execPath, [file, "--help"], { reject: false, buffer: { stdout: false } });
    child.stdout.destroy();
    expect(await child).toMatchObject({ exitCode: 0, stderr: "" });
  },
);
