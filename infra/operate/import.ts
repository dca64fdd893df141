import { type Command, InvalidArgumentError } from "commander";
import { abortOnInterruption } from "../local/interruption.ts";
import { Progress } from "../local/progress.ts";
import { readStage } from "../local/stage-config.ts";
import { type CheckedFile, checkFile, type ImportSummary, importFile } from "./import-file.ts";
import { count, printJson, printLines } from "./print.ts";
import { jsonOption, openStageApi, stageOption } from "./stage-api.ts";

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
        if (json) printJson(found);
        else printLines(dryRunLines(found));
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
      if (json) printJson(summary);
      else printLines(summaryLines(summary, process.argv.slice(3)));
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
