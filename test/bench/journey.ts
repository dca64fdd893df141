import { journeys, type ScenarioName } from "../../functions/sandbox/journeys.ts";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { type Decision, type Workflow, workflowSchema } from "../../shared/profile/policy.ts";
import { projected } from "../shared/store/memory-table.ts";
import { Deployment } from "../simulation/deployment.ts";
import { Faults } from "../simulation/faults.ts";
import type { Invocation } from "../simulation/functions.ts";
import { Provider, packageOf } from "../simulation/provider.ts";
import { Random, World } from "../simulation/world.ts";
import type { Definition } from "../workflow/definition.ts";
import { memoryMbOf } from "./function-memory.ts";
import { type Consumption, durations } from "./prices.ts";
import { TableMeter } from "./table-meter.ts";

export const START = Date.parse("2026-01-05T09:00:00.000Z");
export const ACCOUNT = "bank/1042";
/** AWS gives out tokens of 700 and more. */
export const TOKEN_CHARACTERS = 700;

/** As `copyFiles` does it. */
const DOCUMENTS_AT_ONCE = 4;

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const RETENTION_SECONDS = 30 * DAY_SECONDS;

/** How long people and machines take, the same for every design: the customer has done it after a day. */
export const paces = {
  readySeconds: 3,
  readyLateSeconds: 60,
  customerSeconds: 16 * HOUR_SECONDS,
  customerLateSeconds: 40 * HOUR_SECONDS,
  taskSeconds: 600,
  checkerSeconds: 4 * HOUR_SECONDS,
  checkerLateSeconds: 8 * HOUR_SECONDS,
  linkLifetimeSeconds: RETENTION_SECONDS,
  shortLinkLifetimeSeconds: 7 * DAY_SECONDS,
  webhookRetrySeconds: [],
};

const sentBack = { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" };
const decisions: Partial<Record<ScenarioName, Decision>> = {
  "review-approve": { kind: "approve" },
  "recapture-once": {
    kind: "recapture",
    items: "all",
    reason: sentBack,
    rounds: 1,
    afterwards: "approve",
  },
};
const workflows: Workflow[] = (Object.keys(journeys) as ScenarioName[]).map((name) =>
  workflowSchema.parse({
    config_id: packageOf(name),
    decision: decisions[name] ?? { kind: "person" },
    retentionSeconds: RETENTION_SECONDS,
  }),
);

export const onboardingRequest = (scenario: ScenarioName): CreateRequest => ({
  reference_id: "2026-01-05-onboarding-1042",
  config: { id: packageOf(scenario) },
  data: { name: { first_name: "Example" } },
});

export interface Journey {
  used: Consumption;
  /** Signals of the provider, each of which is answered. */
  webhooks: number;
  /** Looks that nothing but time led to. */
  checks: number;
  /** Write units by what was written. */
  writesBy: ReadonlyMap<string, number>;
  largestItemBytes: number;
}

/** One onboarding over the real functions and the real definition, from request to purge, with nothing going wrong. */
export async function runJourney(definition: Definition, scenario: ScenarioName): Promise<Journey> {
  const world = new World(7, START);
  const faults = new Faults(new Random(7));
  faults.stopped = true;
  let webhooks = 0;
  const provider = new Provider(world, faults, paces, async (accountId, slot, body) => {
    webhooks++;
    return deployed.webhook(accountId, slot, body);
  });
  const deployed: Deployment = new Deployment(world, faults, provider, definition, workflows, {
    wrapping: { table: (table) => meter.wrap(table) },
  });
  const meter = new TableMeter(deployed.table, indexEntry);
  deployed.machine.tokenCharacters = TOKEN_CHARACTERS;
  await provider.addAccount(ACCOUNT, "W1");
  void deployed.call("startOnboarding", { account_id: ACCOUNT, body: onboardingRequest(scenario) });
  await world.run(START + 2 * RETENTION_SECONDS * 1000);

  const [execution] = [...deployed.machine.executions.values()];
  if (execution?.status !== "SUCCEEDED") throw new Error(`the onboarding did not end: ${execution?.error}`);
  // The sweeper runs once a minute for all onboardings together: that is no cost of one.
  const invocations = deployed.invocations.filter(({ by }) => by !== "sweep");
  const requests = invocations.flatMap(({ invocation }) => invocation.calls);
  const made = (...kinds: string[]) => requests.filter((kind) => kinds.includes(kind)).length;
  const gatewayRequests = requests.filter((kind) => kind.startsWith("gateway.")).length;
  const checks = deployed.dueLooks;
  const gbSeconds = invocations.reduce((sum, { by, invocation }) => sum + gbSecondsOf(by, invocation), 0);
  return {
    used: {
      stateTransitions: execution.transitions,
      historyEvents: execution.historyEvents,
      invocations: invocations.length,
      writeUnits: meter.writeUnits,
      readUnits: meter.readUnits,
      // An erasure lists what there is, at the price of a put; deletes are free.
      s3Puts: made("vault.put", "vault.putFile", "vault.erase"),
      s3Gets: made("vault.get"),
      events: made("publish"),
      httpRequests: webhooks + 1,
      // Sent by the sweeper or by a look that is to be repeated, received and deleted by whoever looks.
      queueRequests: 3 * deployed.queuedLooks,
      gatewayRequests,
      logBytes:
        deployed.logged.reduce((sum, line) => sum + line.length, 0) +
        invocations.length * durations.logBytesPerInvocation,
      gbSeconds,
      largestPayloadBytes: Math.max(...execution.payloads.map((payload) => Buffer.byteLength(payload))),
    },
    webhooks,
    checks,
    writesBy: meter.writesBy,
    largestItemBytes: meter.largestItemBytes,
  };
}

/** Memory times time: what a function does itself takes longer with less of a processor, what it waits for does not. */
function gbSecondsOf(by: string, { calls, sleptMs }: Pick<Invocation, "calls" | "sleptMs">): number {
  const { ownMs, awsRequestMs, gatewayRequestMs, memoryMb } = durations;
  const configuredMb = memoryMbOf(by);
  const documents = calls.filter((kind) => kind === "document").length;
  const atGateway = calls.filter((kind) => kind.startsWith("gateway.")).length;
  const atOthers = atGateway + Math.ceil(documents / DOCUMENTS_AT_ONCE);
  const ownAndAws = ownMs + (calls.length - documents - atGateway) * awsRequestMs;
  const ms = (ownAndAws * memoryMb) / configuredMb + atOthers * gatewayRequestMs + sleptMs;
  return (ms / 1000) * (configuredMb / 1024);
}

/** What the index of due work keeps. */
function indexEntry(item: Record<string, unknown>) {
  return item["dueAt"] === undefined ? null : projected(item);
}
