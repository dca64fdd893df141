import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App, type Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { type CountName, counts, type MeasureName, measures } from "../../functions/metrics/metric-names.ts";
import { createMetrics, type Metrics } from "../../functions/metrics/metrics.ts";
import { parseStage } from "../../infra/config.ts";
import { stageStacks } from "../../infra/stacks/stage-stacks.ts";
import { type Datum, linesWritten, readEmf } from "../functions/metrics/emf-lines.ts";
import { commandsOf, readRunbook } from "./runbook.ts";
import { templates } from "./stage-app.ts";

const root = join(import.meta.dirname, "../..");
const stage = templates("local", { maxKeyAgeDays: 90 });
const operations = stage["operations"] as Template;

interface AlarmProperties {
  AlarmName: string;
  AlarmDescription: string;
  Namespace: string;
  MetricName: string;
  Dimensions?: { Name: string; Value: unknown }[];
  Statistic: string;
  Period: number;
  EvaluationPeriods: number;
  Threshold: number;
  ComparisonOperator: string;
  TreatMissingData: string;
}
const alarms = Object.values(operations.findResources("AWS::CloudWatch::Alarm")).map(({ Properties }) => {
  const properties = Properties as AlarmProperties;
  return { ...properties, name: properties.AlarmName.replace("onboarding-local-", "") };
});
type AlarmOfOurs = (typeof alarms)[number];
const ours = alarms.filter(({ Namespace }) => Namespace === "Onboarding");
const named = (name: string): AlarmOfOurs => {
  const alarm = alarms.find((each) => each.name === name);
  if (!alarm) throw new Error(`there is no alarm ${name}`);
  return alarm;
};
const dimensionsOf = ({ Dimensions = [] }: AlarmProperties) =>
  Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));

/** Every datum that the functions of the stage can emit. */
const emitted: Datum[] = (() => {
  const metrics = createMetrics("local") as unknown as Record<keyof Metrics, (...input: unknown[]) => void>;
  const each = (by: Readonly<Record<string, readonly string[]>>) => {
    const own = Object.entries(by).flatMap(([name, values]) => values.map((value) => ({ [name]: value })));
    return own.length > 0 ? own.map((dimensions) => [dimensions]) : [[]];
  };
  const lines = linesWritten(() => {
    for (const name of Object.keys(counts) as CountName[])
      for (const dimensions of each(counts[name])) metrics.count(name, ...dimensions);
    for (const name of Object.keys(measures) as MeasureName[])
      for (const dimensions of each(measures[name].by)) metrics.measure(name, 1, ...dimensions);
  });
  return lines.flatMap(readEmf);
})();

describe("an alarm on a metric of ours", () => {
  test.each(ours)("$name watches what the functions emit, dimension by dimension", (alarm) => {
    expect(emitted).toContainEqual(
      expect.objectContaining({
        namespace: alarm.Namespace,
        name: alarm.MetricName,
        dimensions: dimensionsOf(alarm),
      }),
    );
  });

  test.each(ours)("$name adds up what is counted, and takes the most of what is measured", (alarm) => {
    const statistic = alarm.MetricName in counts ? "Sum" : "Maximum";
    expect(alarm.Statistic).toBe(alarm.name === "WatchMissing" ? "SampleCount" : statistic);
  });

  test.each(ours.filter(({ MetricName }) => MetricName in measures && MetricName !== "SweepLagSeconds"))(
    "$name looks at hours, since the census is hourly, and an hour that none fell into changes nothing",
    (alarm) => {
      expect(alarm.Period % 3_600).toBe(0);
      expect(alarm.TreatMissingData).toBe(alarm.name === "WatchMissing" ? "breaching" : "ignore");
    },
  );

  test("of keys rises at the age that the stage names", () => {
    for (const name of ["CallerKeysOld", "WebhookUrlsOld", "ContentKeysOld"])
      expect(named(name)).toMatchObject({
        Threshold: 90,
        ComparisonOperator: "GreaterThanOrEqualToThreshold",
      });
  });
});

test("the alarms on functions that do not run rise when there is no data, all others only when there is", () => {
  const silent = alarms.filter(({ TreatMissingData }) => TreatMissingData === "breaching");
  expect(silent.map(({ name }) => name).sort()).toEqual(["SweepsMissing", "WatchMissing"]);
  for (const alarm of alarms)
    expect(alarm.ComparisonOperator, alarm.name).toBe(
      silent.includes(alarm) ? "LessThanThreshold" : "GreaterThanOrEqualToThreshold",
    );
});

test("alarms on metrics of AWS name the very resource", () => {
  for (const alarm of alarms.filter((each) => !ours.includes(each)))
    expect(Object.keys(dimensionsOf(alarm)), alarm.name).toEqual([
      {
        "AWS/ApiGateway": "ApiId",
        "AWS/Lambda": "FunctionName",
        "AWS/SQS": "QueueName",
        "AWS/States": "StateMachineArn",
      }[alarm.Namespace],
    ]);
});

describe("what no function lives to count", () => {
  const idOf = (alarm: AlarmOfOurs) => JSON.stringify(Object.values(dimensionsOf(alarm)));

  test.each([
    ["ApiFailing", "api"],
    ["WebhookApiFailing", "webhooks"],
  ])("%s rises by server errors of the API of %s", (name, stack) => {
    const alarm = named(name);
    expect(alarm).toMatchObject({ Namespace: "AWS/ApiGateway", MetricName: "5xx", Statistic: "Sum" });
    expect(idOf(alarm)).toContain(`onboarding-local-${stack}:`);
  });

  test("LooksLate rises by the age of what is due, later than by one look that is tried four times", () => {
    const visibility = 360;
    const alarm = named("LooksLate");
    expect(alarm).toMatchObject({
      MetricName: "ApproximateAgeOfOldestMessage",
      Statistic: "Maximum",
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
    });
    expect(alarm.Threshold).toBeGreaterThan(3 * visibility);
    expect(idOf(alarm)).toContain("LookQueue");
  });

  test("SignalsLate rises by the age of news, in milliseconds", () => {
    const alarm = named("SignalsLate");
    expect(alarm).toMatchObject({ MetricName: "IteratorAge", Statistic: "Maximum", Threshold: 600_000 });
    expect(idOf(alarm)).toContain("ResumeFunction");
  });
});

describe("the runbook", () => {
  const runbook = readRunbook();
  const linked = (of: Pick<AlarmProperties, "AlarmDescription">) =>
    /^(?<says>[A-Z].*[.]) (?<url>\S+)#(?<anchor>[a-z]+)$/.exec(of.AlarmDescription)?.groups;

  test.each(alarms)("has an entry that $name links to, after a sentence", (alarm) => {
    const link = linked(alarm);
    expect(link?.["url"]).toBe("docs/runbook.md");
    const entry = runbook.find(({ anchor }) => anchor === link?.["anchor"]);
    expect(entry).toBeDefined();
    expect(`${entry?.name} ${entry?.parts["Means"]} ${readWhole(entry?.name ?? "")}`).toContain(alarm.name);
  });

  test("has no entry that no alarm links to", () => {
    const anchors = alarms.map((alarm) => linked(alarm)?.["anchor"]);
    for (const { anchor } of runbook) expect(anchors).toContain(anchor);
  });

  test("is linked where a stage says that it is", () => {
    const runbookUrl = "https://wiki.example.com/onboarding/runbook";
    const [alarm] = Object.values(
      (templates("prod", { runbookUrl })["operations"] as Template).findResources("AWS::CloudWatch::Alarm"),
    ) as { Properties: AlarmProperties }[];
    expect(alarm && linked(alarm.Properties)?.["url"]).toBe(runbookUrl);
  });

  test.each(runbook)("$name says what it means, how to see it, what to type, when it is mended", (entry) => {
    expect(Object.keys(entry.parts)).toEqual(["Means", "See", "Type", "Mended"]);
    for (const [part, text] of Object.entries(entry.parts))
      expect(text.trim().length, part).toBeGreaterThan(20);
    expect(entry.commands.length).toBeGreaterThan(0);
  });

  test("links to entries that are there", () => {
    for (const { name, parts } of runbook)
      for (const [, anchor] of Object.values(parts)
        .join("\n")
        .matchAll(/\]\(#(\w+)\)/g))
        expect(
          runbook.map((entry) => entry.anchor),
          name,
        ).toContain(anchor);
  });

  const typed = new Set(runbook.flatMap(({ name }) => commandsOf(name, { stage: "prod" })));
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };

  /** The options that the runbook gives each of our commands, by the words before them. */
  const options = new Map<string, Set<string>>();
  for (const command of typed) {
    const [, script, verb = "", rest = ""] =
      /^npm run (\w+) --(?: ([a-z-]+))?(?= |$)(.*)$/.exec(command) ?? [];
    if (!script) continue;
    const name = `${script} ${verb.startsWith("-") ? "" : verb}`.trim();
    const known = options.get(name) ?? new Set();
    options.set(name, known);
    for (const [option] of `${verb} ${rest}`.matchAll(/(?<= |^)--[a-z-]+/g)) known.add(option);
  }

  test.each([...options])("names `npm run %s` as it is", async (name, given) => {
    const [script = "", ...verb] = name.split(" ");
    const [node, ...args] = (scripts[script] ?? "").split(" ");
    expect(node).toBe("node");
    const { exitCode, stdout } = await execa(process.execPath, [...args, ...verb, "--help"], {
      cwd: root,
      reject: false,
    });
    expect(exitCode).toBe(0);
    // Of a verb that is none the help is that of all the others.
    expect(stdout.split("\n")[0]).toContain([...args.slice(1), ...verb].join(" "));
    for (const option of given) expect(stdout).toMatch(new RegExp(`${option}(?![a-z-])`));
  });

  test("names the rules that there are, of a stage with the longest name as well", () => {
    const longest = "abcdefghij0123456789";
    const { stages } = JSON.parse(readFileSync(join(root, "cdk.json"), "utf8")).context as {
      stages: Record<string, unknown>;
    };
    const stacks = stageStacks(new App(), parseStage(longest, { [longest]: stages["prod"] }));
    const template = Template.fromStack(
      stacks.find(({ stackName }) => stackName.endsWith("-onboarding")) as Stack,
    );
    const rules = Object.values(template.findResources("AWS::Events::Rule"))
      .filter(({ Properties }) => Properties.ScheduleExpression)
      .map(({ Properties }) => Properties.Name as string);
    const enabled = runbook
      .flatMap(({ name }) => commandsOf(name, { stage: longest }))
      .flatMap((command) => /^aws events enable-rule --name (\S+)$/.exec(command)?.[1] ?? []);
    expect(rules).toHaveLength(2);
    for (const name of rules) expect(name.length).toBeLessThanOrEqual(64);
    expect([...new Set(enabled)].sort()).toEqual(rules.sort());
  });

  test("what is no command of ours is one of AWS's", () => {
    for (const command of typed) expect(command).toMatch(/^(npm run|aws) /);
  });
});

const readWhole = (name: string): string =>
  readFileSync(join(root, "docs/runbook.md"), "utf8")
    .split(/^## /m)
    .find((section) => section.startsWith(name)) ?? "";

interface Widget {
  properties: { metrics?: unknown[][] };
}

test("the dashboard shows metrics of ours that are emitted, and every measure", () => {
  const [dashboard] = Object.values(operations.findResources("AWS::CloudWatch::Dashboard"));
  const pieces = dashboard?.Properties.DashboardBody["Fn::Join"][1] as unknown[];
  const body = pieces.map((piece) => (typeof piece === "string" ? piece : "name")).join("");
  const { widgets } = JSON.parse(body) as { widgets: Widget[] };
  const shown = widgets
    .flatMap(({ properties }) => properties.metrics ?? [])
    .filter(([namespace]) => namespace === "Onboarding")
    .map(([, name, ...rest]) => {
      const words = rest.filter((word) => typeof word === "string");
      const pairs = words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1]]] : []));
      return { name, dimensions: Object.fromEntries(pairs) };
    });
  expect(shown.length).toBeGreaterThan(40);
  for (const each of shown) expect(emitted).toContainEqual(expect.objectContaining(each));
  const names = shown.map(({ name }) => name);
  for (const name of Object.keys(measures)) expect(names).toContain(name);
  for (const name of Object.keys(counts)) expect(names).toContain(name);
});
