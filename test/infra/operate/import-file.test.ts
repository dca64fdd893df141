import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Progress } from "../../../infra/local/progress.ts";
import { type ImportOptions, type ImportSummary, importFile } from "../../../infra/operate/import-file.ts";
import type { RowResult } from "../../../infra/operate/import-results.ts";
import { openStageApi } from "../../../infra/operate/stage-api.ts";
import { type Fault, type ImportApi, openImportApi } from "./import-api.ts";

const MARKER = "Personal-Example";

let api: ImportApi;
let folder: string;
beforeEach(async () => {
  api = await openImportApi();
  folder = mkdtempSync(join(tmpdir(), "onboarding-import-"));
  vi.stubEnv("ONBOARDING_API", api.url);
  for (const [name, value] of Object.entries(api.environment)) vi.stubEnv(name, value);
});
afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** A file of `count` customers, of whom those in `bad` are so. */
function customers(count: number, bad: Record<number, string> = {}, name = "customers.csv"): string {
  const file = join(folder, name);
  const lines = Array.from(
    { length: count },
    (_, index) => bad[index + 2] ?? `order-${index + 2},config-1,${MARKER},0000000000`,
  );
  writeFileSync(
    file,
    ["reference_id,config_id,data.name.first_name,data.mobile_numbers.0", ...lines, ""].join("\n"),
  );
  return file;
}

const said: string[] = [];
/** An import against the server, its pauses short. */
async function run(file: string, options: Partial<ImportOptions> = {}): Promise<ImportSummary> {
  said.length = 0;
  const progress = new Progress({ write: (text) => said.push(text) });
  return importFile(
    await openStageApi("prod", 5_000),
    file,
    {
      result: `${file}.result.jsonl`,
      atOnce: 8,
      perSecond: 10_000,
      signal: new AbortController().signal,
      firstPauseMs: 4,
      ...options,
    },
    progress,
  );
}

/** Every line of the result file but the first. */
function lines(file: string): RowResult[] {
  const [, ...results] = readFileSync(`${file}.result.jsonl`, "utf8").trimEnd().split("\n");
  return results.map((line) => JSON.parse(line));
}
/** The verdict of each row: the last line counts. */
const verdicts = (file: string) => new Map(lines(file).map((result) => [result.row, result]));

const rowsFrom = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("every good row starts one onboarding, every other one is named with its reason", () => {
  const bad = {
    3: `order 3,config-1,${MARKER},`,
    17: `,config-1,${MARKER},`,
    40: `order-39,config-1,${MARKER},`,
    64: `order-64,config-1,${MARKER}`,
    90: `order-90,,${MARKER},`,
    91: `taken,config-1,${MARKER},`,
  };

  test("of 300 rows with 2 % bad ones, whatever happens on the way", async () => {
    await api.cloud.ask("startOnboarding", {
      body: JSON.stringify({ reference_id: "taken", config: { id: "config-1" } }),
    });
    const faults: Fault[] = [
      "reset",
      "reset after",
      "cut after",
      "html",
      { status: 500 },
      { status: 503, after: true },
      { status: 429 },
      { status: 408 },
    ];
    api.plan.faultOf = (_, count) =>
      count === 100
        ? "hang after"
        : count % 4 === 0
          ? (faults[(count / 4) % faults.length] ?? "none")
          : "none";
    const file = customers(300, bad);
    const summary = await run(file);
    expect(summary).toMatchObject({ rows: 300, invalid: 5, refused: 1, failed: 0, stopped: null });
    expect(summary.started + summary.known).toBe(294);

    const found = verdicts(file);
    expect([...found.keys()].sort((one, other) => one - other)).toEqual(rowsFrom(2, 301));
    const named = Object.keys(bad).map((row) => found.get(Number(row)));
    expect(named).toEqual([
      {
        row: 3,
        verdict: "invalid",
        reason: "reference_id: up to 128 of A-Z a-z 0-9 . _ ~ @ + = -, and neither . nor ..",
      },
      { row: 17, verdict: "invalid", reason: "reference_id: is required" },
      { row: 40, reference_id: "order-39", verdict: "invalid", reason: "row 39 has the same reference_id" },
      {
        row: 64,
        reference_id: "order-64",
        verdict: "invalid",
        reason: "has 3 cells where the first row has 4",
      },
      { row: 90, reference_id: "order-90", verdict: "invalid", reason: "config.id: is required" },
      { row: 91, reference_id: "taken", verdict: "refused", reason: "refused (422): DUPLICATE_REFERENCE_ID" },
    ]);
    const started = api.executions();
    expect(started.size).toBe(295);
    for (const [reference, executions] of started) expect(executions.size, reference).toBe(1);
    for (const row of rowsFrom(2, 301))
      if (!(row in bad)) expect(started.has(`order-${row}`), `row ${row}`).toBe(true);
  });

  test("and nothing of a customer but the reference is in the result, on the terminal or readable by others", async () => {
    const file = customers(20, { 3: bad[3], 5: `order-5,config-1,${MARKER},${MARKER},` });
    api.plan.faultOf = (_, count) => (count % 3 === 0 ? { status: 500 } : "none");
    await run(file);
    expect(readFileSync(`${file}.result.jsonl`, "utf8")).not.toContain(MARKER);
    expect(said.join("")).not.toContain(MARKER);
    expect(statSync(`${file}.result.jsonl`).mode & 0o077).toBe(0);
  });

  test("and a row that was started before is known by its profile", async () => {
    const file = customers(1);
    await run(file);
    const key = { account_id: api.environment.ONBOARDING_ACCOUNT_ID, reference_id: "order-2" };
    const claim = await api.cloud.deps.records.claimOf(key);
    if (!claim) throw new Error("nothing was claimed");
    // Whoever binds may want to know the time.
    await (api.cloud.deps.records.bind as (...of: unknown[]) => Promise<unknown>)(
      claim,
      "profile-2",
      Date.now(),
    );
    await run(file, { result: join(folder, "again.jsonl") });
    expect(readFileSync(join(folder, "again.jsonl"), "utf8").trimEnd().split("\n").at(-1)).toBe(
      '{"row":2,"reference_id":"order-2","verdict":"known","profile_id":"profile-2"}',
    );
  });
});

describe("an import that is interrupted", () => {
  test("ends what is under way, and goes on where it was, with nothing twice", async () => {
    const file = customers(200, { 150: "order 150,config-1,," });
    const controller = new AbortController();
    api.plan.faultOf = (_, count) => {
      if (count === 80) controller.abort();
      return count % 5 === 0 ? { status: 500, after: true } : "none";
    };
    const first = await run(file, { signal: controller.signal });
    expect(first.stopped).toBe("interrupted");
    expect(said.join("")).toContain("stopping once what is under way has its answer");
    const settled = new Set([...verdicts(file).values()].map(({ reference_id }) => reference_id));
    expect(settled.size).toBeGreaterThan(40);
    expect(settled.size).toBeLessThan(90);

    api.asked.length = 0;
    const second = await run(file);
    expect(second).toMatchObject({ rows: 200, started: 199, invalid: 1, failed: 0, stopped: null });
    for (const { reference_id } of api.asked) expect(settled.has(reference_id), reference_id).toBe(false);
    expect(lines(file)).toHaveLength(200);
    for (const [reference, executions] of api.executions()) expect(executions.size, reference).toBe(1);
    expect(api.executions().size).toBe(199);
  });

  test("and is complete asks for nothing more", async () => {
    const file = customers(10, { 4: "order 4,config-1,," });
    const first = await run(file);
    api.asked.length = 0;
    const written = readFileSync(`${file}.result.jsonl`, "utf8");
    expect(await run(file)).toEqual({ ...first, seconds: expect.any(Number) });
    expect(api.asked).toEqual([]);
    expect(readFileSync(`${file}.result.jsonl`, "utf8")).toBe(written);
  });

  test("at any byte of its result file goes on, and sends again what was not written whole", async () => {
    const file = customers(5);
    const result = `${file}.result.jsonl`;
    await run(file, { atOnce: 1 });
    const whole = readFileSync(result, "utf8");
    const head = whole.indexOf("\n") + 1;
    for (const cut of [head, head + 1, whole.length - 1, whole.indexOf("\n", head) + 3]) {
      writeFileSync(result, whole.slice(0, cut));
      expect(await run(file, { atOnce: 1 })).toMatchObject({ started: 5, stopped: null });
      expect(readFileSync(result, "utf8")).toBe(whole);
    }
    expect(api.executions().size).toBe(5);
  });

  test("goes on with rows that failed, and with no others", async () => {
    const file = customers(30);
    const failing = ["order-7", "order-20"];
    api.plan.faultOf = ({ reference_id }) =>
      failing.includes(reference_id) ? { status: 502, after: true } : "none";
    expect(await run(file)).toMatchObject({ started: 28, failed: 2, stopped: null });
    expect(verdicts(file).get(7)).toEqual({
      row: 7,
      reference_id: "order-7",
      verdict: "failed",
      reason: "the API answered 502",
    });
    api.plan.faultOf = () => "none";
    api.asked.length = 0;
    expect(await run(file)).toMatchObject({ started: 30, failed: 0 });
    expect(api.asked.map(({ reference_id }) => reference_id).sort()).toEqual(failing.toSorted());
    for (const executions of api.executions().values()) expect(executions.size).toBe(1);
  });
});

describe("a result file that is about something else is refused, and left as it is", () => {
  test.each<[string, (file: string) => unknown, RegExp]>([
    [
      "another row",
      (file) => writeFileSync(file, readFileSync(file, "utf8").replace("order-4,", "order-x,")),
      /^the file is not the one that .* is about/,
    ],
    ["one row more", (file) => appendFileSync(file, "order-x,config-1,,\n"), /^the file is not the one/],
    [
      "another default workflow",
      () => ({ configId: "config-2" }),
      /was begun without --config-id: do the same/,
    ],
    [
      "another account",
      () => {
        vi.stubEnv("ONBOARDING_ACCOUNT_ID", "somebody/else");
      },
      /is about another stage or account/,
    ],
    [
      "no import at all",
      (file) => writeFileSync(`${file}.result.jsonl`, '{"precious":true}'),
      /is no result of an import/,
    ],
    ["nothing", (file) => writeFileSync(`${file}.result.jsonl`, ""), /is no result of an import/],
    [
      "a line that is no verdict",
      (file) => appendFileSync(`${file}.result.jsonl`, '{"row":2,"verdict":"maybe"}\n'),
      /^line 7 of .* is no verdict/,
    ],
  ])("%s", async (_what, change, message) => {
    const file = customers(5);
    await run(file);
    api.asked.length = 0;
    const options = (change(file) ?? {}) as Partial<ImportOptions>;
    const before = readFileSync(`${file}.result.jsonl`, "utf8");
    await expect(run(file, options)).rejects.toMatchObject({
      name: "CommandFailed",
      message: expect.stringMatching(message),
    });
    expect(readFileSync(`${file}.result.jsonl`, "utf8")).toBe(before);
    expect(api.asked).toEqual([]);
  });

  test("and its first line does not give the rows away", async () => {
    const file = customers(1);
    await run(file);
    const { salt, check } = JSON.parse(readFileSync(`${file}.result.jsonl`, "utf8").split("\n")[0] ?? "");
    const other = customers(1, {}, "same.csv");
    await run(other);
    const again = JSON.parse(readFileSync(`${other}.result.jsonl`, "utf8").split("\n")[0] ?? "");
    expect([again.salt === salt, again.check === check]).toEqual([false, false]);
  });
});

describe("the pace", () => {
  test("is no more requests at once and a second than was asked for", async () => {
    const file = customers(40);
    const before = performance.now();
    await run(file, { atOnce: 3, perSecond: 100 });
    expect(performance.now() - before).toBeGreaterThan(380);
    expect(api.mostAtOnce()).toBeLessThanOrEqual(3);
    expect(api.asked).toHaveLength(40);
  });

  test("is the API's: nobody sends while it asks to wait, and no row fails of that", async () => {
    let toldAt = 0;
    api.plan.faultOf = ({ at }, count) => {
      if (count < 20 || (toldAt > 0 && at - toldAt > 900)) return "none";
      toldAt ||= at;
      return { status: 429, retryAfter: "1" };
    };
    const file = customers(60);
    expect(await run(file, { atOnce: 4 })).toMatchObject({ started: 60, failed: 0, stopped: null });
    // What was under way when the first one was told.
    const meanwhile = api.asked.filter(({ at }) => at > toldAt && at < toldAt + 900);
    expect(meanwhile.length).toBeLessThan(4);
  });

  test("a row that is told to wait more often than any row is given up is sent in the end", async () => {
    let waits = 0;
    api.plan.faultOf = ({ reference_id }) =>
      reference_id === "order-2" && waits++ < 12 ? { status: 429, retryAfter: "0" } : "none";
    expect(await run(customers(3))).toMatchObject({ started: 3, failed: 0 });
    expect(waits).toBe(13);
  });
});

describe("an import ends at once when no row could fare better", () => {
  test.each<[string, Fault, RegExp]>([
    [
      "wrong credentials",
      { status: 403, body: { message: "Invalid authentication credentials" } },
      /403.*check ONBOARDING_API_KEY/,
    ],
    ["another route", { status: 404, body: { errors: { detail: "Not Found" } } }, /404|not found/],
    ["another API", { status: 202, body: { ok: true } }, /not the one that is expected/],
  ])("%s", async (_what, fault, message) => {
    api.plan.faultOf = (_, count) => (count > 10 ? fault : "none");
    const file = customers(200);
    await expect(run(file)).rejects.toMatchObject({
      name: "CommandFailed",
      message: expect.stringMatching(message),
    });
    expect(api.asked.length).toBeLessThan(30);
    expect(verdicts(file).size).toBeGreaterThanOrEqual(3);
    for (const { verdict } of lines(file)) expect(verdict).toBe("started");
    api.plan.faultOf = () => "none";
    expect(await run(file)).toMatchObject({ started: 200 });
  });

  test("nobody there", async () => {
    api.plan.faultOf = (_, count) => (count > 10 ? "reset" : "none");
    const file = customers(200);
    const summary = await run(file);
    expect(summary.stopped).toMatch(
      /^20 rows in a row got no answer: the API did not answer \(fetch failed\)/,
    );
    expect(summary.failed).toBeGreaterThanOrEqual(20);
    expect(summary.failed).toBeLessThan(30);
    api.plan.faultOf = () => "none";
    expect(await run(file)).toMatchObject({ started: 200, failed: 0, stopped: null });
  });
});

describe("the command", () => {
  const commands = join(import.meta.dirname, "../../../infra/operate/commands.ts");
  const command = (...args: string[]) =>
    execa(process.execPath, [commands, "import", ...args], {
      reject: false,
      env: { ONBOARDING_API: api.url, ...api.environment },
    });

  test("ends with 0 when every row is started, and says where the verdicts are", async () => {
    const file = customers(12);
    const { exitCode, stdout, stderr } = await command(file, "--stage", "prod");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^✓ 12 rows checked, 0 invalid .*\n✓ 12 rows sent .*\n {2}12 started, 0 known/);
    expect(stdout).toContain(`a verdict per row: ${file}.result.jsonl`);
    expect(verdicts(file).size).toBe(12);
  });

  test("ends with 1 when a row is not, and prints nothing but JSON for programs", async () => {
    const file = customers(12, { 5: "order 5,config-1,," });
    const result = join(folder, "verdicts of it.jsonl");
    const { exitCode, stdout } = await command(file, "--stage", "prod", "--json", "--result", result);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      file,
      result,
      rows: 12,
      started: 11,
      known: 0,
      refused: 0,
      invalid: 1,
      failed: 0,
      seconds: expect.any(Number),
      stopped: null,
    });
  });

  test("only checks in a dry run: nothing is sent, nothing is written", async () => {
    const file = customers(40, Object.fromEntries(rowsFrom(5, 30).map((row) => [row, `order ${row},c,,`])));
    const dry = await command(file, "--dry-run");
    expect(dry.exitCode).toBe(1);
    expect(dry.stdout).toContain("  row 5: reference_id: up to 128 of");
    expect(dry.stdout).toContain("\n  and 6 more");
    const { stdout } = await command(file, "--dry-run", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ rows: 40, invalid: 26 });
    expect((await command(customers(3), "--dry-run")).exitCode).toBe(0);
    expect(existsSync(`${file}.result.jsonl`)).toBe(false);
    expect(api.asked).toEqual([]);
  });

  test("stops at Ctrl-C, says how to go on, and does", async () => {
    const file = customers(60, {}, "the customers.csv");
    let started: ReturnType<typeof command> | undefined;
    api.plan.faultOf = (_, count) => {
      if (count === 20) started?.kill("SIGINT");
      return "none";
    };
    started = command(file, "--stage", "prod", "--per-second", "40");
    const { exitCode, stdout } = await started;
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/ \d+ not tried yet/);
    expect(stdout).toContain("✗ interrupted");
    expect(stdout).toContain(`to go on: npm run onboarding -- import '${file}' --stage prod --per-second 40`);
    expect(api.executions().size).toBeLessThan(40);
    const again = await command(file, "--stage", "prod");
    expect([again.exitCode, verdicts(file).size, api.executions().size]).toEqual([0, 60, 60]);
  });

  test("that is killed loses no more than answers, which come again", async () => {
    const file = customers(60);
    let started: ReturnType<typeof command> | undefined;
    api.plan.faultOf = (_, count) => {
      if (count === 20) started?.kill("SIGKILL");
      return "none";
    };
    started = command(file, "--stage", "prod", "--per-second", "40");
    await started;
    await sleep(50);
    expect(lines(file).length).toBeGreaterThanOrEqual(10);
    const again = await command(file, "--stage", "prod");
    expect([again.exitCode, verdicts(file).size, api.executions().size]).toEqual([0, 60, 60]);
    for (const executions of api.executions().values()) expect(executions.size).toBe(1);
  });

  test.each([
    [["--at-once", "0"], /^✗ option '--at-once <n>' argument '0' is invalid/],
    [["--per-second", "many"], /^✗ option '--per-second <n>' argument 'many' is invalid/],
    [[], /^✗ missing required argument 'file'/],
  ])("refuses wrong arguments with 2: %j", async (args, message) => {
    const { exitCode, stderr } = await command(...(args.length > 0 ? ["file.csv", ...args] : []));
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });

  test("explains itself", async () => {
    const { exitCode, stdout } = await command("--help");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Usage: onboarding import \[options\] <file>/);
    expect(stdout).toContain("npm run onboarding -- import customers.csv --dry-run");
  });
});
