import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import type { Progress } from "../local/progress.ts";
import { ResultFile, type Verdict } from "./import-results.ts";
import { readRows } from "./import-rows.ts";
import { count } from "./print.ts";
import { Pace, sendRow } from "./send-row.ts";
import type { StageApi } from "./stage-api.ts";

/** So many rows without an answer, and none with one between them: nobody is there. */
const FAILURES_IN_A_ROW = 20;
/** Problems that a dry run shows. */
const SHOWN = 20;

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
      const verdict = await sendRow(api, request, { pace, signal: ended, firstPauseMs });
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

const roughly = (milliseconds: number): string => {
  const minutes = milliseconds / 60_000;
  if (minutes < 2) return `${Math.ceil(milliseconds / 1_000)} s`;
  return minutes < 120 ? `${Math.ceil(minutes)} min` : `${Math.ceil(minutes / 60)} h`;
};
