import { randomBytes, scryptSync } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  createReadStream,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
} from "node:fs";
import * as z from "zod";
import { parseJson } from "../../shared/gateway/json.ts";
import { CommandFailed } from "../local/command-failed.ts";
import { linesOf } from "./import-rows.ts";

/**
 * What became of a row. `started`: its onboarding is on its way. `known`: the same request had been accepted before, and
 * has its profile. `refused`: by the API. `invalid`: never sent. `failed`: nobody knows; it is tried again.
 */
export const verdicts = ["started", "known", "refused", "invalid", "failed"] as const;
export type Verdict = (typeof verdicts)[number];

/** A line of the result file. The last one about a row counts. */
const resultSchema = z.object({
  row: z.int().min(1),
  /** The caller's own, and the only thing in the file that may be personal. */
  reference_id: z.string().optional(),
  verdict: z.enum(verdicts),
  /** Names a field, never its value. */
  reason: z.string().optional(),
  profile_id: z.string().optional(),
});
export type RowResult = z.output<typeof resultSchema>;

/** The first line: what the verdicts are about. */
const headSchema = z.object({
  import: z.literal(1),
  target: z.string(),
  config_id: z.nullable(z.string()),
  bytes: z.int(),
  salt: z.string(),
  check: z.string(),
});

/** An import as its result file must be about it. */
export interface ImportSubject {
  /** The API, and in whose name. */
  target: string;
  configId: string | undefined;
  /** Size and SHA-256 of the file. */
  bytes: number;
  sha256: Buffer;
}

const SYNC_EVERY_MS = 1_000;

/** A file with a verdict per row, written down as they come, so that an import can go on where it was ended. */
export class ResultFile {
  readonly #verdicts: Verdict[] = [];
  readonly #counts = { started: 0, known: 0, refused: 0, invalid: 0, failed: 0 };
  readonly #handle: number;
  #syncedAt = Date.now();

  private constructor(handle: number) {
    this.#handle = handle;
  }

  /**
   * Begins a result file, or goes on with one that is there.
   *
   * @throws CommandFailed when it is about another file or another stage, or is no result file
   */
  static async open(path: string, subject: ImportSubject): Promise<ResultFile> {
    const found = existsSync(path) ? await readResults(path, subject) : undefined;
    const results = new ResultFile(openSync(path, "a", 0o600));
    if (found) {
      // A line that was cut short says nothing.
      ftruncateSync(results.#handle, found.wholeBytes);
      for (const result of found.results) results.#count(result);
    } else {
      const { target, configId, bytes, sha256 } = subject;
      const salt = randomBytes(16);
      const check = checkOf(sha256, salt);
      results.#write({
        import: 1,
        target,
        config_id: configId ?? null,
        bytes,
        salt: salt.toString("hex"),
        check,
      });
    }
    return results;
  }

  /** Whether a row's verdict stands. */
  isFinal(row: number): boolean {
    const verdict = this.#verdicts[row];
    return verdict !== undefined && verdict !== "failed";
  }

  /** Written before this returns; on the disk within a second. */
  add(result: RowResult): void {
    this.#write(result);
    this.#count(result);
    if (Date.now() - this.#syncedAt < SYNC_EVERY_MS) return;
    fdatasyncSync(this.#handle);
    this.#syncedAt = Date.now();
  }

  /** How many rows have each verdict, in this run or before. */
  counts(): Record<Verdict, number> {
    return { ...this.#counts };
  }

  close(): void {
    fdatasyncSync(this.#handle);
    closeSync(this.#handle);
  }

  #count({ row, verdict }: RowResult): void {
    const before = this.#verdicts[row];
    if (before) this.#counts[before]--;
    this.#counts[verdict]++;
    this.#verdicts[row] = verdict;
  }

  #write(line: object): void {
    appendFileSync(this.#handle, `${JSON.stringify(line)}\n`);
  }
}

/** Slow on purpose: whoever has a result file, but not the rows, must not find out what is in them by guessing. */
const checkOf = (sha256: Buffer, salt: Buffer): string => scryptSync(sha256, salt, 32).toString("hex");

async function readResults(
  path: string,
  { target, configId, bytes, sha256 }: ImportSubject,
): Promise<{ results: RowResult[]; wholeBytes: number }> {
  const other =
    "name another one with --result; a row that was started is known then, and starts nothing twice";
  let head: z.output<typeof headSchema> | undefined;
  let wholeBytes = 0;
  const results: RowResult[] = [];
  for await (const { line, ended } of linesOf(createReadStream(path, "utf8"))) {
    const json = parseJson(line)?.value;
    if (!head) {
      head = headSchema.safeParse(json).data;
      if (!head) throw new CommandFailed(`${path} is no result of an import: ${other}`);
      if (head.target !== target)
        throw new CommandFailed(`${path} is about another stage or account: ${other}`);
      if (head.config_id !== (configId ?? null))
        throw new CommandFailed(
          `${path} was begun ${head.config_id === null ? "without --config-id" : `with --config-id ${head.config_id}`}: do the same, or ${other}`,
        );
      if (head.bytes !== bytes || head.check !== checkOf(sha256, Buffer.from(head.salt, "hex")))
        throw new CommandFailed(`the file is not the one that ${path} is about: put it back, or ${other}`);
    } else if (ended) {
      const result = resultSchema.safeParse(json);
      if (!result.success)
        throw new CommandFailed(`line ${results.length + 2} of ${path} is no verdict: ${other}`);
      results.push(result.data);
    }
    if (ended) wholeBytes += Buffer.byteLength(line) + 1;
  }
  if (!head) throw new CommandFailed(`${path} is no result of an import: ${other}`);
  return { results, wholeBytes };
}
