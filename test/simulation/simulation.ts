import { journeys, type ScenarioName } from "../../functions/sandbox/journeys.ts";
import { encryptCreate } from "../../shared/gateway/encryption.ts";
import { type Decision, type Workflow, workflowSchema } from "../../shared/profile/policy.ts";
import type { Definition } from "../workflow/definition.ts";
import { type ActionName, Deployment, type Product, type Wrapping } from "./deployment.ts";
import { type FaultKind, Faults } from "./faults.ts";
import { Provider, packageOf, pretendCipher } from "./provider.ts";
import { type Asked, Watch } from "./watch.ts";
import { Random, World } from "./world.ts";

const START = Date.parse("2026-01-05T09:00:00.000Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** No onboarding of these workflows may last longer. */
const END = 60 * DAY;
const accounts = ["bank/1", "bank/2"] as const;

/** Marks everything personal: found anywhere but in the vault and at the gateway, it is a violation. */
export const MARKER = "Zanzibar-Marker";

export interface Result {
  seed: number;
  violations: string[];
  profiles: number;
  fired: ReadonlyMap<FaultKind, number>;
  /** Every (status × event) pair of the lifecycle that was met. */
  met: ReadonlySet<string>;
  /** What each function asked for, by kind. */
  touched: ReadonlyMap<string, ReadonlySet<string>>;
  /** A hash over all that was logged, published and played: two runs of one seed have the same. */
  trace: string;
}

export interface Plant {
  product?: Product;
  wrapping?: Wrapping;
  /** Ends the run at the first violation. */
  impatient?: boolean;
}

/** One run: some onboardings of two accounts, everything that can happen to them, then quiet. */
export async function simulate(seed: number, definition: Definition, plant: Plant = {}): Promise<Result> {
  const random = new Random(seed);
  const world = new World(seed ^ 0x5f3759df, START);
  const faults = new Faults(new Random(seed ^ 0x2545f491));
  const workflows = drawWorkflows(random);
  const paces = drawPaces(random);
  let deployment: Deployment | undefined;
  const provider = new Provider(world, faults, paces, async (accountId, slot, body) => {
    const status = (await deployment?.webhook(accountId, slot, body)) ?? null;
    if (status !== null && status < 300) watch.webhookTaken(accountId, slot, body);
    return status;
  });
  for (const [index, accountId] of accounts.entries())
    await provider.addAccount(accountId, index === 0 ? "W1" : "W3");
  if (faults.has("gateway-look-up-late")) {
    faults.count("gateway-look-up-late");
    for (const accountId of accounts)
      await provider.store.saveFaults(accountId, {
        seed: 1,
        api: {
          errorRate: 0,
          statuses: [500],
          latencyMs: 0,
          htmlErrors: false,
          timeoutRate: 0,
          acceptDuplicates: false,
          lookupLagMs: 20_000,
        },
      });
  }
  const deployed = new Deployment(world, faults, provider, definition, workflows, plant);
  deployment = deployed;
  const watch = new Watch(world, deployed, provider, faults);

  const asked = drawRequests(random);
  for (const each of asked) ask(world, random, faults, deployed, watch, each);
  const stop = random.pick([10 * MINUTE, 2 * HOUR, 2 * DAY]);
  disturb(world, random, faults, deployed, provider, watch, asked, stop, definition);
  world.after(stop, () => {
    faults.stopped = true;
    watch.faultsStopped();
  });

  const started = () =>
    asked.every(({ reference_id, account_id }) => watch.isSettled(account_id, reference_id));
  const over = () =>
    watch.isEnough(plant.impatient ?? false) || (faults.stopped && deployed.isIdle && started());
  await world.run(START + END, over);
  watch.check(asked);
  // What comes after the end changes nothing: late webhooks, and the same requests once more.
  const before = watch.picture();
  if (!watch.isEnough(plant.impatient ?? false))
    for (const each of asked) await lateAgain(world, deployed, provider, each);
  await world.run(world.now + DAY);
  watch.checkAfter(before);
  return {
    seed,
    violations: watch.violations,
    profiles: asked.length,
    fired: faults.fired,
    met: watch.met,
    touched: touchedIn(deployed),
    trace: deployed.trace(),
  };
}

function touchedIn({ invocations }: Deployment): Map<string, Set<string>> {
  const touched = new Map<string, Set<string>>();
  for (const { by, calls } of invocations) touched.set(by, new Set([...(touched.get(by) ?? []), ...calls]));
  return touched;
}

/** What a caller does who wants one onboarding: asks, by one way or several at once, until there is an answer. */
function ask(
  world: World,
  random: Random,
  faults: Faults,
  deployed: Deployment,
  watch: Watch,
  request: Asked,
): void {
  const ways = faults.strikes("start-repeated")
    ? [request.way, random.pick(request.ways), request.way]
    : [request.way];
  for (const way of ways) {
    const delay = random.below(ways.length > 1 ? 3_000 : 600_000);
    world.after(delay, () => void insist(way));
  }
  async function insist(way: Asked["way"]): Promise<void> {
    for (let attempt = 0; attempt < 400; attempt++) {
      if (way === "queue") return deployed.intake(request.account_id, request.body);
      const answer = await deployed.call(way, {
        account_id: request.account_id,
        body: await bodyFor(way, request),
      });
      watch.answered(request, way, answer);
      if (answer && answer.status < 500) return;
      await world.sleep(random.between(1_000, 120_000));
    }
  }
}

const bodyFor = async (way: ActionName, { account_id, body }: Asked): Promise<unknown> =>
  way === "createProfileEncrypted" ? encryptCreate(body, pretendCipher(account_id)) : body;

/** Webhooks that nobody sent, people who act, keys and settings that change: all until the faults stop. */
function disturb(
  world: World,
  random: Random,
  faults: Faults,
  deployed: Deployment,
  provider: Provider,
  watch: Watch,
  asked: readonly Asked[],
  stop: number,
  definition: Definition,
): void {
  const sometimes = (times: number, what: () => void | Promise<void>) => {
    for (let time = 0; time < times; time++)
      world.after(random.below(stop), () => {
        if (!faults.stopped) void what();
      });
  };
  const idOf = (request: Asked) => watch.profileOf(request.account_id, request.reference_id);
  if (faults.has("webhook-forged"))
    sometimes(random.between(2, 10), async () => {
      const request = random.pick(asked);
      const profile_id = idOf(request) ?? "00000000-0000-4000-8000-000000000999";
      const status = random.pick([
        "completed",
        "purged",
        "review_required",
        "cancelled",
        "capture_pending",
        "nonsense",
        "recapture_pending",
      ]);
      faults.count("webhook-forged");
      const slot = random.pick(["profile-status", "capture-session", "profile-creation", "scheduling"]);
      const body = JSON.stringify({
        profile_id,
        reference_id: request.reference_id,
        status,
        status_detail: null,
        session_status: "complete",
      });
      await deployed.webhook(random.chance(80) ? request.account_id : random.pick(accounts), slot, body);
    });
  if (faults.has("webhook-replayed"))
    sometimes(random.between(2, 10), async () => {
      const old = provider.sent.length > 0 ? random.pick(provider.sent) : undefined;
      if (!old) return;
      faults.count("webhook-replayed");
      await deployed.webhook(old.accountId, old.slot, old.body);
    });
  if (faults.has("secret-rotated"))
    sometimes(random.between(1, 3), () => {
      faults.count("secret-rotated");
      const accountId = random.pick(accounts);
      provider.keys.set(accountId, `key ${random.below(1_000_000)} of ${accountId}`);
    });
  if (faults.has("settings-changed"))
    sometimes(1, () => {
      faults.count("settings-changed");
      deployed.workflows = drawWorkflows(random);
      watch.settingsChanged();
    });
  if (faults.has("definition-changed"))
    sometimes(1, () => {
      faults.count("definition-changed");
      deployed.machine.definition = nextRelease(definition);
    });
  if (faults.has("operator-at-once"))
    sometimes(random.between(1, 6), () => {
      faults.count("operator-at-once");
      const request = random.pick(asked);
      const id = idOf(request);
      if (!id) return;
      const operators = random.between(1, 2);
      for (let operator = 0; operator < operators; operator++) {
        const name = random.pick([
          "cancelProfile",
          "completeProfile",
          "submitRecapture",
          "purgeProfile",
        ] as const);
        const body =
          name === "completeProfile"
            ? { status: random.pick(["approved", "rejected"]) }
            : {
                recapture_configuration: { tasks: [], resources: [selfie] },
                recapture_details: { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" },
              };
        void deployed
          .call(name, { account_id: request.account_id, id, body })
          .then((answer) => watch.operated(name, request, answer));
      }
    });
}

const selfie = {
  attr: null,
  document_type: "selfie",
  ref_id: "nil.selfie.nil.1.nil",
  resource_type: "image",
};

/** The same machine with other patience: executions that run keep the one they started with. */
function nextRelease(definition: Definition): Definition {
  const next = structuredClone(definition);
  for (const state of Object.values(next.States))
    for (const retrier of state.Retry ?? []) retrier.MaxAttempts = Math.max(1, retrier.MaxAttempts - 2);
  return next;
}

/** Long after the end: the last webhooks again, and the request again. */
async function lateAgain(
  world: World,
  deployed: Deployment,
  provider: Provider,
  request: Asked,
): Promise<void> {
  for (const { accountId, slot, body } of provider.sent.slice(-5)) await deliver(accountId, slot, body);
  if (request.way === "queue") return;
  const body = await bodyFor(request.way, request);
  world.after(
    1,
    () => void deployed.call(request.way as ActionName, { account_id: request.account_id, body }),
  );

  async function deliver(accountId: string, slot: string, body: string) {
    world.after(1, () => void deployed.webhook(accountId, slot, body));
  }
}

const scenarioNames = Object.keys(journeys) as ScenarioName[];
const sentBack = { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" };
const decisions: Record<string, unknown> = {
  "review-approve": { kind: "approve" },
  encrypted: { kind: "approve" },
  "review-reject": { kind: "reject", reason: "By policy" },
  "recapture-once": { kind: "recapture", reason: sentBack, rounds: 1, afterwards: "approve" },
  "recapture-twice": { kind: "recapture", reason: sentBack, rounds: 2, afterwards: "approve" },
  "recapture-never-ends": { kind: "recapture", reason: sentBack, rounds: 3, afterwards: "attention" },
  "recapture-abandoned": { kind: "recapture", reason: sentBack, rounds: 1, afterwards: "approve" },
};

function drawWorkflows(random: Random): Workflow[] {
  const daysOf = (most: number) => random.between(1, most * 24) * 3_600;
  return scenarioNames.map((name) =>
    workflowSchema.parse({
      config_id: packageOf(name),
      decision: (decisions[name] ?? { kind: "person" }) as Decision,
      encrypted: name === "encrypted",
      linkPatienceSeconds: random.between(0, 8),
      firstCheckSeconds: random.pick([60, 900, 3_600]),
      captureSeconds: daysOf(4),
      reviewSeconds: daysOf(2),
      recaptureSeconds: daysOf(2),
      attentionSeconds: daysOf(1),
      retentionSeconds: daysOf(3),
      maxRounds: random.between(1, 3),
    }),
  );
}

function drawPaces(random: Random) {
  const seconds = () => random.pick([1, 20, 300, 900]);
  return {
    readySeconds: seconds(),
    readyLateSeconds: seconds(),
    customerSeconds: seconds(),
    taskSeconds: seconds(),
    checkerSeconds: seconds(),
    checkerLateSeconds: seconds(),
    shortLinkLifetimeSeconds: seconds(),
    linkLifetimeSeconds: random.pick([0, 30 * 86_400, 3_600]),
  };
}

function drawRequests(random: Random): Asked[] {
  const count = random.between(1, 4);
  return Array.from({ length: count }, (_, index): Asked => {
    const scenario = random.pick(scenarioNames);
    // Both accounts use the same references: nothing may meet.
    const account_id = random.pick(accounts);
    const reference_id = `order-${random.pick([index, index, index % 2])}-${scenario}`;
    const link = journeys[scenario].link !== "never";
    const ways: Asked["ways"] = [
      "startOnboarding",
      "createProfileAsync",
      "queue",
      ...(link ? (["createProfileSync"] as const) : []),
    ];
    const encrypted = scenario === "encrypted" || (link && random.chance(15));
    const way = encrypted ? "createProfileEncrypted" : random.pick(ways);
    return {
      account_id,
      reference_id,
      scenario,
      way,
      ways: encrypted ? ["createProfileEncrypted"] : ways,
      body: {
        reference_id,
        config: { id: packageOf(scenario) },
        data: {
          name: { first_name: MARKER },
          dob: "1990-01-01",
          email_ids: [`${MARKER}@example.com`],
          mobile_numbers: [MARKER],
        },
        payload: { messages: [{ label: "note", value: [MARKER] }] },
      },
    };
  }).filter(
    ({ account_id, reference_id }, index, all) =>
      all.findIndex((other) => other.account_id === account_id && other.reference_id === reference_id) ===
      index,
  );
}
