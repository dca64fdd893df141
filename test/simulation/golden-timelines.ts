import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Onboarding, onboardingSchema } from "../../functions/actions/fetch-onboarding.ts";
import type { ScenarioName } from "../../functions/sandbox/journeys.ts";
import { isScenarioName, type Scenario, scenarioNames, scenarios } from "../../infra/local/scenarios.ts";
import { readStage } from "../../infra/local/stage-config.ts";
import { renderOnboarding } from "../../infra/operate/render-onboarding.ts";
import { commandFor } from "../../infra/operate/show.ts";
import { encryptCreate } from "../../shared/gateway/encryption.ts";
import { synthesizedDefinition } from "../workflow/definition.ts";
import { ByHand } from "./by-hand.ts";
import { Deployment } from "./deployment.ts";
import { Faults } from "./faults.ts";
import { Provider, pretendCipher } from "./provider.ts";
import { NoChance, World } from "./world.ts";

const folder = join(import.meta.dirname, "../../docs/timelines");
const START = Date.parse("2026-01-05T09:00:00.000Z");
const LONGEST_MS = 60 * 86_400_000;
const WIDTH = 100;
const SOON_MS = 500;
const LATER_MS = 5_000;
const accounts = { first: "bank/1", other: "bank/2" } as const;
const definition = synthesizedDefinition();

/** A page beside those of the scenarios: one that is not over. */
export const MIDWAY = "in-the-middle.md";

/** The page of each scenario: its timeline as `show --steps` prints it, out of a run without any fault. */
export async function timelinePages(): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  for (const name of scenarioNames) {
    const { story } = scenarios[name];
    pages.set(
      `${name}.md`,
      pageOf(name, `${story.charAt(0).toUpperCase()}${story.slice(1)}.`, await play(name)),
    );
  }
  const waiting = await play("review-by-checker", (states) => states.includes("Review"));
  pages.set(
    MIDWAY,
    pageOf("In the middle", "The same as review-by-checker, before the checker decides.", waiting),
  );
  return pages;
}

/** The pages as somebody has read and accepted them. */
export const goldenTimelines = (): Map<string, string> =>
  new Map(
    readdirSync(folder)
      .filter((file) => file !== "README.md")
      .sort()
      .map((file) => [file, readFileSync(join(folder, file), "utf8")]),
  );

function pageOf(title: string, story: string, { onboarding, now }: Played): string {
  const page = renderOnboarding(onboarding, {
    now,
    width: WIDTH,
    times: "since-start",
    commandFor: (action) => commandFor(action, onboarding.reference_id, undefined),
  });
  return `# ${title}\n\n${story}\n\n\`\`\`text\n${page}\`\`\`\n`;
}

interface Played {
  onboarding: Onboarding;
  now: number;
}

/**
 * Drives a scenario with the workflows and the scripted people of the stage `local`, from the request to the purge, or
 * till its execution has entered the wanted states.
 */
async function play(
  name: ScenarioName,
  isEnough: (states: readonly string[]) => boolean = () => false,
): Promise<Played> {
  const scenario: Scenario = scenarios[name];
  const { workflows, sandbox } = readStage("local");
  const packages = Object.fromEntries(
    Object.entries(workflows).flatMap(([of, { config_id }]) => (isScenarioName(of) ? [[config_id, of]] : [])),
  );
  const world = new World(0, START, new NoChance());
  const faults = new Faults(world.random);
  let deployed: Deployment | undefined;
  const provider = new Provider(world, faults, { ...sandbox, packages }, async (...webhook) =>
    deployed ? deployed.webhook(...webhook) : null,
  );
  await provider.addAccount(accounts.first, "W1");
  await provider.addAccount(accounts.other, "W3");
  const deployment = new Deployment(world, faults, provider, definition, Object.values(workflows));
  deployed = deployment;
  // As `npm run demo` sweeps, so that deadlines of seconds are met.
  deployment.sweepMs = 1_000;

  const account_id = accounts[scenario.account];
  const workflow = workflows[name];
  if (!workflow) throw new Error(`the stage local has no workflow ${name}`);
  const request = {
    reference_id: `order-${name}`,
    config: { id: workflow.config_id },
    data: { name: { first_name: "Sample", last_name: "Customer" } },
  };
  const { reference_id } = request;
  world.after(0, async () => {
    const answer = scenario.encrypts
      ? deployment.call("createProfileEncrypted", {
          account_id,
          body: await encryptCreate(request, pretendCipher(account_id)),
        })
      : deployment.call("startOnboarding", { account_id, body: request });
    if (((await answer)?.status ?? 500) >= 300) throw new Error("the request was refused");
  });
  const person = scenario.byHand ? new ByHand(world, provider, account_id) : null;
  deployment.onPublished = (type, { profile_id }) => {
    if (type !== "CaptureLinkReady" || !profile_id) return;
    if (scenario.cancels)
      world.after(1_000, () => void deployment.call("cancelProfile", { account_id, id: profile_id }));
    if (person) world.after(1_000, () => void person.act(profile_id));
  };
  const executions = () => [...deployment.machine.executions.values()];
  const enough = () => executions().some(({ states }) => isEnough(states));
  await world.run(
    START + LONGEST_MS,
    () => enough() || (deployment.isIdle && deployment.machine.executions.size > 0),
  );
  // The last webhook is on its way, or the step is to park.
  await world.run(world.now + (enough() ? SOON_MS : LATER_MS));

  let onboarding: Onboarding | undefined;
  world.after(0, async () => {
    const call = { account_id, id: reference_id, query: { steps: "true" } };
    onboarding = onboardingSchema.parse((await deployment.call("fetchOnboarding", call))?.body);
  });
  await world.run(world.now + SOON_MS);
  if (!onboarding) throw new Error("nobody can say how it went");
  return { onboarding, now: world.now };
}

/** `npm run timelines`: accepts the timelines as they are now. What changed is for the reviewer to read. */
if (import.meta.main) {
  mkdirSync(folder, { recursive: true });
  for (const file of goldenTimelines().keys()) rmSync(join(folder, file));
  for (const [file, page] of await timelinePages()) writeFileSync(join(folder, file), page);
}
