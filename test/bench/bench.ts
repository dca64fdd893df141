import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { ScenarioName } from "../../functions/sandbox/journeys.ts";
import { raiseLocalCloud } from "../../infra/local/local-cloud.ts";
import { Progress } from "../../infra/local/progress.ts";
import { synthesizedDefinition } from "../workflow/definition.ts";
import { budgets } from "./budgets.ts";
import { costChart, draw, scalingChart } from "./charts.ts";
import { columns } from "./columns.ts";
import { type Journey, runJourney, scenarioNames } from "./journey.ts";
import {
  type Judged,
  judgeJourney,
  knows,
  LARGE_PROFILE_BYTES,
  leastDollars,
  leftOut,
  type OtherDesign,
  ratiosOver,
} from "./judge-journey.ts";
import { type Consumption, dollarsPerMillion, prices, total } from "./prices.ts";
import { polling } from "./references/polling.ts";
import { ReferenceCloud, type ReferenceDesign } from "./references/reference-cloud.ts";
import { textbook } from "./references/textbook.ts";
import { measureStartUp, oneRequest, twoRequests } from "./start-up.ts";
import { spreadOf } from "./statistics.ts";
import { measureThroughput } from "./throughput.ts";
import { measureWarm } from "./warm.ts";

const root = join(import.meta.dirname, "../..");
const parts = ["journeys", "start-up", "warm", "throughput"] as const;
type Part = (typeof parts)[number];

const whole = (text: string): number => {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError("a number from 1 to 99 is wanted.");
  return Number(text);
};

const options = new Command("bench")
  .description("Measures the orchestrator as ratios within one run and holds it to its budgets.")
  .option("--only <part...>", `some of ${parts.join(", ")}`, (text: string, before: Part[] = []) => {
    const part = parts.find((each) => each === text);
    if (!part) throw new InvalidArgumentError(`one of ${parts.join(", ")} is wanted.`);
    return [...before, part];
  })
  .option("--rounds <count>", "how often each start-up and warm call is measured", whole, 7)
  .addOption(
    new Option("--docs", "also write the table and the charts of docs/performance.md")
      .default(false)
      .conflicts("only"),
  )
  .addHelpText(
    "after",
    "\nExamples:\n  npm run bench\n  npm run bench -- --only journeys --only start-up --rounds 15",
  )
  .parse()
  .opts<{ only?: Part[]; rounds: number; docs: boolean }>();

const printed: string[] = [];
const print = (line = "") => {
  printed.push(line);
  process.stdout.write(`${line}\n`);
};
const note = (text: string) => process.stderr.write(`  … ${text}\n`);
const wanted = (part: Part) => !options.only || options.only.includes(part);
const missed: string[] = [];
const hold = (what: string, holds: boolean) => {
  if (!holds) missed.push(what);
  return holds ? "✓" : "✗";
};
const results: Record<string, unknown> = { at: new Date().toISOString(), node: process.version, prices };

let chartRows: { design: string; for: string; dollars: number }[] = [];
async function journeysPart() {
  const definition = synthesizedDefinition();
  const courses: Course[] = [];
  for (const scenario of scenarioNames) {
    note(`counting ${scenario}`);
    const ours = await runJourney(definition, scenario);
    const large = await runJourney(definition, scenario, { profileBytes: LARGE_PROFILE_BYTES });
    const others: Course["others"] = {};
    for (const [design, reference] of Object.entries({ textbook, polling }) as [
      OtherDesign,
      ReferenceDesign,
    ][])
      if (knows(design, scenario)) others[design] = await ReferenceCloud.run(reference, scenario);
    courses.push({ scenario, ours, large, judged: judgeJourney(scenario, ours, large), others });
  }
  printCounts(courses);
  printComparison(courses);
  printDollars(courses);
  results["journeys"] = courses.map(({ scenario, ours, large, others }) => ({
    scenario,
    ...ours,
    writesBy: Object.fromEntries(ours.writesBy),
    objectBytes: Object.fromEntries(ours.objectBytes),
    withLargeProfile: { ...large.used, objectBytes: Object.fromEntries(large.objectBytes) },
    designs: { ours: ours.used, ...others },
  }));
}

interface Course {
  scenario: ScenarioName;
  ours: Journey;
  large: Journey;
  judged: Judged[];
  others: Partial<Record<OtherDesign, Consumption>>;
}

/** Those whose dollars are told apart: what the gateway decides, what a policy decides, and a recapture. */
const inDetail: readonly ScenarioName[] = ["straight-through", "review-approve", "recapture-once"];

function printCounts(courses: readonly Course[]) {
  const counted = ["webhooks", "checks"];
  const consumed = ["calls", "reads", "S3", "secrets", "keys", "events", "gateway"];
  const judgedNames = courses[0]?.judged.map(({ what }) => what) ?? [];
  const rows = courses.map(({ scenario, ours: { used, webhooks, checks }, judged }) => {
    const met = judged.map(({ what, is, most }) => hold(`${scenario}: ${what}`, is <= most));
    return [
      `${met.every((mark) => mark === "✓") ? "✓" : "✗"} ${scenario}`,
      ...[webhooks, checks].map(String),
      ...judged.map(({ is, most }) => `${is}/${most}`),
      ...[used.invocations, used.readUnits, used.s3Puts + used.s3Gets].map(String),
      ...[used.secretReads, used.kmsRequests].map((each) => each.toFixed(1)),
      ...[used.events, used.gatewayRequests].map(String),
    ];
  });
  print(
    "One onboarding of each scenario, counted (secrets and keys reckoned); 5/7 is 5 of at most 7, payload and hot item in bytes",
  );
  print();
  for (const line of columns([["", ...counted, ...judgedNames, ...consumed], ...rows])) print(line);
  print();
}

function printComparison(courses: readonly Course[]) {
  const promised = { textbook: budgets.textbookDollars, polling: budgets.pollingDollars };
  const times = (ratio: number) => `${ratio.toFixed(ratio < 10 ? 2 : 0)} ×`;
  const cells = (design: OtherDesign, { scenario, ours: { used }, others }: Course) => {
    const other = others[design];
    if (!other) return { transitions: "–", dollars: "–" };
    const { transitions, dollars } = ratiosOver(used, other);
    const least = leastDollars(design, scenario);
    const instead = least === promised[design] ? "" : ` of ${least}`;
    return {
      transitions: `${other.stateTransitions} (${times(transitions)}) ${hold(`${scenario}: transitions against ${design}`, transitions >= budgets.textbookTransitions)}`,
      dollars: `${dollarsOf(other)} (${times(dollars)}${instead}) ${hold(`${scenario}: dollars against ${design}`, dollars >= least)}`,
    };
  };
  const rows = courses.map((course) => {
    const [text, poll] = [cells("textbook", course), cells("polling", course)];
    const { used } = course.ours;
    return [
      course.scenario,
      ...[`${used.stateTransitions}`, text.transitions, poll.transitions],
      ...[dollarsOf(used), text.dollars, poll.dollars],
    ];
  });
  print(
    `Beside what people would build instead: state transitions of one onboarding, and US dollars for a million`,
  );
  print(`(${prices.region}, ${prices.date}). "of" names what is held where the general budget is missed`);
  print();
  const head = ["", "transitions: ours", "textbook", "polling", "dollars: ours", "textbook", "polling"];
  for (const line of columns([head, ...rows])) print(line);
  print();
  for (const line of leftOut) print(`  – ${line}`);
  print();
}

const dollarsOf = (used: Consumption): string => total(dollarsPerMillion(used)).toFixed(0);

function printDollars(courses: readonly Course[]) {
  const designs = courses
    .filter(({ scenario }) => inDetail.includes(scenario))
    .flatMap(({ scenario, ours, others }) =>
      Object.entries({ ours: ours.used, ...others }).map(([design, used]) => ({ scenario, design, used })),
    );
  const costs = designs.map(({ scenario, design, used }) => ({
    name: `${scenario}, ${design}`,
    for: dollarsPerMillion(used),
  }));
  print("What the dollars are for");
  print();
  const rows = costs.map((each) => [
    each.name,
    ...Object.values(each.for).map((dollars) => dollars.toFixed(1)),
  ]);
  for (const line of columns([["", ...Object.keys(costs[0]?.for ?? {})], ...rows])) print(line);
  print();
  chartRows = designs
    .filter(({ scenario, design }) => scenario === "review-approve" && design !== "polling")
    .flatMap(({ design, used }) =>
      Object.entries(dollarsPerMillion(used)).map(([what, dollars]) => ({ design, for: what, dollars })),
    );
}

const charts = `![US dollars for a million onboardings that a policy approves, ours and the textbook's](images/cost-per-million.svg)

![Onboardings and webhooks a second on the local cloud, over how many onboardings wait](images/throughput.svg)`;

/** Puts what was printed into the page, between its marks, and draws the charts. */
async function writeDocs() {
  const page = join(root, "docs/performance.md");
  const [begin, end] = ["begin", "end"].map(
    (word) => `<!-- generated by \`npm run bench -- --docs\`: ${word} -->`,
  );
  const text = readFileSync(page, "utf8");
  const [before, rest] = text.split(begin ?? "");
  const after = rest?.split(end ?? "")[1];
  if (after === undefined) throw new Error("docs/performance.md has lost its marks");
  const table = ["```text", ...printed, "```"].join("\n").replace(/\n+```$/, "\n```");
  writeFileSync(page, `${before}${begin}\n\n${table}\n\n${charts}\n\n${end}${after}`);
  await draw(costChart(chartRows), join(root, "docs/images/cost-per-million.svg"));
  await draw(scalingChart(rates), join(root, "docs/images/throughput.svg"));
}

async function startUpPart() {
  const all = await measureStartUp(options.rounds, note);
  const spread = all.map((each) => ({
    ...each,
    loaded: spreadOf(each.loadedRatios),
    wall: spreadOf(each.ratios),
    cpu: spreadOf(each.cpuRatios),
  }));
  const line = ({ entry, bytes, undici, ms, loaded, wall, cpu }: (typeof spread)[number]) =>
    `  loaded ${loaded.median.toFixed(2)} ×, answered ${wall.median.toFixed(2)} × (${wall.min.toFixed(2)}–${wall.max.toFixed(2)}), ${spreadOf(ms).median.toFixed(0)} ms; processor time ${cpu.median.toFixed(2)} × (${cpu.min.toFixed(2)}–${cpu.max.toFixed(2)}); ${(bytes / 1024).toFixed(0)} KB${undici ? ", undici" : ""}  ${entry}`;
  print("Start-up to the first answer, over an empty handler's under the same launcher");
  print();
  const floorOf = (floor: string) => spread.find(({ entry }) => entry === floor);
  const [reference, withSecret] = [floorOf(oneRequest), floorOf(twoRequests)];
  if (!reference || !withSecret) throw new Error("nothing to compare with was measured");
  const measured = spread.filter((each) => each !== reference && each !== withSecret);
  const sorted = measured.sort((one, other) => other.wall.median - one.wall.median);
  for (const each of sorted) print(line(each));
  print();
  print(
    "  For comparison, one read of the table with the AWS SDK and nothing else, and the same after a secret that",
  );
  print("  is read with the SDK and checked with zod:");
  print(line(reference));
  print(line(withSecret));
  print();
  const slowest = Math.max(...measured.map(({ loaded }) => loaded.median));
  const worst = Math.max(...measured.map(({ cpu }) => cpu.median));
  const overSdk = worst / reference.cpu.median;
  const worstWall = Math.max(...measured.map(({ wall }) => wall.median));
  const largest = Math.max(...measured.map(({ bytes }) => bytes));
  print(
    `  worst: loaded ${slowest.toFixed(2)} × of ${budgets.loadedRatio} ${hold("loading", slowest <= budgets.loadedRatio)}, answered ${overSdk.toFixed(2)} × of ${budgets.firstAnswerOverSdk} the processor time of the SDK's one read ${hold("first answer", overSdk <= budgets.firstAnswerOverSdk)}`,
  );
  const isReached = Math.max(worstWall, worst) <= budgets.firstAnswerGoal;
  print(
    `  the worst first answer took ${worstWall.toFixed(2)} × an empty handler's, in processor time ${worst.toFixed(2)} ×: the goal of ${budgets.firstAnswerGoal} × is ${isReached ? "reached" : "missed"}`,
  );
  print(
    `  largest ${(largest / 1024).toFixed(0)} KB of ${budgets.largestBundleBytes / 1024} ${hold("bundle size", largest <= budgets.largestBundleBytes)}, undici loaded by ${measured.filter(({ undici }) => undici).length} ${hold(
      "undici",
      measured.every(({ undici }) => !undici),
    )}`,
  );
  print();
  results["startUp"] = { functions: sorted, oneRequest: reference, twoRequests: withSecret };
}

async function warmPart() {
  const measured = await measureWarm(Math.min(options.rounds, 5), note);
  print("Processor time of a warm call, over the bare work: parse, check, the same bytes to the same socket");
  print();
  for (const { entry, requests, cpuMs, bareCpuMs, ratios } of measured) {
    const spread = spreadOf(ratios);
    print(
      `  ${spread.median.toFixed(2)} × (${spread.min.toFixed(2)}–${spread.max.toFixed(2)}), ${spreadOf(cpuMs).median.toFixed(2)} ms over ${spreadOf(bareCpuMs).median.toFixed(2)} ms, ${requests} requests  ${entry}`,
    );
  }
  print();
  results["warm"] = measured;
}

let rates: { waiting: number; rate: number; what: string }[] = [];
async function throughputPart() {
  const cloud = await raiseLocalCloud(new Progress(process.stderr), new AbortController().signal);
  try {
    const measured = await measureThroughput(cloud.endpoints, note);
    print("Throughput on the local cloud, emulator and all on this machine");
    print();
    for (const { waiting, profilesPerSecond, webhooksPerSecond } of measured)
      print(
        `  ${String(waiting).padStart(5)} waiting: ${profilesPerSecond.toFixed(2)} onboardings a second from request to purge, ${webhooksPerSecond.toFixed(0)} webhooks a second`,
      );
    const first = measured[0];
    const last = measured.at(-1);
    if (first && last) {
      const flat = (what: string, rate: number, before: number) =>
        `${((rate / before) * 100).toFixed(0)} % of the ${what} ${hold(`flat throughput of ${what}`, rate / before >= budgets.flatness)}`;
      print(
        `  with ${last.waiting} waiting ${flat("onboardings", last.profilesPerSecond, first.profilesPerSecond)} and ${flat("webhooks", last.webhooksPerSecond, first.webhooksPerSecond)} with ${first.waiting}`,
      );
    }
    print();
    results["throughput"] = measured;
    rates = measured.flatMap(({ waiting, profilesPerSecond, webhooksPerSecond }) => [
      { waiting, rate: profilesPerSecond, what: "onboardings" },
      { waiting, rate: webhooksPerSecond, what: "webhooks" },
    ]);
  } finally {
    await cloud.stop();
  }
}

if (wanted("journeys")) await journeysPart();
if (wanted("start-up")) await startUpPart();
if (wanted("warm")) await warmPart();
if (wanted("throughput")) await throughputPart();

if (options.docs) await writeDocs();
mkdirSync(join(root, "bench"), { recursive: true });
writeFileSync(join(root, "bench/results.json"), `${JSON.stringify({ ...results, missed }, null, 2)}\n`);
print(`bench/results.json has all figures.`);
if (missed.length > 0) print(`✗ missed: ${missed.join("; ")}`);
else print("✓ every budget is met");
process.exitCode = missed.length > 0 ? 1 : 0;
