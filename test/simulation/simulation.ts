import { journeys, type ScenarioName } from "../../functions/sandbox/journeys.ts";
import { type Decision, type Workflow, workflowSchema } from "../../shared/profile/policy.ts";
import type { Definition } from "../workflow/definition.ts";
import { bodyFor, forgedSlot } from "./deeds.ts";
import { type ActionName, Deployment, type Product, type Wrapping } from "./deployment.ts";
import { type FaultKind, Faults } from "./faults.ts";
import { Meddlers } from "./meddlers.ts";
import { Operators } from "./operators.ts";
import { Pairs } from "./pairs.ts";
import { Provider, packageOf } from "./provider.ts";
import { type Asked, Watch } from "./watch.ts";
import { Random, World } from "./world.ts";

const START = Date.parse("2026-01-05T09:00:00.000Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** No onboarding of these workflows may last longer. */
const END = 60 * DAY;
const accounts = ["bank/1", "bank/2"] as const;
/** In so many runs somebody acts at every moment; the others go on undisturbed by that. */
const MEDDLED_PERCENT = 50;

/** Marks everything personal: found anywhere but in the vault and at the gateway, it is a violation. */
export const MARKER = "Zanzibar-Marker";

export interface Result {
  seed: number;
  violations: string[];
  profiles: number;
  fired: ReadonlyMap<FaultKind, number>;
  /** The pairs of `wanted` that were met, and whatever else happened. */
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
  /** The definition of the deployment that follows; left out, the same machine with other patience. */
  release?: Definition;
}

/** One run: some onboardings of two accounts, everything that can happen to them, then quiet. */
export async function simulate(seed: number, definition: Definition, plant: Plant = {}): Promise<Result> {
  const random = new Random(seed);
  const world = new World(seed ^ 0x5f3759df, START);
  const added = new Random(seed ^ 0x3c6ef372);
  const faults = new Faults(new Random(seed ^ 0x2545f491), added);
  const meddling = new Random(seed ^ 0x6a09e667);
  const isMeddled = !faults.none && meddling.chance(MEDDLED_PERCENT);
  // Who meddles has time, and people give up soon: then there is the most to meddle with.
  const workflows = drawWorkflows(random).map((each) =>
    isMeddled ? { ...each, attentionSeconds: (4 * HOUR) / 1000 } : each,
  );
  const paces = { ...drawPaces(random), ...drawPurgePolicy(faults) };
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
  const pairs = new Pairs(world, deployed, provider);

  const asked = drawRequests(random, faults);
  for (const each of asked) ask(world, random, faults, deployed, watch, each);
  const drawn = random.pick([10 * MINUTE, 2 * HOUR, 2 * DAY]);
  const stop = isMeddled ? 2 * DAY : drawn;
  disturb(
    world,
    random,
    faults,
    deployed,
    provider,
    watch,
    asked,
    stop,
    plant.release ?? nextRelease(definition),
  );
  if (faults.has("gateway-down"))
    for (let time = added.between(1, 2); time > 0; time--)
      world.after(added.below(stop), () => {
        faults.count("gateway-down");
        const until = world.now + added.between(10 * MINUTE, 20 * HOUR);
        provider.outages.set(added.pick(accounts), { until, tellsStatus: added.chance(50) });
      });
  world.after(stop, () => {
    faults.stopped = true;
    watch.faultsStopped();
  });

  const operators = new Operators(world, new Random(seed ^ 0x1b873593), faults, deployed, watch);
  operators.begin(asked, stop);
  const meddlers = isMeddled
    ? new Meddlers({ world, random: meddling, faults, deployed, provider, operators, watch }, asked)
    : null;
  meddlers?.begin(stop);

  const started = () =>
    asked.every(({ reference_id, account_id }) => watch.isSettled(account_id, reference_id));
  const over = () =>
    watch.isEnough(plant.impatient ?? false) ||
    (faults.stopped && operators.owed === 0 && deployed.isIdle && started());
  await world.run(START + END, over);
  watch.check(asked);
  provider.isOpen = false;
  if (meddlers) {
    meddlers.end();
    // What they asked for is still under way.
    await world.run(world.now + HOUR);
  }
  // What comes after the end changes nothing: late webhooks, and the same requests once more.
  const before = watch.picture();
  if (!watch.isEnough(plant.impatient ?? false))
    for (const each of asked) {
      // What nobody could create and was given up begins anew when it is asked for again.
      if (!each.isRefused && !watch.profileOf(each.account_id, each.reference_id)) continue;
      await lateAgain(world, deployed, provider, each);
      world.after(2_000, () => void lookAt(deployed, watch, each, true));
    }
  await world.run(world.now + DAY);
  watch.checkAfter(before);
  return {
    seed,
    violations: watch.violations,
    profiles: asked.length,
    fired: faults.fired,
    met: pairs.met,
    touched: touchedIn(deployed),
    trace: deployed.trace(),
  };
}

function touchedIn({ invocations }: Deployment): Map<string, Set<string>> {
  const touched = new Map<string, Set<string>>();
  for (const { by, invocation } of invocations)
    touched.set(by, new Set([...(touched.get(by) ?? []), ...invocation.calls]));
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
  release: Definition,
): void {
  const sometimes = (times: number, what: () => void | Promise<void>) => {
    for (let time = 0; time < times; time++)
      world.after(random.below(stop), () => {
        if (!faults.stopped) void what();
      });
  };
  sometimes(random.between(1, 5), () => lookAt(deployed, watch, random.pick(asked), random.chance(50)));
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
        ...(slot === "scheduling" && { scheduling_details: forgedSlot(world.now, random) }),
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
  if (faults.has("gateway-loses-profile"))
    sometimes(random.between(1, 2), () => {
      const id = idOf(random.pick(asked)) ?? "";
      const lost = watch.isEnding(id) ? null : provider.lose(id);
      if (!lost) return;
      faults.count("gateway-loses-profile");
      watch.lost(lost);
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
      deployed.machine.definition = release;
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

/** Somebody wants to know how it is going. */
async function lookAt(deployed: Deployment, watch: Watch, request: Asked, steps: boolean): Promise<void> {
  const { account_id, reference_id: id } = request;
  const query = steps ? { steps: "true" } : {};
  watch.shown(request, await deployed.call("fetchOnboarding", { account_id, id, query }));
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
  "review-by-rules": {
    kind: "rules",
    rules: [
      { name: "another face", when: "face_mismatch", act: { kind: "recapture", reason: sentBack } },
      { name: "all verified", when: "all_verified", act: { kind: "approve" } },
    ],
  },
  "recapture-once": { kind: "recapture", reason: sentBack, rounds: 1, afterwards: "approve" },
  "recapture-twice": { kind: "recapture", reason: sentBack, rounds: 2, afterwards: "approve" },
  "recapture-never-ends": { kind: "recapture", reason: sentBack, rounds: 3, afterwards: "attention" },
  "recapture-abandoned": { kind: "recapture", reason: sentBack, rounds: 1, afterwards: "approve" },
};

const aRule = (name: string, when: string, act: object) => ({ name, when, act });
const approves = { kind: "approve" };
const recaptures = { kind: "recapture", reason: sentBack };
/** Rules of every kind: that match now and then, ask for what is not there, or cannot be worked out. */
const rulesDrawn: object[][] = [
  [aRule("nobody objects", "size(rejected) == 0 && size(undecided) > 0", approves)],
  [aRule("sure", 'scores["fiv_check.confidence"] >= 90.0', approves)],
  [
    aRule("first look", "round == 0", recaptures),
    aRule("else", "true", { kind: "reject", reason: "By rule" }),
  ],
  [aRule("always again", "round >= 0", recaptures)],
  [
    aRule("not there", 'scores["gone.score"] < 50.0', { kind: "reject" }),
    aRule("all the same", "true", approves),
  ],
  [aRule("not to be worked out", "1 / round > 0", { kind: "reject" }), aRule("else", "round > 0", approves)],
  [aRule("somebody", "true", { kind: "attention" })],
];

function drawWorkflows(random: Random): Workflow[] {
  const daysOf = (most: number) => random.between(1, most * 24) * 3_600;
  return scenarioNames.map((name) => {
    const [captureSeconds, reviewSeconds] = [daysOf(4), daysOf(2)];
    return workflowSchema.parse({
      config_id: packageOf(name),
      decision: random.chance(20)
        ? { kind: "rules", rules: random.pick(rulesDrawn), otherwise: random.pick(["person", "attention"]) }
        : ((decisions[name] ?? { kind: "person" }) as Decision),
      encrypted: name === "encrypted",
      linkPatienceSeconds: random.between(0, 8),
      firstCheckSeconds: random.pick([60, 900, 3_600]),
      captureSeconds,
      reviewSeconds,
      recaptureSeconds: daysOf(2),
      attentionSeconds: daysOf(1),
      retentionSeconds: daysOf(3),
      maxRounds: random.between(1, 3),
      ...(random.chance(70) && { reminders: drawReminders(random, captureSeconds) }),
      ...(random.chance(50) && { reviewOverdueSeconds: random.between(300, reviewSeconds / 2) }),
      appointmentGraceSeconds: random.pick([0, 120, 300]),
    });
  });
}

/** Some come while a scripted customer still takes his time, others only to one who never comes. */
function drawReminders(random: Random, captureSeconds: number) {
  const seconds = () => random.between(300, random.pick([700, captureSeconds / 5]));
  return { afterSeconds: seconds(), everySeconds: seconds(), atMost: random.between(0, 4) };
}

/** A gateway that erases nothing but what was completed goes on so when the faults stop: it is its policy (contract A-10). */
const drawPurgePolicy = (faults: Faults) =>
  faults.strikes("gateway-refuses-purge") ? ({ purgePolicy: "completed_only" } as const) : {};

function drawPaces(random: Random) {
  const seconds = () => random.pick([1, 20, 300, 900]);
  return {
    readySeconds: seconds(),
    readyLateSeconds: seconds(),
    customerSeconds: seconds(),
    customerLateSeconds: random.pick([900, 5_400]),
    taskSeconds: seconds(),
    checkerSeconds: seconds(),
    checkerLateSeconds: seconds(),
    shortLinkLifetimeSeconds: seconds(),
    linkLifetimeSeconds: random.pick([0, 30 * 86_400, 3_600]),
  };
}

function drawRequests(random: Random, faults: Faults): Asked[] {
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
    const isRefused = faults.strikes("request-refused");
    return {
      account_id,
      reference_id,
      scenario,
      way,
      ways: encrypted ? ["createProfileEncrypted"] : ways,
      isRefused,
      body: {
        reference_id,
        config: { id: isRefused ? "package-of-nobody" : packageOf(scenario) },
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
