import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { operatorActions } from "../../../shared/profile/operations.ts";
import { ACCOUNT } from "../../functions/sandbox/virtual-sandbox.ts";
import { CloudInMemory, keyOf } from "../../fuzz/cloud-in-memory.ts";

const commands = join(import.meta.dirname, "../../../infra/operate/commands.ts");
const cloud = await CloudInMemory.withSubjects();
const before = cloud.kept();

/** The real actions over stores in memory, behind a real HTTP server; the sandbox's own logic is the gateway. */
const server = createServer(async (asked, response) => {
  const { pathname } = new URL(asked.url ?? "", "http://api");
  const [, group, id = "", rest] = pathname.split("/");
  const name =
    group === "profiles"
      ? "fetchRecaptureConfig"
      : rest === "actions"
        ? "actOnOnboarding"
        : "fetchOnboarding";
  const chunks: Buffer[] = [];
  for await (const chunk of asked) chunks.push(chunk as Buffer);
  const { status, body } = await cloud.ask(name, {
    headers: asked.headers as Record<string, string>,
    pathParameters: { [group === "profiles" ? "id" : "reference_id"]: decodeURIComponent(id) },
    ...(chunks.length > 0 && { body: Buffer.concat(chunks).toString() }),
  });
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  while (!server.listening) await sleep(1);
});
beforeEach(() => cloud.restore(before));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const run = (...args: string[]) =>
  execa(process.execPath, [commands, ...args, "--stage", "prod"], {
    reject: false,
    env: {
      ONBOARDING_API: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ONBOARDING_API_KEY: keyOf(ACCOUNT),
      ONBOARDING_ACCOUNT_ID: ACCOUNT,
    },
  });
const why = ["--reason", "The customer called", "--by", "ann"];
const { review_required: review, capture_pending: capture, completed } = cloud.subjects;
const statusOf = (profile_id: string) => cloud.virtual.store.profiles.get(profile_id)?.state.status;
const auditOf = async (reference_id: string) =>
  (await cloud.deps.records.history({ account_id: ACCOUNT, reference_id }, null)).filter(
    ({ by }) => by === "operator",
  );

test("approve acts, says what was done and what to type next, and is audited", async () => {
  const { stdout, exitCode } = await run(
    "approve",
    review.reference_id,
    ...why,
    "--ticket",
    "OPS-7",
    "--code",
    "OK",
  );
  expect(exitCode).toBe(0);
  expect(stdout.split("\n")).toEqual([
    `✓ ${review.reference_id}: the profile is approved (completed)`,
    `npm run onboarding -- show ${review.reference_id} --stage prod`,
  ]);
  expect(statusOf(review.profile_id)).toBe("completed");
  expect(
    (await auditOf(review.reference_id)).map(({ kind, detail }) => [kind, detail["who"], detail["ticket"]]),
  ).toEqual([
    ["OperatorAsked", "ann", "OPS-7"],
    ["ApprovedByOperator", "ann", "OPS-7"],
  ]);
});

test("with --json prints the API's answer", async () => {
  const { stdout } = await run("hold", completed.reference_id, ...why, "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    action: "hold",
    done: true,
    reference_id: completed.reference_id,
  });
});

test("what is refused is exit code 1 and one line that says why", async () => {
  const { stderr, exitCode } = await run("approve", capture.reference_id, ...why);
  expect(exitCode).toBe(1);
  expect(stderr).toBe("✗ refused (422): Profile in incorrect state capture_pending");
});

describe("what cannot be taken back", () => {
  test.each([
    ["purge", completed, "completed"],
    ["cancel", capture, "capture_pending"],
    ["reject", review, "review_required"],
  ] as const)(
    "%s is not done without a terminal to ask on, nor without --yes",
    async (action, subject, status) => {
      const asked = await run(action, subject.reference_id, ...why);
      expect(asked.exitCode).toBe(1);
      expect(asked.stderr).toContain("add --yes");
      expect(statusOf(subject.profile_id)).toBe(status);
      expect(await auditOf(subject.reference_id)).toEqual([]);
      expect((await run(action, subject.reference_id, ...why, "--yes")).exitCode).toBe(0);
      expect(statusOf(subject.profile_id)).not.toBe(status);
    },
  );
});

describe("recapture", () => {
  test("lists what the gateway offers where nothing of it was named", async () => {
    const { stderr, exitCode } = await run("recapture", review.reference_id, ...why);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("name one of the offered reasons by --because");
    expect(stderr).toContain("    Incorrect selfie  (DOCUMENT_INSUFFICIENCY)");
    expect(stderr).toContain("    Other  (DOCUMENT_INSUFFICIENCY, needs --comments)");
    expect(stderr.match(/nil\.selfie\.nil\.1\.nil/g)).toHaveLength(1);
  });

  test("sends back what was named of it", async () => {
    const item = "nil.selfie.nil.1.nil";
    const asked = ["recapture", review.reference_id, ...why, "--because", "Incorrect selfie", "--item"];
    const unknown = await run(...asked, item, "nil.nothing");
    expect(unknown.stderr).toContain("the gateway does not offer nil.nothing");
    expect((await run(...asked, item)).exitCode).toBe(0);
    expect(statusOf(review.profile_id)).toBe("recapture_pending");
  });
});

test("wrong arguments are exit code 2 and reach nobody", async () => {
  for (const args of [
    ["recheck", review.reference_id],
    ["recheck", review.reference_id, "--reason", " "],
    ["recheck", review.reference_id, ...why, "--ticket", "no ticket"],
    ["recheck", review.reference_id, "--reason", "x", "--by", "an n"],
    ["recheck", ...why],
    ["redrive", "nothing", ...why],
    ["redrive", "looks"],
    ["redrive", "looks", "--reason", "x", "--by", "an n"],
  ]) {
    const { exitCode, stderr } = await run(...args);
    expect({ args, exitCode }).toEqual({ args, exitCode: 2 });
    expect(stderr).toMatch(/^✗ /);
  }
  expect(await auditOf(review.reference_id)).toEqual([]);
});

test("every action has a command with help and an example", async () => {
  for (const action of operatorActions) {
    const { stdout, exitCode } = await run(action, "--help");
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`npm run onboarding -- ${action} order-1042 --reason`);
  }
});
