import { join } from "node:path";
import { GetSecretValueCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { execa } from "execa";
import { afterAll, describe, expect, test } from "vitest";
import { repository } from "../../infra/local/local-paths.ts";
import { rotateWebhooks } from "../../infra/local/rotate-webhooks.ts";
import { findTarget } from "../../infra/local/stage-target.ts";
import type { Finding } from "../../infra/operate/doctor/finding.ts";
import { webhookSlots } from "../../shared/store/secrets.ts";
import { endpoints, http } from "../local-cloud/cloud.ts";

const timeout = 120_000;
const target = await findTarget("local");
const { otherApiKey, otherAccountId, sandbox } = endpoints;

async function doctor(...options: string[]) {
  const { exitCode, stdout } = await execa(
    process.execPath,
    [join(repository, "infra/operate/commands.ts"), "doctor", ...options],
    { reject: false },
  );
  return { exitCode, stdout };
}

/** What the doctor finds wrong, as `check: says`. */
async function wrongs(): Promise<string[]> {
  const { exitCode, stdout } = await doctor("--quick", "--json");
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const wrong = findings.filter(({ result }) => result === "wrong");
  expect(exitCode).toBe(wrong.length > 0 ? 1 : 0);
  for (const { fix } of wrong) expect(fix).toBeTruthy();
  return wrong.map(({ check, says }) => `${check}: ${says}`);
}

/** Changes a secret, looks what the doctor says, and puts it back. */
async function wrongsWith(SecretId: string, change: (text: string) => string): Promise<string[]> {
  const { SecretString = "" } = await target.secrets.send(new GetSecretValueCommand({ SecretId }));
  await target.secrets.send(new PutSecretValueCommand({ SecretId, SecretString: change(SecretString) }));
  try {
    return await wrongs();
  } finally {
    await target.secrets.send(new PutSecretValueCommand({ SecretId, SecretString }));
  }
}

test("a local cloud that was raised is well, a line for each thing looked at", { timeout }, async () => {
  const { exitCode, stdout } = await doctor();
  const lines = stdout.split("\n");
  expect(lines.filter((line) => line.startsWith("✗"))).toEqual([]);
  expect(exitCode).toBe(0);
  for (const line of [
    "✓ stacks: 6 deployed, as this checkout has them",
    "✓ our API: answers, and asks for credentials",
    "✓ webhook URLs: reachable, closed to whoever guesses; taken from any address",
    `✓ gateway, as ${endpoints.accountId}: answers, and accepts our credentials`,
    `✓ webhooks of the sandbox, for ${endpoints.accountId}: go to our URLs`,
    `✓ webhooks of the sandbox, for ${otherAccountId}: go to our URLs`,
  ])
    expect(lines).toContain(line);
  for (const check of [
    "settings",
    "credentials",
    "cdk bootstrap",
    "secret callers",
    "secret gateway",
    "secret webhooks",
  ])
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^✓ ${check}: `)));
  for (const word of [endpoints.apiKey, otherApiKey]) expect(stdout).not.toContain(word);
});

describe("one thing that is broken is one line", () => {
  afterAll(async () => {
    await rotateWebhooks(target, otherAccountId, "W3");
  });

  test("a secret that is empty", { timeout }, async () => {
    expect(await wrongsWith(target.callersSecret, () => "{}")).toEqual([
      "secret callers: missing or malformed: hashKey, callers",
    ]);
  });

  test("a key that the gateway does not know", { timeout }, async () => {
    expect(
      await wrongsWith(target.gatewaySecret, (text) => text.replace(`"${otherApiKey}"`, '"another-word"')),
    ).toEqual([`gateway, as ${otherAccountId}: refuses our credentials`]);
  });

  test("a webhook URL that is not ours", { timeout }, async () => {
    const urls = Object.fromEntries(
      webhookSlots.map((slot) => [slot, `${endpoints.webhooks}/webhooks/${slot}/a-token-of-nobody`]),
    );
    const headers = { "api-key": otherApiKey, "account-id": otherAccountId };
    const told = await http(sandbox, "PUT", "/sandbox/webhooks", { headers, body: { kind: "W3", urls } });
    expect(told.status).toBe(200);
    expect(await wrongs()).toEqual([
      `webhooks of the sandbox, for ${otherAccountId}: ${webhookSlots.join(", ")} would not reach us`,
    ]);
  });
});
