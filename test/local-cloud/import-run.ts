import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { paginateListExecutions } from "@aws-sdk/client-sfn";
import { stringify } from "csv-stringify/sync";
import { execa } from "execa";
import { type ScenarioName, scenarios } from "../../infra/local/scenarios.ts";
import type { ImportSummary } from "../../infra/operate/import-file.ts";
import type { RowResult } from "../../infra/operate/import-results.ts";
import { clients, configIdOf, endpoints, eventually, freshReference, http } from "./cloud.ts";
import { follow } from "./followed.ts";

const commands = join(import.meta.dirname, "../../infra/operate/commands.ts");
const header = [
  "reference_id",
  "config_id",
  "data.name.first_name",
  "data.mobile_numbers.0",
  "data.addresses.0.type",
];
/** Every one of them ends purged, by another way. */
const courses = [
  "straight-through",
  "review-approve",
  "review-reject",
  "no-capture",
] as const satisfies ScenarioName[];
/** One row in so many is bad. */
const BAD_EVERY = 50;

interface Planned {
  row: number;
  reference: string;
  cells: string[];
  /** How a good row ends. */
  outcome: string | undefined;
  /** What a bad row must be called. */
  expected: Pick<RowResult, "verdict" | "reason"> | undefined;
}

/** So many customers, of whom every fiftieth is bad, each in another way; `taken` is another request's reference. */
function plan(rows: number, taken: string): Planned[] {
  const prefix = freshReference("import");
  const good = (row: number): string[] => {
    const course = courses[row % courses.length] ?? "straight-through";
    return [`${prefix}-${row}`, configIdOf(course), "Sample", "0000000000", "current"];
  };
  let takenBy: number | undefined;
  const invalid = (reason: string) => ({ verdict: "invalid" as const, reason });
  const kinds: ((row: number, cells: string[]) => [string[], Planned["expected"]])[] = [
    (_, [, ...rest]) => [["", ...rest], invalid("reference_id: is required")],
    (row, [, ...rest]) => [
      [`${prefix} ${row}`, ...rest],
      invalid("reference_id: up to 128 of A-Z a-z 0-9 . _ ~ @ + = -, and neither . nor .."),
    ],
    (row, [, ...rest]) => [
      [`${prefix}-${row - 1}`, ...rest],
      invalid(`row ${row - 1} has the same reference_id`),
    ],
    (_, [reference = "", , ...rest]) => [[reference, "", ...rest], invalid("config.id: is required")],
    (_, cells) => [
      [...cells.slice(0, 4), "moon"],
      invalid("data.addresses.0.type: expected permanent, current, correspondence or other"),
    ],
    (_, cells) => [cells.slice(0, 3), invalid("has 3 cells where the first row has 5")],
    (row, [, ...rest]) => {
      takenBy ??= row;
      return [
        [taken, ...rest],
        row === takenBy
          ? { verdict: "refused", reason: "refused (422): DUPLICATE_REFERENCE_ID" }
          : invalid(`row ${takenBy} has the same reference_id`),
      ];
    },
  ];
  return Array.from({ length: rows }, (_, index) => {
    const row = index + 2;
    const cells = good(row);
    if (index % BAD_EVERY !== BAD_EVERY / 2)
      return {
        row,
        reference: cells[0] ?? "",
        cells,
        outcome: scenarios[courses[row % courses.length] ?? "straight-through"].outcomeEvent,
        expected: undefined,
      };
    const kind = kinds[Math.floor(index / BAD_EVERY) % kinds.length];
    const [bad, expected] = kind?.(row, cells) ?? [cells, undefined];
    return { row, reference: bad[0] ?? "", cells: bad, outcome: undefined, expected };
  });
}

/** Of every onboarding that there is, by the name that its attempts share: how many executions. */
async function executions(): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const { executions: page = [] } of paginateListExecutions(
    { client: clients.sfn },
    { stateMachineArn: endpoints.stateMachineArn },
  ))
    for (const { name = "" } of page) {
      const shared = sharedName(name);
      found.set(shared, (found.get(shared) ?? 0) + 1);
    }
  return found;
}

const sharedName = (execution: string): string => execution.slice(0, execution.lastIndexOf("-"));

/** What an import did, and what is wrong with it: every list is empty when all is well. */
export interface ImportRun {
  interrupted: { exitCode: number | undefined; stdout: string; verdicts: number };
  resumed: { exitCode: number | undefined; summary: ImportSummary };
  goodRows: number;
  seconds: { interrupted: number; resumed: number; purged: number };
  /** Rows whose verdict is another than it should be, or is there twice. */
  wrongVerdicts: string[];
  notPurged: string[];
  /** References with another outcome, or with more than one. */
  wrongOutcomes: string[];
  /** Onboardings with more than one execution, or none of their own. */
  twice: string[];
}

/**
 * Imports `rows` customers, 2 % of them bad, by the command line, which is interrupted once at about 40 %, and follows
 * every onboarding to its purge. Set the gateway's faults before.
 */
export async function runImport(
  rows: number,
  { perSecond, purgeSeconds }: { perSecond: number; purgeSeconds: number },
): Promise<ImportRun> {
  const folder = await mkdtemp(join(tmpdir(), "onboarding-import-"));
  const file = join(folder, "customers.csv");
  const result = `${file}.result.jsonl`;
  const taken = freshReference("import-taken");
  const planned = plan(rows, taken);
  writeFileSync(
    file,
    stringify([header, ...planned.map(({ cells }) => cells)], { record_delimiter: "\r\n" }),
  );
  // Somebody else's request; it ends like the others.
  await http(endpoints.api, "POST", "/onboardings", {
    body: { reference_id: taken, config: { id: configIdOf("straight-through") } },
  });
  const linesOf = (): RowResult[] => {
    if (!existsSync(result)) return [];
    const [, ...lines] = readFileSync(result, "utf8").split("\n");
    return lines.slice(0, -1).map((line) => JSON.parse(line));
  };

  const followed = await follow(endpoints);
  const { purged, outcomes } = followed;
  const command = (...more: string[]) =>
    execa(
      process.execPath,
      [commands, "import", file, "--at-once", "8", "--per-second", String(perSecond), ...more],
      { reject: false },
    );
  try {
    const begun = Date.now();
    const secondsSince = () => (Date.now() - begun) / 1_000;
    const first = command();
    const watching = new AbortController();
    const interrupting = (async () => {
      while (linesOf().length < rows * 0.4) await sleep(50, undefined, { signal: watching.signal });
      first.kill("SIGINT");
    })().catch(() => undefined);
    const { exitCode, stdout } = await first;
    watching.abort();
    await interrupting;
    const interrupted = { exitCode, stdout, verdicts: linesOf().length };
    const afterFirst = secondsSince();

    const second = await command("--json");
    const resumed = {
      exitCode: second.exitCode,
      summary: JSON.parse(second.stdout || "{}") as ImportSummary,
    };
    const afterSecond = secondsSince();

    const good = planned.filter(({ expected }) => expected === undefined);
    await eventually(
      async () => good.every(({ reference }) => purged.has(reference)) && purged.has(taken),
      (all) => all,
      purgeSeconds,
    );
    const seconds = { interrupted: afterFirst, resumed: afterSecond, purged: secondsSince() };
    // What comes after the end would come now.
    await sleep(2_000);
    await followed.hear();

    const verdictsOf = new Map<number, RowResult[]>();
    for (const line of linesOf()) verdictsOf.set(line.row, [...(verdictsOf.get(line.row) ?? []), line]);
    const wrongVerdicts = planned.flatMap(({ row, expected }) => {
      const lines = verdictsOf.get(row) ?? [];
      const [line] = lines;
      const right = expected
        ? line?.verdict === expected.verdict && line.reason === expected.reason
        : line?.verdict === "started" || line?.verdict === "known";
      return right && lines.length === 1 ? [] : [`row ${row}: ${JSON.stringify(lines)}`];
    });
    const wrongOutcomes = good.flatMap(({ reference, outcome }) => {
      const heard = [...(outcomes.get(reference) ?? [])];
      return heard.length === 1 && heard[0]?.startsWith(`${outcome} `)
        ? []
        : [`${reference}: ${heard.join(", ")}`];
    });
    const started = await executions();
    const driven = new Set<string>();
    const twice: string[] = [];
    for (const { reference } of good) {
      const { body } = await http(endpoints.api, "GET", `/onboardings/${reference}`);
      const name = sharedName(String(body.execution_arn).split(":").at(-1) ?? "");
      if (started.get(name) !== 1 || driven.has(name)) twice.push(`${reference}: ${started.get(name) ?? 0}`);
      driven.add(name);
    }
    return {
      interrupted,
      resumed,
      goodRows: good.length,
      seconds,
      wrongVerdicts,
      notPurged: good.filter(({ reference }) => !purged.has(reference)).map(({ reference }) => reference),
      wrongOutcomes,
      twice,
    };
  } finally {
    await followed.stop();
    await rm(folder, { recursive: true });
  }
}
