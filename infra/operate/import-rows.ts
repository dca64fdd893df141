import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CsvError, parse } from "csv-parse";
import * as z from "zod";
import { intakeRequestSchema } from "../../functions/intake/claim.ts";
import { checkBody } from "../../shared/gateway/check-body.ts";
import { type CreateRequest, fieldProblem } from "../../shared/gateway/create.ts";
import { jsonProblem, parseJson } from "../../shared/gateway/json.ts";
import { CommandFailed } from "../local/command-failed.ts";

/** One row of a file, checked as intake checks a request (contract §3.1). */
export type ImportRow = {
  /** As a spreadsheet numbers it: the header of a CSV file is row 1, and so is the first line of JSON. */
  row: number;
} & (
  | { request: CreateRequest }
  /** Names the field, never the value; the reference only where it has the right form. */
  | { problem: string; reference_id: string | undefined }
);

export interface ReadOptions {
  /** Of rows that name none. */
  configId?: string | undefined;
  /** Hears every piece of the file as it is read. */
  onChunk?: (chunk: Buffer) => void;
}

/** What a row may be long; the API takes no longer body either. */
const MAX_ROW_LENGTH = 4 * 1024 * 1024;

/**
 * Reads a file of requests row by row, `.csv` or `.jsonl`; only the references of good rows are kept in memory, since
 * none may come twice. Blank rows are passed over.
 *
 * @throws CommandFailed when the file itself is wrong: its name, its columns, its quotes, its encoding
 */
export async function* readRows(
  file: string,
  { configId, onChunk }: ReadOptions = {},
): AsyncGenerator<ImportRow, void> {
  const text = textOf(file, onChunk);
  const raw = /\.csv$/i.test(file)
    ? csvRows(text, configId !== undefined)
    : /\.(jsonl|ndjson)$/i.test(file)
      ? jsonRows(text)
      : undefined;
  if (!raw) throw new CommandFailed("the file must be named .csv or .jsonl, after what is in it");
  const rowOf = new Map<string, number>();
  for await (const { row, body, problem } of raw) {
    const checked = problem === undefined ? check(withConfigId(body, configId)) : { problem };
    if ("request" in checked) {
      const { reference_id } = checked.request;
      const first = rowOf.get(reference_id);
      if (first === undefined) {
        rowOf.set(reference_id, row);
        yield { row, request: checked.request };
      } else yield { row, problem: `row ${first} has the same reference_id`, reference_id };
    } else yield { row, problem: checked.problem, reference_id: writableReference(body) };
  }
}

/** A row before anybody looked at what it says. */
interface RawRow {
  row: number;
  body: unknown;
  /** Why there is no reading it. */
  problem?: string | undefined;
}

function check(body: unknown): { request: CreateRequest } | { problem: string } {
  const unfit = jsonProblem(body);
  if (unfit) return { problem: unfit };
  const checked = checkBody(intakeRequestSchema, body);
  // As it was written: another hand's copy might be another request to whoever compares them.
  return checked.success ? { request: body as CreateRequest } : { problem: fieldProblem(checked.error) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function withConfigId(body: unknown, id: string | undefined): unknown {
  if (id === undefined || !isObject(body)) return body;
  const { config = {} } = body;
  return isObject(config) && config["id"] === undefined ? { ...body, config: { ...config, id } } : body;
}

function writableReference(body: unknown): string | undefined {
  const reference = isObject(body) ? body["reference_id"] : undefined;
  return intakeRequestSchema.shape.reference_id.safeParse(reference).data;
}

/** The text of a file, piece by piece. Decoding never guesses: a name with a wrong letter is another name. */
async function* textOf(file: string, onChunk?: (chunk: Buffer) => void): AsyncGenerator<string, void> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (chunk?: Buffer): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new CommandFailed("the file is not in UTF-8: save it anew, as “CSV UTF-8” or the like");
    }
  };
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    onChunk?.(chunk);
    yield decode(chunk);
  }
  yield decode();
}

/** Lines without their ends; the last one may have none. */
export async function* linesOf(
  text: AsyncIterable<string>,
): AsyncGenerator<{ line: string; ended: boolean }, void> {
  let rest = "";
  let number = 1;
  for await (const piece of text) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      yield { line, ended: true };
      number++;
    }
    if (rest.length > MAX_ROW_LENGTH) throw new CommandFailed(`line ${number} is longer than 4 MiB`);
  }
  if (rest !== "") yield { line: rest, ended: false };
}

async function* jsonRows(text: AsyncIterable<string>): AsyncGenerator<RawRow, void> {
  let row = 0;
  for await (const { line } of linesOf(text)) {
    row++;
    if (line.trim() === "") continue;
    const json = parseJson(line);
    yield { row, body: json?.value, problem: json ? undefined : "is no JSON" };
  }
}

async function* csvRows(text: AsyncIterable<string>, hasConfigId: boolean): AsyncGenerator<RawRow, void> {
  const records = parse({
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    max_record_size: MAX_ROW_LENGTH,
  });
  // What ends the reading early ends the parser with the same error, and that is where it is heard of.
  const reading = pipeline(Readable.from(text), records).catch(() => undefined);
  let columns: readonly (Column | null)[] | undefined;
  let row = 0;
  try {
    for await (const cells of records as AsyncIterable<string[]>) {
      row++;
      if (!columns) {
        columns = columnsOf(cells, hasConfigId);
        continue;
      }
      if (cells.some((cell) => cell !== "")) yield { row, ...bodyOf(cells, columns) };
    }
    if (!columns) throw new CommandFailed("the file is empty");
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The parser's own words quote the file.
    throw new CommandFailed(
      `row ${Number(error["records"]) + 1} of the file is damaged: ${damageOf(error.code)}`,
    );
  } finally {
    records.destroy();
    await reading;
  }
}

function damageOf(code: string): string {
  if (code === "CSV_QUOTE_NOT_CLOSED") return "a quoted cell never ends";
  if (code === "CSV_INVALID_CLOSING_QUOTE") return "something follows a cell's closing quote";
  if (code === "INVALID_OPENING_QUOTE")
    return "there is a quote inside a cell that has none around it (write it twice, and quote the cell)";
  if (code === "CSV_MAX_RECORD_SIZE") return "longer than 4 MiB, or a quoted cell never ends";
  return code;
}

/** Where the cells of a column belong in the request. */
interface Column {
  path: readonly string[];
  kind: Kind;
}
type Kind = "text" | "integer";

const aliases: Readonly<Record<string, string>> = { config_id: "config.id" };

/** The columns that a header names; `null` for one without a name, whose cells must be empty. */
function columnsOf(header: readonly string[], hasConfigId: boolean): (Column | null)[] {
  const names = header.map((cell) => cell.trim());
  // A first line without it is most likely a customer, of whom nothing is shown.
  if (!names.includes("reference_id"))
    throw new CommandFailed(
      "the first row must name the columns, reference_id among them, separated by commas",
    );
  const fields = names.map((name) => aliases[name] ?? name);
  for (const [index, field] of fields.entries()) {
    const shown = `column ${index + 1} (${JSON.stringify(names[index]?.slice(0, 60))})`;
    if (field === "") continue;
    if (!kindOf(intakeRequestSchema, field.split(".")))
      throw new CommandFailed(
        `${shown} is no field of a request: name it as data.name.first_name is named, a list's first as data.mobile_numbers.0`,
      );
    const other = fields.findIndex(
      (another, at) => at !== index && (another === field || field.startsWith(`${another}.`)),
    );
    if (other >= 0 && fields[other] !== "")
      throw new CommandFailed(`${shown} is about the same field as column ${other + 1}`);
  }
  if (!hasConfigId && !fields.includes("config.id"))
    throw new CommandFailed("there is no column config_id: add one, or give --config-id");
  return fields.map((field) => {
    const path = field.split(".");
    const kind = kindOf(intakeRequestSchema, path);
    return kind && { path, kind };
  });
}

/** What a field of a schema takes, `null` if it has no such field, or one that no cell can hold. */
function kindOf(schema: unknown, path: readonly string[]): Kind | null {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return kindOf(schema.unwrap(), path);
  if (schema instanceof z.ZodUnion) {
    const kinds = schema.options.map((option) => kindOf(option, path));
    return kinds.includes("text") ? "text" : (kinds.find((kind) => kind !== null) ?? null);
  }
  const [name, ...rest] = path;
  if (name === undefined) {
    if (schema instanceof z.ZodNumber) return "integer";
    return schema instanceof z.ZodString || schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral
      ? "text"
      : null;
  }
  if (schema instanceof z.ZodObject)
    return Object.hasOwn(schema.shape, name) ? kindOf(schema.shape[name], rest) : null;
  return schema instanceof z.ZodArray && /^(0|[1-9]\d?)$/.test(name) ? kindOf(schema.element, rest) : null;
}

/** The request that a row's cells say; an empty cell is a field that is not there. */
function bodyOf(
  cells: readonly string[],
  columns: readonly (Column | null)[],
): { body: unknown; problem?: string } {
  const body: Record<string, unknown> = { config: {} };
  let problem: string | undefined;
  for (const [index, cell] of cells.entries()) {
    if (cell === "") continue;
    const column = columns[index];
    if (column) place(body, column.path, cellValue(cell, column.kind));
    else problem ??= `has something in column ${index + 1}, which has no name`;
  }
  if (cells.length < columns.length)
    problem ??= `has ${cells.length} cells where the first row has ${columns.length}`;
  return { body: withoutGaps(body), ...(problem && { problem }) };
}

/** What is no integer stays as it is, for the check to refuse. */
const cellValue = (cell: string, kind: Kind): string | number =>
  kind === "integer" && /^-?\d{1,15}$/.test(cell) ? Number(cell) : cell;

/** Columns are never one another's beginning, and their names are the schema's own. */
function place(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = "", next, ...rest] = path;
  if (next === undefined) {
    target[name] = value;
    return;
  }
  target[name] ??= /^\d/.test(next) ? [] : {};
  place(target[name] as Record<string, unknown>, [next, ...rest], value);
}

/** Of two telephone numbers either may be missing: lists close their ranks. */
function withoutGaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(() => true).map(withoutGaps);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutGaps(inner)]));
}
