import { isDeepStrictEqual } from "node:util";
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
  PutMetricDataCommand,
  paginateDescribeAlarms,
} from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { EnableRuleCommand } from "@aws-sdk/client-eventbridge";
import { InvokeCommand, paginateListFunctions } from "@aws-sdk/client-lambda";
import { execa } from "execa";
import { localClientConfig } from "../../infra/local/local-clients.ts";
import { repository } from "../../infra/local/local-paths.ts";
import { type Datum, readEmf } from "../functions/metrics/emf-lines.ts";
import { commandsOf, readRunbook } from "../infra/runbook.ts";
import { clients, endpoints, eventually } from "../local-cloud/cloud.ts";

const config = localClientConfig(endpoints.awsEndpoint, endpoints.region);
const logs = new CloudWatchLogsClient(config);
const cloudwatch = new CloudWatchClient(config);

/** What the tests of a file have seen to: alarms by their metrics, commands as their entries of the runbook have them. */
const done = { alarms: new Set<string>(), commands: new Set<string>(), entries: new Set<string>() };

/** Every metric in the logs of the stage's functions since a moment. */
async function emittedSince(since: number): Promise<Datum[]> {
  const emitted: Datum[] = [];
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: logs }, {}))
    for (const { logGroupName } of logGroups)
      for await (const { events = [] } of paginateFilterLogEvents(
        { client: logs },
        { logGroupName, startTime: since },
      ))
        for (const { message = "" } of events) emitted.push(...readEmf(message.trim()));
  return emitted.filter(({ dimensions }) => dimensions["stage"] === "local");
}

/** A metric as an alarm watches it. */
export interface Watched {
  name: string;
  dimensions?: Record<string, string>;
}

/** The values of a metric since a moment, oldest first, once there are so many (1) or the patience is at its end. */
export async function valuesSince(
  since: number,
  { name, dimensions = {} }: Watched,
  { atLeast = 1, seconds = 20 } = {},
): Promise<number[]> {
  const all = { stage: "local", ...dimensions };
  return eventually(
    async () =>
      (await emittedSince(since))
        .filter((datum) => datum.name === name && isDeepStrictEqual(datum.dimensions, all))
        .map(({ value }) => value),
    (values) => values.length >= atLeast,
    seconds,
  );
}

async function describe(alarm: string) {
  const { MetricAlarms = [] } = await cloudwatch.send(
    new DescribeAlarmsCommand({ AlarmNames: [`onboarding-local-${alarm}`] }),
  );
  if (!MetricAlarms[0]) throw new Error(`there is no alarm ${alarm}`);
  done.alarms.add(alarm);
  return MetricAlarms[0];
}

/** What an alarm on a metric of AWS watches: the metric, and the resource whose it is. */
export async function watches(alarm: string): Promise<{ metric: string; of: string | undefined }> {
  const { Namespace, MetricName, Dimensions = [] } = await describe(alarm);
  return { metric: `${Namespace} ${MetricName}`, of: Dimensions[0]?.Value };
}

/** What a metric of AWS that the emulator emits (Lambda's) came to in the last hour, as an alarm watches it. */
export async function emittedByAws(alarm: string): Promise<number> {
  const { Namespace, MetricName, Dimensions } = await describe(alarm);
  const now = Date.now();
  const { Datapoints = [] } = await cloudwatch.send(
    new GetMetricStatisticsCommand({
      Namespace,
      MetricName,
      Dimensions,
      StartTime: new Date(now - 3_600_000),
      EndTime: new Date(now + 60_000),
      Period: 60,
      Statistics: ["Sum"],
    }),
  );
  return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
}

/** The alarms of the stage whose metric no test of the file has looked at. */
export async function alarmsLeft(): Promise<string[]> {
  const prefix = "onboarding-local-";
  const left: string[] = [];
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms(
    { client: cloudwatch },
    { AlarmNamePrefix: prefix },
  ))
    left.push(...MetricAlarms.map(({ AlarmName = "" }) => AlarmName.replace(prefix, "")));
  return left.filter((alarm) => !done.alarms.has(alarm));
}

/** What no test of the file has typed: commands, and entries whose own commands nobody typed. */
export const typingLeft = (): string[] =>
  readRunbook().flatMap(({ name }) => [
    ...(done.entries.has(name) ? [] : [name]),
    ...asWritten(name).filter((command) => !done.commands.has(command)),
  ]);

/** An entry's commands with the runbook's own placeholders. */
const asWritten = (entry: string): string[] => commandsOf(entry, { stage: "S" });

/**
 * The state that an alarm is in after CloudWatch has taken the metrics of the log since a moment. The emulator does not
 * do that by itself, and asks for the metric's name alone: what is handed to it here is the alarm's metric to the last
 * dimension, or nothing.
 */
export async function stateAfter(alarm: string, since: number): Promise<string | undefined> {
  const { MetricName: name = "", Namespace, Dimensions = [] } = await describe(alarm);
  const { stage: _, ...dimensions } = Object.fromEntries(
    Dimensions.map(({ Name = "", Value = "" }) => [Name, Value]),
  );
  const values = await valuesSince(since, { name, dimensions });
  if (values.length > 0)
    await cloudwatch.send(
      new PutMetricDataCommand({
        Namespace,
        MetricData: values.map((Value) => ({ MetricName: name, Dimensions, Value, Timestamp: new Date() })),
      }),
    );
  return (await describe(alarm)).StateValue;
}

/** A function by its stack and the name that the stack has for it. */
export async function functionOf(stack: string, id: string): Promise<string> {
  const name = new RegExp(`^onboarding-local-${stack}-${id}[0-9A-F]{8}`);
  for await (const { Functions = [] } of paginateListFunctions({ client: clients.lambda }, {}))
    for (const { FunctionName = "" } of Functions) if (name.test(FunctionName)) return FunctionName;
  throw new Error(`there is no function ${id}`);
}

/** Invokes a function and waits for it; the name of what it threw, or `null`. */
export async function invoke(FunctionName: string, payload: unknown): Promise<string | null> {
  const { FunctionError } = await clients.lambda.send(
    new InvokeCommand({ FunctionName, Payload: new TextEncoder().encode(JSON.stringify(payload)) }),
  );
  return FunctionError ?? null;
}

export interface Typing {
  reference?: string;
  account?: string;
  /** Only the commands that have this word; all of them by default. */
  only?: string;
}

/** Commands for a stage of an AWS account: for the local cloud they are refused, once their options were understood. */
const notHere = /^npm run (setup|deploy) /;
const REFUSED = "✗ the stage `local` never leaves this machine";
/** Commands that ask before they act, and need an answer where there is no terminal. */
const asking = /^npm run onboarding -- (cancel|purge|reject|redrive) /;

/**
 * Types what the runbook's entry says, into a shell at the root of the repository; what they printed. `aws` is not
 * there: its one command is done by the SDK, with what the entry gives it. `setup` and `deploy` must be refused as
 * commands for AWS, not for an option that they do not have. Throws for any other command that fails.
 */
export async function typeWhatItSays(entry: string, { only = "", ...values }: Typing = {}): Promise<string> {
  const commands = commandsOf(entry, { stage: "local", ...values })
    .map((command, index) => ({ command, written: asWritten(entry)[index] ?? "" }))
    .filter(({ command }) => command.includes(only));
  if (commands.length === 0) throw new Error(`the entry ${entry} says nothing of the kind: ${only}`);
  const printed: string[] = [];
  for (const { command, written } of commands) {
    const Name = /^aws events enable-rule --name (\S+)$/.exec(command)?.[1];
    if (Name) await clients.eventbridge.send(new EnableRuleCommand({ Name }));
    else printed.push(await inShell(asking.test(command) ? `${command} --yes` : command));
    done.commands.add(written);
    done.entries.add(entry);
  }
  return printed.join("\n");
}

async function inShell(command: string): Promise<string> {
  const { exitCode, all } = await execa(command, {
    shell: true,
    all: true,
    reject: false,
    cwd: repository,
    env: { NO_COLOR: "1" },
  });
  // What is not in order with a stage is what doctor is there to say.
  const fails = exitCode === 1 && command.includes(" doctor ");
  const asExpected = notHere.test(command)
    ? exitCode === 1 && all.includes(REFUSED)
    : exitCode === 0 || fails;
  if (!asExpected) throw new Error(`\`${command}\` ended with ${exitCode}: ${all}`);
  return all;
}
