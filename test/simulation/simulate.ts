import { Command, InvalidArgumentError } from "commander";
import { transitions } from "../../shared/profile/lifecycle.ts";
import { synthesizedDefinition } from "../workflow/definition.ts";
import { faultKinds } from "./faults.ts";
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
    "also fail when a fault fired fewer than 200 times or a move of the lifecycle was not met",
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
const moves = Object.entries(transitions).flatMap(([from, all]) => all.map((to) => `${from} → ${to}`));
const unmet = moves.filter((move) => !tally.met.has(move));
print(
  `moves of the lifecycle met: ${moves.length - unmet.length} of ${moves.length}${unmet.length > 0 ? `, not ${unmet.join(", ")}` : ""}`,
);
if (tally.violated.length > 0) print(`replay one: npm run simulate -- --seed ${tally.violated[0]}`);
if (options.demanding && rare.length > 0) print(`fired fewer than 200 times: ${rare.join(", ")}`);
process.exitCode = tally.violated.length > 0 || (options.demanding && rare.length + unmet.length > 0) ? 1 : 0;
