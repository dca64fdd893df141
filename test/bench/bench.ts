import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { ScenarioName } from "../../functions/sandbox/journeys.ts";
import { raiseLocalCloud } from "../../infra/local/local-cloud.ts";
import { Progress } from "../../infra/local/progress.ts";
import { synthesizedDefinition } from "../workflow/definition.ts";
import { budgets } from "./budgets.ts";
import { costChart, draw, scalingChart } from "./charts.ts";
import { runJourney } from "./journey.ts";
import { comparable, journeyNames, judgeJourney, ratiosOver } from "./judge-journey.ts";
import { type Consumption, dollarsPerMillion, prices, total } from "./prices.ts";
import { polling } from "./references/polling.ts";
import { ReferenceCloud } from "./references/reference-cloud.ts";
import { textbook } from "./references/textbook.ts";
import { measureStartUp, oneRequest } from "./start-up.ts";
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
  .option("--docs", "also write the table and the charts of docs/performance.md", false)
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
  const rows: object[] = [];
  print("One onboarding, counted; the same provider, clock and engine for all three designs");
  print();
  for (const scenario of journeyNames) {
    const ours = await runJourney(definition, scenario);
    const { used, webhooks, checks } = ours;
    const judged = judgeJourney(scenario, ours);
    const met = judged.map(({ what, is, most }) => hold(`${scenario}: ${what}`, is <= most));
    print(`${scenario} (${webhooks} webhooks, ${checks} checks while it waits)`);
    print(`  ${met.join("")} ${judged.map(({ what, is, most }) => `${what} ${is} of ${most}`).join(", ")}`);
    print(
      `  invocations ${used.invocations}, reads ${used.readUnits}, S3 ${used.s3Puts + used.s3Gets}, KMS 0 (bucket and table keys), events ${used.events}, gateway requests ${used.gatewayRequests}`,
    );
    const designs: Record<string, Consumption> = { ours: used };
    if (comparable.some((name) => name === scenario)) {
      designs["textbook"] = await ReferenceCloud.run(textbook, scenario);
      designs["polling"] = await ReferenceCloud.run(polling, scenario);
      compare(scenario, designs);
    }
    rows.push({ scenario, ...ours, writesBy: Object.fromEntries(ours.writesBy), designs });
    print();
  }
  results["journeys"] = rows;
}

function compare(scenario: ScenarioName, designs: Record<string, Consumption>) {
  const {
    ours,
    textbook: text,
    polling: poll,
  } = designs as Record<"ours" | "textbook" | "polling", Consumption>;
  const costs = {
    ours: dollarsPerMillion(ours),
    textbook: dollarsPerMillion(text),
    polling: dollarsPerMillion(poll),
  };
  const dollars = { ours: total(costs.ours), textbook: total(costs.textbook), polling: total(costs.polling) };
  const beside = ratiosOver(ours, text);
  const ratios = {
    transitions: beside.transitions,
    textbook: beside.dollars,
    polling: ratiosOver(ours, poll).dollars,
  };
  print(
    `  transitions: ours ${ours.stateTransitions}, textbook ${text.stateTransitions} (${ratios.transitions.toFixed(2)} ×) ${hold(`${scenario}: transitions against the textbook`, ratios.transitions >= budgets.textbookTransitions)}, polling ${poll.stateTransitions}`,
  );
  print(
    `  US dollars for a million (${prices.region}, ${prices.date}): ours ${dollars.ours.toFixed(0)}, textbook ${dollars.textbook.toFixed(0)} (${ratios.textbook.toFixed(2)} ×) ${hold(`${scenario}: dollars against the textbook`, ratios.textbook >= budgets.textbookDollars)}, polling ${dollars.polling.toFixed(0)} (${ratios.polling.toFixed(0)} ×) ${hold(`${scenario}: dollars against polling`, ratios.polling >= budgets.pollingDollars)}`,
  );
  for (const [name, cost] of Object.entries(costs))
    print(
      `    ${name.padEnd(9)}${Object.entries(cost)
        .map(([what, each]) => `${what} ${each.toFixed(1)}`)
        .join(", ")}`,
    );
  if (scenario === "review-approve") chartRows = costRows(costs);
}

const costRows = (costs: Record<string, Record<string, number>>) =>
  Object.entries(costs)
    .filter(([design]) => design !== "polling")
    .flatMap(([design, cost]) =>
      Object.entries(cost).map(([what, dollars]) => ({ design, for: what, dollars })),
    );

/** Puts what was printed into the page, between its marks, and draws the costs. */
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
  writeFileSync(page, `${before}${begin}\n\n${table}\n\n${end}${after}`);
  if (chartRows.length > 0) await draw(costChart(chartRows), join(root, "docs/images/cost-per-million.svg"));
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
  const measured = spread.filter(({ entry }) => entry !== oneRequest);
  const reference = spread.find(({ entry }) => entry === oneRequest);
  const sorted = measured.sort((one, other) => other.wall.median - one.wall.median);
  for (const each of sorted) print(line(each));
  print();
  if (!reference) throw new Error("nothing to compare with was measured");
  print("  For comparison, one read of the table with the AWS SDK and nothing else:");
  print(line(reference));
  print();
  const slowest = Math.max(...measured.map(({ loaded }) => loaded.median));
  const worst = Math.max(...measured.map(({ cpu }) => cpu.median)) / reference.cpu.median;
  const largest = Math.max(...measured.map(({ bytes }) => bytes));
  print(
    `  worst: loaded ${slowest.toFixed(2)} × of ${budgets.loadedRatio} ${hold("loading", slowest <= budgets.loadedRatio)}, answered ${worst.toFixed(2)} × of ${budgets.firstAnswerOverSdk} the processor time of the SDK's one read ${hold("first answer", worst <= budgets.firstAnswerOverSdk)}`,
  );
  print(
    `  largest ${(largest / 1024).toFixed(0)} KB of ${budgets.largestBundleBytes / 1024} ${hold("bundle size", largest <= budgets.largestBundleBytes)}, undici loaded by ${measured.filter(({ undici }) => undici).length} ${hold(
      "undici",
      measured.every(({ undici }) => !undici),
    )}`,
  );
  print();
  results["startUp"] = { functions: sorted, oneRequest: reference };
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
      const flat = last.profilesPerSecond / first.profilesPerSecond;
      print(
        `  with ${last.waiting} waiting ${(flat * 100).toFixed(0)} % of the rate with ${first.waiting} ${hold("flat throughput", flat >= budgets.flatness)}`,
      );
    }
    print();
    results["throughput"] = measured;
    if (options.docs)
      await draw(
        scalingChart(
          measured.flatMap(({ waiting, profilesPerSecond, webhooksPerSecond }) => [
            { waiting, rate: profilesPerSecond, what: "onboardings" },
            { waiting, rate: webhooksPerSecond, what: "webhooks" },
          ]),
        ),
        join(root, "docs/images/throughput.svg"),
      );
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
