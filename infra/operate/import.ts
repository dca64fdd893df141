import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, InvalidArgumentError } from "commander";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { CommandFailed } from "../local/command-failed.ts";
import { abortOnInterruption } from "../local/interruption.ts";
import { startedSchema } from "../local/onboarding-api.ts";
import { Progress } from "../local/progress.ts";
import { readStage } from "../local/stage-config.ts";
import { ResultFile, type RowResult, type Verdict } from "./import-results.ts";
import { readRows } from "./import-rows.ts";
import {
  jsonOption,
  openStageApi,
  refusalOf,
  type StageAnswer,
  type StageApi,
  stageOption,
} from "./stage-api.ts";

/** Per row; what none of these gets an answer to is `failed`. */
const ATTEMPTS = 6;
/** Per row too, and not counted among the attempts: to be told to wait is an answer. */
const WAITS = 60;
const LONGEST_PAUSE_MS = 10_000;
const LONGEST_HOLD_MS = 5 * 60_000;
/** However often we are told that it is too fast. */
const SLOWEST_MS = 2_000;
/** So many rows without an answer, and none with one between them: nobody is there. */
const FAILURES_IN_A_ROW = 20;
/** Problems that a dry run shows. */
const SHOWN = 20;

/** `import`: starts an onboarding per row of a file. */
export function importCommand(program: Command): void {
  program
    .command("import")
    .description("start an onboarding per row of a file; can be stopped and resumed")
    .argument("<file>", ".csv with a column per field, or .jsonl with a request per line")
    .addOption(stageOption())
    .option("--config-id <id>", "workflow of rows that name none")
    .option("--result <file>", "a verdict per row (default: FILE.result.jsonl)")
    .option("--at-once <n>", "requests under way at a time", wholeNumber(100), 4)
    .option(
      "--per-second <n>",
      "requests a second at most (default: half of what the stage takes, throttle.creates)",
      wholeNumber(10_000),
    )
    .option("--dry-run", "check every row and send nothing", false)
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Columns are reference_id, config_id and the fields of a create by their dotted paths: data.name.first_name,
data.mobile_numbers.0, data.addresses.0.city. An empty cell is a field that is not there.

Run it again to go on: rows with a verdict are passed over, but those that failed. Sending a row twice starts
one onboarding.

Examples:
  npm run onboarding -- import customers.csv --dry-run
  npm run onboarding -- import customers.csv --stage prod --per-second 5

Exit code 0 when every row is started or known, else 1.`,
    )
    .action(async (file: string, options: CommandOptions) => {
      const { stage, configId, json } = options;
      const progress = new Progress(json ? process.stderr : process.stdout);
      const signal = abortOnInterruption();
      if (options.dryRun) {
        const { found } = await checkFile(file, { configId, signal }, progress);
        if (found.invalid > 0) process.exitCode = 1;
        if (json) console.log(JSON.stringify(found, null, 2));
        else for (const line of dryRunLines(found)) console.log(line);
        return;
      }
      const api = await openStageApi(stage);
      const { perSecond } = readStage(stage ?? "local").throttle.creates;
      const summary = await importFile(
        api,
        file,
        {
          configId,
          result: options.result ?? `${file}.result.jsonl`,
          atOnce: options.atOnce,
          // Other callers have the same limit.
          perSecond: options.perSecond ?? Math.max(1, Math.floor(perSecond / 2)),
          signal,
        },
        progress,
      );
      const { refused, invalid, failed, stopped } = summary;
      if (stopped !== null || refused + invalid + failed > 0) process.exitCode = 1;
      if (json) console.log(JSON.stringify(summary, null, 2));
      else for (const line of summaryLines(summary, process.argv.slice(3))) console.log(line);
    });
}

interface CommandOptions {
  stage?: string;
  configId?: string;
  result?: string;
  atOnce: number;
  perSecond?: number;
  dryRun: boolean;
  json: boolean;
}

const wholeNumber = (most: number) => (text: string) => {
  if (!/^[1-9]\d{0,5}$/.test(text) || Number(text) > most)
    throw new InvalidArgumentError(`A whole number from 1 to ${most} is wanted.`);
  return Number(text);
};

/** What a file holds. */
export interface CheckedFile {
  bytes: number;
  /** Rows, blank ones not counted. */
  rows: number;
  invalid: number;
  /** The first of the invalid ones. */
  problems: { row: number; reason: string }[];
}

/**
 * Reads a whole file and checks each row of it.
 *
 * @throws CommandFailed when the file itself is wrong
 */
export async function checkFile(
  file: string,
  { configId, signal }: { configId?: string | undefined; signal?: AbortSignal },
  progress: Progress,
): Promise<{ found: CheckedFile; sha256: Buffer }> {
  const { size } = await stat(file);
  const hash = createHash("sha256");
  const found: CheckedFile = { bytes: 0, rows: 0, invalid: 0, problems: [] };
  const onChunk = (chunk: Buffer) => {
    hash.update(chunk);
    found.bytes += chunk.length;
  };
  await progress.phase(
    `checking ${file}`,
    async (note) => {
      for await (const row of readRows(file, { configId, onChunk })) {
        signal?.throwIfAborted();
        found.rows++;
        if ("problem" in row) {
          found.invalid++;
          if (found.problems.length < SHOWN) found.problems.push({ row: row.row, reason: row.problem });
        }
        if (found.rows % 1_000 === 0)
          note(`${count(found.rows)} rows, ${count(found.invalid)} invalid`, found.bytes / size);
      }
    },
    () => `${count(found.rows)} rows checked, ${count(found.invalid)} invalid`,
  );
  return { found, sha256: hash.digest() };
}

export interface ImportOptions {
  configId?: string | undefined;
  /** Where the verdicts go. */
  result: string;
  /** Requests under way at a time. */
  atOnce: number;
  perSecond: number;
  /** Ends it once what is under way was answered. */
  signal: AbortSignal;
  /** Upper end of the first random pause before a row is tried again; doubles with each further one. Default 500. */
  firstPauseMs?: number;
}

/** What an import came to: rows by verdict, of this run and those before it. */
export type ImportSummary = Record<Verdict, number> & {
  file: string;
  result: string;
  rows: number;
  /** Of this run alone. */
  seconds: number;
  /** Why it ended before every row had been tried, or `null`. */
  stopped: string | null;
};

/**
 * Starts an onboarding per good row of a file that has no verdict yet, and writes each row's verdict down. What the
 * API refuses or cannot answer is a verdict; that it knows neither us nor the route ends it.
 *
 * @throws CommandFailed when the file is wrong, the result file is about something else, the API is another one
 */
export async function importFile(
  api: StageApi,
  file: string,
  { configId, result, atOnce, perSecond, signal, firstPauseMs = 500 }: ImportOptions,
  progress: Progress,
): Promise<ImportSummary> {
  const { found, sha256 } = await checkFile(file, { configId, signal }, progress);
  const { rows, bytes } = found;
  const results = await ResultFile.open(result, { target: api.target, configId, bytes, sha256 });
  const started = performance.now();
  const pace = new Pace(perSecond);
  const halt = new AbortController();
  const ended = AbortSignal.any([signal, halt.signal]);
  let stopped: string | null = null;
  let failuresInARow = 0;
  let tried = 0;
  let sent = 0;

  /** The rows that are to be sent; the verdict of the others is written down on the way. */
  async function* due(): AsyncGenerator<{ row: number; request: CreateRequest }, void> {
    for await (const row of readRows(file, { configId })) {
      if (ended.aborted) return;
      if (results.isFinal(row.row)) tried++;
      else if ("request" in row) yield row;
      else {
        const { problem: reason, reference_id } = row;
        results.add({ row: row.row, ...(reference_id && { reference_id }), verdict: "invalid", reason });
        tried++;
      }
    }
  }

  signal.addEventListener("abort", () => progress.line("  stopping once what is under way has its answer"), {
    once: true,
  });

  const work = async (queue: AsyncGenerator<{ row: number; request: CreateRequest }>, told: () => void) => {
    for await (const { row, request } of queue) {
      const verdict = await send(api, request, { pace, signal: ended, firstPauseMs });
      if (!verdict) return;
      results.add({ row, reference_id: request.reference_id, ...verdict });
      tried++;
      sent++;
      failuresInARow = verdict.verdict === "failed" ? failuresInARow + 1 : 0;
      if (failuresInARow >= FAILURES_IN_A_ROW) {
        stopped ??= `${FAILURES_IN_A_ROW} rows in a row got no answer: ${verdict.reason}`;
        halt.abort();
      }
      told();
    }
  };

  try {
    await progress.phase(
      "sending",
      async (note) => {
        const told = () => {
          const { refused, invalid, failed } = results.counts();
          const leftMs = ((performance.now() - started) / sent) * (rows - tried);
          note(
            `${count(tried)} of ${count(rows)} rows, ${count(refused + invalid)} not accepted, ${count(failed)} failed, ${roughly(leftMs)} left`,
            tried / rows,
          );
        };
        const queue = due();
        const workers = Array.from({ length: atOnce }, () => work(queue, told));
        for (const worker of workers) worker.catch(() => halt.abort());
        for (const end of await Promise.allSettled(workers)) if (end.status === "rejected") throw end.reason;
        if (signal.aborted && tried < rows) stopped ??= "interrupted";
      },
      () => `${count(sent)} rows sent`,
    );
  } finally {
    results.close();
  }
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  return { file, result, rows, ...results.counts(), seconds, stopped };
}

/**
 * Sends one row until there is an answer: `null` when it was given up half-way, which the next run makes good.
 *
 * @throws CommandFailed when every other row would fare the same
 */
async function send(
  api: StageApi,
  request: CreateRequest,
  { pace, signal, firstPauseMs }: { pace: Pace; signal: AbortSignal; firstPauseMs: number },
): Promise<Pick<RowResult, "verdict" | "reason" | "profile_id"> | null> {
  let reason = "";
  let waits = 0;
  let pauseMs = 0;
  for (let attempt = 0; attempt < ATTEMPTS && waits < WAITS; ) {
    try {
      await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal });
      await pace.turn(signal);
    } catch {
      return null;
    }
    pauseMs = Math.min(LONGEST_PAUSE_MS, firstPauseMs * 2 ** attempt);
    let answer: StageAnswer;
    try {
      answer = await api.ask("POST", "/onboardings", request);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      reason = error.message;
      attempt++;
      continue;
    }
    const { status, body, retryAfterMs } = answer;
    if (status !== 429) pace.quicken();
    if (status === 202) {
      const { success, data } = startedSchema.safeParse(body);
      if (!success)
        throw new CommandFailed("the API's answer is not the one that is expected: deploy the stage again");
      const { profile_id } = data;
      return profile_id === null ? { verdict: "started" } : { verdict: "known", profile_id };
    }
    if (status === 400 || status === 413 || status === 422)
      return { verdict: "refused", reason: refusalOf(status, body) };
    if (status !== 408 && status !== 429 && status < 500) throw new CommandFailed(refusalOf(status, body));
    reason = `the API answered ${status}`;
    if (status === 429) waits++;
    else attempt++;
    // It is not this row that is too many.
    if (status === 429) pace.slacken();
    if (status === 429 || retryAfterMs !== null) pace.hold(retryAfterMs ?? firstPauseMs);
  }
  return { verdict: "failed", reason };
}

/** Whose turn it is to send: evenly, and as fast as is taken. */
class Pace {
  readonly #fastestMs: number;
  #everyMs: number;
  #nextAt = 0;
  #heldUntil = 0;

  constructor(perSecond: number) {
    this.#fastestMs = 1_000 / perSecond;
    this.#everyMs = this.#fastestMs;
  }

  slacken(): void {
    this.#everyMs = Math.max(this.#everyMs, Math.min(SLOWEST_MS, this.#everyMs * 1.5));
  }

  quicken(): void {
    this.#everyMs = Math.max(this.#fastestMs, this.#everyMs * 0.98);
  }

  /** Resolves when the next request may go. Rejects when the signal aborts. */
  async turn(signal: AbortSignal): Promise<void> {
    do {
      const at = Math.max(performance.now(), this.#nextAt);
      this.#nextAt = at + this.#everyMs;
      await sleep(Math.max(0, at - performance.now()), undefined, { signal });
    } while (performance.now() < this.#heldUntil);
  }

  /** Nobody sends for so long. */
  hold(milliseconds: number): void {
    const until = performance.now() + Math.min(milliseconds, LONGEST_HOLD_MS);
    this.#heldUntil = Math.max(this.#heldUntil, until);
    this.#nextAt = Math.max(this.#nextAt, this.#heldUntil);
  }
}

const roughly = (milliseconds: number): string => {
  const minutes = milliseconds / 60_000;
  if (minutes < 2) return `${Math.ceil(milliseconds / 1_000)} s`;
  return minutes < 120 ? `${Math.ceil(minutes)} min` : `${Math.ceil(minutes / 60)} h`;
};

const count = (number: number): string => number.toLocaleString("en");

function* dryRunLines({ invalid, problems }: CheckedFile): Generator<string> {
  for (const { row, reason } of problems) yield `  row ${row}: ${reason}`;
  if (invalid > problems.length) yield `  and ${count(invalid - problems.length)} more`;
}

function* summaryLines(summary: ImportSummary, typed: readonly string[]): Generator<string> {
  const { rows, started, known, refused, invalid, failed, result, seconds, stopped } = summary;
  const tried = started + known + refused + invalid + failed;
  yield `  ${[
    `${count(started)} started`,
    `${count(known)} known`,
    `${count(refused)} refused`,
    `${count(invalid)} invalid`,
    `${count(failed)} failed`,
    ...(tried < rows ? [`${count(rows - tried)} not tried yet`] : []),
  ].join(", ")} (${seconds} s)`;
  yield `  a verdict per row: ${result}`;
  if (stopped !== null) yield `✗ ${stopped}`;
  if (stopped !== null || failed > 0)
    yield `  to go on: npm run onboarding -- import ${typed.map(quoted).join(" ")}`;
}

/** As a shell wants it. */
const quoted = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
