import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ACCOUNT, OTHER_ACCOUNT } from "../../functions/sandbox/virtual-sandbox.ts";
import { request } from "../../functions/waiting-in-memory.ts";
import { CloudInMemory, keyOf } from "../../fuzz/cloud-in-memory.ts";

const commands = join(import.meta.dirname, "../../../infra/operate/commands.ts");
const cloud = new CloudInMemory();
const now = cloud.deps.now();

/** The real action over stores in memory, behind a real HTTP server. */
const server = createServer(async (asked, response) => {
  const { pathname, searchParams } = new URL(asked.url ?? "", "http://api");
  const [, reference_id = ""] = /^\/onboardings\/(.+)$/.exec(pathname) ?? [];
  const { status, body } = await cloud.ask("fetchOnboarding", {
    headers: asked.headers as Record<string, string>,
    pathParameters: { reference_id: decodeURIComponent(reference_id) },
    ...(searchParams.size > 0 && { queryStringParameters: Object.fromEntries(searchParams) }),
  });
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  while (!server.listening) await sleep(1);
  for (const account_id of [ACCOUNT, OTHER_ACCOUNT])
    await request(cloud.deps.records, {
      account_id,
      reference_id: account_id === ACCOUNT ? "order+7" : "not-mine",
      requested_at: now,
      due_at: now + 60_000,
    });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const show = (...args: string[]) =>
  execa(process.execPath, [commands, "show", ...args, "--stage", "prod"], {
    reject: false,
    env: {
      ONBOARDING_API: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ONBOARDING_API_KEY: keyOf(ACCOUNT),
      ONBOARDING_ACCOUNT_ID: ACCOUNT,
    },
  });

test("show prints the page, with commands for the same stage", async () => {
  const { stdout, exitCode } = await show("order+7");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^Onboarding {2}order\+7\nWorkflow/);
  expect(stdout).toContain("npm run onboarding -- recheck order+7 ");
  expect(stdout).toContain("--stage prod");
  expect(stdout).not.toContain("There is no execution yet.");
});

test("show --steps asks for the steps as well", async () => {
  expect((await show("order+7", "--steps")).stdout).toContain("There is no execution yet.");
});

test("show --json prints the answer as it is", async () => {
  expect(JSON.parse((await show("order+7", "--json")).stdout)).toMatchObject({
    reference_id: "order+7",
    stuck: expect.any(Boolean),
    events: [{ kind: "OnboardingRequested", says: expect.any(String) }],
  });
});

test.each(["unknown", "not-mine"])("%s is not found, and where to look is said", async (reference) => {
  const { stderr, exitCode } = await show(reference);
  expect([exitCode, stderr]).toEqual([
    1,
    "✗ not found (RESOURCE_NOT_FOUND): this account has no such onboarding; `list` shows what is open",
  ]);
});

test("show without a reference ends with 2 and one line", async () => {
  const { stderr, exitCode } = await show();
  expect([exitCode, stderr]).toEqual([2, "✗ missing required argument 'reference'"]);
});
