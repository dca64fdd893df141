import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OnboardingCounts } from "../../../functions/actions/count-onboardings.ts";
import type { OnboardingsPage } from "../../../functions/actions/list-onboardings.ts";
import { countsLines } from "../../../infra/operate/counts.ts";
import { listLines } from "../../../infra/operate/list.ts";
import { ACCOUNT, OTHER_ACCOUNT } from "../../functions/sandbox/virtual-sandbox.ts";
import { park, request } from "../../functions/waiting-in-memory.ts";
import { CloudInMemory, keyOf } from "../../fuzz/cloud-in-memory.ts";

const commands = join(import.meta.dirname, "../../../infra/operate/commands.ts");
const cloud = new CloudInMemory();
const now = cloud.deps.now();
const MINUTE = 60_000;
const DAY = 86_400_000;

/** The real actions over stores in memory, behind a real HTTP server. */
const server = createServer(async (asked, response) => {
  const { pathname, searchParams } = new URL(asked.url ?? "", "http://api");
  const action = { "/onboardings": "listOnboardings", "/onboarding-counts": "countOnboardings" }[pathname];
  const { status, body } = await cloud.ask(action ?? "unknownRoute", {
    headers: asked.headers as Record<string, string>,
    ...(searchParams.size > 0 && { queryStringParameters: Object.fromEntries(searchParams) }),
  });
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  while (!server.listening) await sleep(1);
  const { records } = cloud.deps;
  for (let index = 0; index < 120; index++)
    await park(records, {
      account_id: ACCOUNT,
      reference_id: `order-${index}`,
      parked_at: now - index * MINUTE,
      deadline_at: now + DAY,
      due_at: now + index,
    });
  await park(records, { account_id: ACCOUNT, reference_id: "stuck", state: "Attention", status: "failed" });
  await park(records, { account_id: OTHER_ACCOUNT, reference_id: "not-mine", state: "Attention" });
  await request(records, {
    account_id: ACCOUNT,
    reference_id: "fresh",
    requested_at: now,
    due_at: now + MINUTE,
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function run(...args: string[]) {
  return execa(process.execPath, [commands, ...args, "--stage", "prod"], {
    reject: false,
    env: {
      ONBOARDING_API: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ONBOARDING_API_KEY: keyOf(ACCOUNT),
      ONBOARDING_ACCOUNT_ID: ACCOUNT,
    },
  });
}
const json = async (...args: string[]) => JSON.parse((await run(...args, "--json")).stdout);

describe("list", () => {
  test("follows the pages to the end with --all, longest waiting first", async () => {
    const { onboardings, more } = await json("list", "--all", "--status", "capture_pending");
    expect(onboardings.map(({ reference_id }: { reference_id: string }) => reference_id)).toEqual(
      Array.from({ length: 120 }, (_, index) => `order-${119 - index}`),
    );
    expect(more).toBe(false);
  });

  test("ends at its limit, over pages too, and says so", async () => {
    expect(await json("list", "--limit", "110")).toMatchObject({ onboardings: { length: 110 }, more: true });
    const { stdout } = await run("list", "--limit", "2");
    expect(stdout).toContain("2 onboardings; there may be more: --all, or a higher --limit.");
  });

  test("of what is stuck shows it and what to type next", async () => {
    const { stdout, exitCode } = await run("list", "--stuck");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^! {2}stuck +failed .* a person to look at it$/m);
    expect(stdout).toContain("npm run onboarding -- show stuck --stage prod");
    expect(stdout).not.toContain("not-mine");
  });

  test("of nothing says so in words", async () => {
    const { stdout, exitCode } = await run("list", "--status", "completed", "--older-than", "2d");
    expect([stdout, exitCode]).toEqual(["Nothing of status completed and that waits for longer than 2d.", 0]);
  });

  test.each([
    ["a status that is none", ["--status", "open"]],
    ["a length that is none", ["--older-than", "2w"]],
    ["a limit that is none", ["--limit", "0"]],
  ])("%s ends it with 2 and one line", async (_what, args) => {
    const { stderr, exitCode } = await run("list", ...args);
    expect([exitCode, stderr.split("\n").length]).toEqual([2, 1]);
    expect(stderr).toContain(args[0]);
  });
});

test("counts shows each status, all of them, and where to look", async () => {
  const { stdout, exitCode } = await run("counts");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^capture_pending +120 +0 +59 min +1 h 47 min +1 h 58 min +1 h 59 min$/m);
  expect(stdout).toMatch(/^none +1 +0 +0 s/m);
  expect(stdout).toMatch(/^all +122 +1 /m);
  expect(stdout).toContain("npm run onboarding -- list --stuck --stage prod");
  expect(await json("counts")).toMatchObject({ complete: true, total: { count: 122, stuck: 1 } });
});

const row: OnboardingsPage["onboardings"][number] = {
  reference_id: "order-7",
  profile_id: "profile-7",
  status: "review_required",
  waiting_for: "a person to look at it",
  waiting_since: new Date(now - 3 * DAY).toISOString(),
  waiting_until: new Date(now - 20 * MINUTE).toISOString(),
  requested_at: new Date(now - 4 * DAY).toISOString(),
  stuck: true,
  reason: "a step failed repeatedly",
  held: true,
  config_id: "config-example",
};

test("a row says how long it waits, until when, for what and why", () => {
  const lines = listLines({ onboardings: [row], more: false }, { stuck: false }, undefined, now);
  expect(lines).toEqual([
    "   REFERENCE  STATUS           WAITING  DEADLINE    FOR",
    "!  order-7    review_required  3 d      20 min ago  a person to look at it; a step failed repeatedly; under legal hold",
    "",
    "1 onboarding.",
    "npm run onboarding -- show order-7",
  ]);
});

test("nothing at all is said in words", () => {
  expect(listLines({ onboardings: [], more: false }, { stuck: false }, undefined, now)).toEqual([
    "Nothing waits: every onboarding of this account has ended, or is being worked on right now.",
  ]);
  const nothing = { count: 0, stuck: 0, age_seconds: null };
  const counts: OnboardingCounts = { at: "", complete: true, total: nothing, statuses: [] };
  expect(countsLines(counts)).toEqual([
    "Nothing waits: every onboarding of this account has ended, or is being worked on right now.",
  ]);
});

test("counts that are not complete say so", () => {
  const total = { count: 1, stuck: 0, age_seconds: { p50: 1, p90: 1, p99: 1, max: 1 } };
  const counts: OnboardingCounts = {
    at: "",
    complete: false,
    total,
    statuses: [{ status: "in_progress", ...total }],
  };
  expect(countsLines(counts).at(-1)).toBe(
    "There was too much to count all of it: these are the least that there are.",
  );
});
