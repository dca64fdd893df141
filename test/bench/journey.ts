import { runJourneyJob } from "../../functions/sandbox/advance.ts";
import { journeys, type ScenarioName } from "../../functions/sandbox/journeys.ts";
import { type Scenario, scenarios } from "../../infra/local/scenarios.ts";
import { readStage } from "../../infra/local/stage-config.ts";
import type { EventType } from "../../shared/events/published.ts";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { encryptCreate } from "../../shared/gateway/encryption.ts";
import { type Workflow, workflowSchema } from "../../shared/profile/policy.ts";
import { projected } from "../shared/store/memory-table.ts";
import type { MemoryVault } from "../shared/store/memory-vault.ts";
import { ByHand } from "../simulation/by-hand.ts";
import { Deployment } from "../simulation/deployment.ts";
import { Faults } from "../simulation/faults.ts";
import type { Invocation } from "../simulation/functions.ts";
import { Provider, packageOf, pretendCipher } from "../simulation/provider.ts";
import { Random, World } from "../simulation/world.ts";
import type { Definition } from "../workflow/definition.ts";
import { memoryMbOf } from "./function-memory.ts";
import { type Consumption, durations, fetchedAnew } from "./prices.ts";
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
const paces = {
  readySeconds: 3,
  readyLateSeconds: 60,
  customerSeconds: 16 * HOUR_SECONDS,
  customerLateSeconds: 40 * HOUR_SECONDS,
  taskSeconds: 600,
  checkerSeconds: 4 * HOUR_SECONDS,
  checkerLateSeconds: 8 * HOUR_SECONDS,
  linkLifetimeSeconds: RETENTION_SECONDS,
  shortLinkLifetimeSeconds: 7 * DAY_SECONDS,
  scriptedSlotSeconds: 900,
  webhookRetrySeconds: [],
};
/** A slot is kept, and a call takes minutes: there the customer is as quick as that with everything. */
export const pacesOf = (scenario: ScenarioName) =>
  scenario === "video-call-scheduled" ? { ...paces, customerSeconds: 600 } : paces;

/** When a caller cancels whose customer has not come. */
const CANCELLED_AFTER_SECONDS = DAY_SECONDS;

/** What the stage `local` has in seconds, for people who take hours. */
const limits: Partial<Record<ScenarioName, Partial<Workflow>>> = {
  // Over before the checker rejects.
  "recapture-abandoned": { recaptureSeconds: 4 * HOUR_SECONDS },
  reminders: {
    reminders: { afterSeconds: 12 * HOUR_SECONDS, everySeconds: 12 * HOUR_SECONDS, atMost: 2 },
    reviewOverdueSeconds: 4 * HOUR_SECONDS,
  },
};

export const scenarioNames = Object.keys(journeys) as ScenarioName[];

/** What the stage `local` decides in each scenario, with as much time as is usual. */
const workflows: Record<ScenarioName, Workflow> = (() => {
  const { workflows: local } = readStage("local");
  const workflow = (name: ScenarioName) =>
    workflowSchema.parse({
      config_id: packageOf(name),
      decision: local[name]?.decision,
      encrypted: local[name]?.encrypted,
      retentionSeconds: RETENTION_SECONDS,
      ...limits[name],
    });
  return Object.fromEntries(scenarioNames.map((name) => [name, workflow(name)])) as Record<
    ScenarioName,
    Workflow
  >;
})();
export const decisionOf = (scenario: ScenarioName) => workflows[scenario].decision;

/** `extraBytes`: of a text that the customer brings along, and that is in the result therefore. */
export const onboardingRequest = (scenario: ScenarioName, extraBytes = 0): CreateRequest => ({
  reference_id: "2026-01-05-onboarding-1042",
  config: { id: packageOf(scenario) },
  data: {
    name: { first_name: "Example" },
    ...(extraBytes > 0 && {
      additional_details: [{ category: "deed", page: "1", type: "text", value: "x".repeat(extraBytes) }],
    }),
  },
});

/** Whether the account gets webhooks that carry more than the status. */
export const webhookKindOf = (scenario: ScenarioName) =>
  scenarios[scenario].account === "first" ? "W1" : "W3";

/**
 * What the sandbox does not do by itself: a caller who cancels, people at the forms, and that a link's end is noticed
 * which its queue does not reach.
 */
export function playOthers(
  scenario: ScenarioName,
  world: World,
  provider: Provider,
  cancel: (profileId: string) => Promise<unknown>,
): void {
  const { cancels, byHand }: Scenario = scenarios[scenario];
  let isReady = false;
  provider.onProfile = ({ profile_id, state, link }) => {
    if (isReady || state.status !== "capture_pending") return;
    isReady = true;
    if (link?.expires_at)
      world.after(
        Date.parse(link.expires_at) - world.now,
        () => void runJourneyJob(provider.sandbox, { kind: "expiry", profile_id }),
      );
    if (cancels) world.after(CANCELLED_AFTER_SECONDS * 1000, () => void cancel(profile_id));
    if (byHand)
      world.after(
        paces.customerSeconds * 1000,
        () => void new ByHand(world, provider, ACCOUNT).act(profile_id),
      );
  };
}

const noticeTypes: readonly EventType[] = ["CaptureReminderDue", "ReviewOverdue", "AppointmentMissed"];

export interface Journey {
  used: Consumption;
  /** Signals of the provider, each of which is answered. */
  webhooks: number;
  /** Looks that nothing but time led to. */
  checks: number;
  /** Reminders, reviews said to be overdue, and calls said to be missed. */
  notices: number;
  /** Write units by what was written. */
  writesBy: ReadonlyMap<string, number>;
  largestItemBytes: number;
  /** The largest of each kind that the vault was given as JSON. */
  objectBytes: ReadonlyMap<string, number>;
}

/**
 * One onboarding over the real functions and the real definition, from request to purge, with nothing going wrong.
 * `profileBytes`: how large its request and its result are at the least.
 */
export async function runJourney(
  definition: Definition,
  scenario: ScenarioName,
  { profileBytes = 0 }: { profileBytes?: number } = {},
): Promise<Journey> {
  const world = new World(7, START);
  const faults = new Faults(new Random(7));
  faults.stopped = true;
  let webhooks = 0;
  const provider = new Provider(world, faults, pacesOf(scenario), async (accountId, slot, body) => {
    webhooks++;
    return deployed.webhook(accountId, slot, body);
  });
  const objectBytes = new Map<string, number>();
  const weighed = (vault: MemoryVault): MemoryVault => ({
    ...vault,
    put: (key, name, value) => {
      const [kind = ""] = name.split("-");
      const bytes = Buffer.byteLength(JSON.stringify(value));
      objectBytes.set(kind, Math.max(bytes, objectBytes.get(kind) ?? 0));
      return vault.put(key, name, value);
    },
  });
  const deployed: Deployment = new Deployment(world, faults, provider, definition, [workflows[scenario]], {
    wrapping: { table: (table) => meter.wrap(table), vault: weighed },
  });
  const meter = new TableMeter(deployed.table, indexEntry);
  deployed.machine.tokenCharacters = TOKEN_CHARACTERS;
  await provider.addAccount(ACCOUNT, webhookKindOf(scenario));
  playOthers(scenario, world, provider, (id) => deployed.call("cancelProfile", { account_id: ACCOUNT, id }));
  const request = onboardingRequest(scenario, profileBytes);
  const encrypted = scenarios[scenario].encrypts && (await encryptCreate(request, pretendCipher(ACCOUNT)));
  world.after(0, () =>
    encrypted
      ? deployed.call("createProfileEncrypted", { account_id: ACCOUNT, body: encrypted })
      : deployed.call("startOnboarding", { account_id: ACCOUNT, body: request }),
  );
  await world.run(START + 3 * RETENTION_SECONDS * 1000);

  const [execution] = [...deployed.machine.executions.values()];
  if (execution?.status !== "SUCCEEDED") throw new Error(`the onboarding did not end: ${execution?.error}`);
  // The sweeper runs once a minute for all onboardings together: that is no cost of one.
  const invocations = deployed.invocations.filter(({ by }) => by !== "sweep");
  const requests = invocations.flatMap(({ invocation }) => invocation.calls);
  const functions = new Set(invocations.map(({ by }) => by));
  const callers = invocations.filter(({ by }) => by.startsWith("caller:"));
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
      httpRequests: webhooks + callers.length,
      // Sent by the sweeper or by a look that is to be repeated, received and deleted by whoever looks.
      queueRequests: 3 * deployed.queuedLooks,
      gatewayRequests,
      ...fetchedAnew(functions.size),
      logBytes:
        deployed.logged.reduce((sum, line) => sum + line.length, 0) +
        invocations.length * durations.logBytesPerInvocation,
      gbSeconds,
      largestPayloadBytes: Math.max(...execution.payloads.map((payload) => Buffer.byteLength(payload))),
    },
    webhooks,
    checks,
    notices: deployed.published.filter(({ type }) => noticeTypes.includes(type)).length,
    writesBy: meter.writesBy,
    largestItemBytes: meter.largestItemBytes,
    objectBytes,
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
