import { Command, InvalidArgumentError } from "commander";
import { synthesizedDefinition } from "../workflow/definition.ts";
import { faultKinds } from "./faults.ts";
import { wanted } from "./pairs.ts";
import { simulate } from "./simulation.ts";
import { Tally } from "./tally.ts";

const print = (line: string) => process.stdout.write(`${line}\n`);

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("a whole number is wanted.");
  return Number(text);
};

/** `npm run simulate`: exit code 1 on a violation, or with `--demanding` when something was not tried often enough. */
const program = new Command("simulate")
  .description(
    "Runs onboardings under every fault on a virtual clock and checks the invariants after each run.",
  )
  .option("--seeds <count>", "how many runs", whole, 300)
  .option("--from <seed>", "the first run's seed", whole, 1)
  .option("--seed <seed>", "this one run, told in full", whole)
  .option(
    "--demanding",
    "also fail when a fault fired fewer than 200 times or a pair of state and event was not met",
    false,
  )
  .addHelpText(
    "after",
    "\nExample:\n  npm run simulate -- --seeds 5000 --from 1\n  npm run simulate -- --seed 4711",
  )
  .parse();

const options = program.opts<{ seeds: number; from: number; seed?: number; demanding: boolean }>();
const definition = synthesizedDefinition();
const first = options.seed ?? options.from;
const count = options.seed === undefined ? options.seeds : 1;
const tally = new Tally();
const started = performance.now();
for (let seed = first; seed < first + count; seed++) {
  const result = await simulate(seed, definition);
  tally.add(result);
  for (const violation of result.violations) print(`seed ${seed}: ${violation}`);
}
const seconds = (performance.now() - started) / 1000;

print(
  `${count} runs from seed ${first}, ${tally.profiles} onboardings in ${seconds.toFixed(1)} s (${Math.round(tally.profiles / seconds)} a second); ${tally.violated.length} with a violation`,
);
const rare = faultKinds.filter((kind) => (tally.fired.get(kind) ?? 0) < 200);
print(`faults: ${faultKinds.map((kind) => `${kind} ${tally.fired.get(kind) ?? 0}`).join(", ")}`);
const times = (pair: string) => tally.met.get(pair) ?? 0;
const [seldom] = wanted.toSorted((one, other) => times(one) - times(other));
const unmet = wanted.filter((pair) => times(pair) === 0);
const unforeseen = [...tally.met.keys()].filter((pair) => !wanted.includes(pair));
print(
  `pairs met: ${wanted.length - unmet.length} of ${wanted.length}${seldom ? `, each in ${times(seldom)} runs or more (${seldom})` : ""}`,
);
if (tally.violated.length > 0) print(`replay one: npm run simulate -- --seed ${tally.violated[0]}`);
const missing = {
  "fired fewer than 200 times": rare,
  "not met": unmet,
  "met, and not foreseen": unforeseen,
};
const lacks = Object.entries(missing).filter(([, names]) => names.length > 0);
if (options.demanding) for (const [what, names] of lacks) print([`${what}:`, ...names].join("\n  "));
process.exitCode = tally.violated.length > 0 || (options.demanding && lacks.length > 0) ? 1 : 0;
