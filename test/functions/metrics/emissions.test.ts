import type { APIGatewayProxyEventV2, Context, SQSEvent } from "aws-lambda";
import { afterEach, describe, expect, test, vi } from "vitest";
import { toHandler } from "../../../functions/action.ts";
import { fetchCaptureLink } from "../../../functions/actions/fetch-capture-link.ts";
import { identifyByKeys } from "../../../functions/callers.ts";
import { gatewaysFromSecret } from "../../../functions/gateway/gateways.ts";
import { claimReference } from "../../../functions/intake/claim.ts";
import { toIntakeHandler } from "../../../functions/intake/intake.ts";
import type { LookRequest } from "../../../functions/looks.ts";
import type { CountName, MeasureName } from "../../../functions/metrics/metric-names.ts";
import { takeLook, toResumeHandler } from "../../../functions/resume/resume.ts";
import { toStepHandler } from "../../../functions/step.ts";
import { attention } from "../../../functions/steps/attention.ts";
import { openCapture } from "../../../functions/steps/open-capture.ts";
import { review } from "../../../functions/steps/review.ts";
import { sweep } from "../../../functions/sweep/sweep.ts";
import { watch } from "../../../functions/watch/watch.ts";
import { toIngestHandler } from "../../../functions/webhooks/ingest.ts";
import { sha256Hex } from "../../../infra/local/new-key.ts";
import { Transient } from "../../../shared/gateway/errors.ts";
import { ERASURE_FAILS } from "../../../shared/profile/stuck.ts";
import { startServer } from "../../shared/gateway/misbehaving-server.ts";
import { fixedSecret } from "../fixed-secret.ts";
import {
  type Answers,
  hashKey,
  ids,
  key,
  onboardingInMemory,
  profile_id,
  request,
  START,
  state,
  statusAnswer,
} from "../onboarding-in-memory.ts";
import { park, request as requested } from "../waiting-in-memory.ts";
import type { Recorded } from "./recorded-metrics.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

type World = ReturnType<typeof onboardingInMemory>;
const context = {} as Context;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** What the functions around the steps need beside what the steps have. */
const around = (world: World) => ({
  ...world.deps,
  sendLooks: async (_looks: readonly LookRequest[]) => {},
  ownerOf: async (_slot: string, token: string) => (token === "token" ? key.account_id : null),
  hashKeyFor: async () => hashKey,
});

const parked = async (answers: Answers): Promise<World> => {
  const world = onboardingInMemory(answers);
  await world.records.started(await world.created());
  await openCapture.run(state, { ...world.deps, captureHosts: ["example.com"] }, "token");
  world.metrics.emitted.length = 0;
  return world;
};
const link = (capture_link: string) => ({
  status: 200,
  body: { ...ids, capture_link, capture_expires_at: null },
});
const waiting: Answers = {
  fetchProfile: () => statusAnswer("capture_pending"),
  fetchCaptureLink: () => link("https://capture.example.com/1"),
};
/** An onboarding that waits for its customer, whom the gateway answers like this from then on. */
async function waitingThen(fetchProfile: NonNullable<Answers["fetchProfile"]>): Promise<World> {
  let answer: NonNullable<Answers["fetchProfile"]> = () => statusAnswer("capture_pending");
  const world = await parked({ ...waiting, fetchProfile: (input) => answer(input) });
  answer = fetchProfile;
  return world;
}

/** A webhook as API Gateway hands it on. */
async function post(world: World, body: string, token = "token", sourceIp = "203.0.113.9"): Promise<number> {
  const answer = await toIngestHandler(() => around(world))(
    {
      pathParameters: { slot: "profile-status", token },
      requestContext: { http: { sourceIp } },
      body,
    } as unknown as APIGatewayProxyEventV2,
    context,
  );
  return answer.statusCode ?? 0;
}

const messages = (...bodies: unknown[]) =>
  ({
    Records: bodies.map((body, index) => ({ messageId: `${index}`, body: JSON.stringify(body) })),
  }) as unknown as SQSEvent;

/** A call of a gateway that answers every request with this status. */
async function callGateway(status: number): Promise<World> {
  const world = onboardingInMemory();
  const server = await startServer();
  try {
    server.behave((response) => response.writeHead(status).end("{}"));
    const account = { baseUrl: server.baseUrl, apiKey: "word", accountId: key.account_id, contentKeys: [] };
    const secret = fixedSecret({ accounts: { [key.account_id]: account } });
    const gateway = await gatewaysFromSecret(world.deps.log, world.metrics, secret)(key.account_id);
    await expect(gateway.fetchStatus({ id: profile_id })).rejects.toThrow();
    gateway.close();
  } finally {
    await server.stop();
  }
  return world;
}

/** One census over a stage with something of everything; its keys are so many days old. */
async function census(): Promise<World> {
  const world = onboardingInMemory();
  const { records, clock } = world;
  const of = (reference_id: string) => ({ account_id: key.account_id, reference_id });
  const ended = START - 3 * 3_600_000;
  await park(records, { ...of("customer"), parked_at: START - 7 * DAY_MS });
  await park(records, { ...of("person"), state: "Attention", status: "in_progress" });
  await park(records, { ...of("late"), state: "Review", status: "review_required", deadline_at: ended });
  const kept = { state: "Retain", status: "completed", deadline_at: ended } as const;
  await park(records, { ...of("forgotten"), ...kept });
  await park(records, { ...of("held"), ...kept });
  await records.hold(of("held"), { by: "caller", at: START });
  await park(records, { ...of("in time"), ...kept, deadline_at: START - 30 * MINUTE_MS });
  const fails = { state: "Attention", status: "completed", reason: ERASURE_FAILS } as const;
  await park(records, { ...of("not erasable"), ...fails });
  await park(records, { ...of("not erasable, and held"), ...fails });
  await records.hold(of("not erasable, and held"), { by: "caller", at: START });
  await requested(records, { ...of("new"), requested_at: START - MINUTE_MS });
  const hash = (digit: string) => digit.repeat(64);
  const at = (days: number) => clock.now - days * DAY_MS;
  const contentKey = { kid: "k", cek: "", encrypts_from: at(200), retires_at: null };
  await watch({
    ...world.deps,
    callers: fixedSecret({
      hashKey,
      callers: [
        {
          accountId: "a",
          keyHashes: [hash("1"), hash("2")],
          issuedAt: { [hash("1")]: at(1), [hash("2")]: at(400) },
        },
        { accountId: "b", keyHashes: [hash("3")] },
      ],
    }),
    webhooks: fixedSecret({
      slots: [
        { accountId: "a", slot: "scheduling", tokenHashes: [hash("4")], issuedAt: { [hash("4")]: at(30) } },
      ],
    }),
    gateway: fixedSecret({
      accounts: {
        a: {
          baseUrl: "https://gateway.example.com",
          apiKey: "word",
          accountId: "a",
          contentKeys: [contentKey, { ...contentKey, encrypts_from: at(500), retires_at: at(-1) }],
        },
      },
    }),
  });
  return world;
}
const censusTaken = census();

interface Condition {
  /** Brings the condition about. */
  cause: () => Promise<World>;
  /** What it makes the functions emit, of this metric; all of it, in order. */
  emits: Omit<Recorded, "name">[];
}
const once = (dimensions: Recorded["dimensions"] = {}, value = 1) => ({ value, dimensions });

/** Every metric with what makes it move: one that nothing emits does not compile. */
const conditions: Record<CountName | MeasureName, Condition> = {
  EventPublished: {
    async cause() {
      const world = onboardingInMemory({ fetchProfile: () => statusAnswer("in_progress") });
      await world.created();
      await attention.run({ ...state, next: "attention", reason: "a reason" }, world.deps, "token");
      return world;
    },
    emits: [once({ type: "AttentionNeeded" })],
  },
  WebhookRefused: {
    async cause() {
      const world = onboardingInMemory();
      expect(await post(world, "{}", "nobody's token")).toBe(404);
      expect(await post(world, "x".repeat(4 * 1024 * 1024 + 1))).toBe(413);
      expect(await post(world, "not JSON")).toBe(400);
      expect(await post(world, '{"status":"completed"}')).toBe(400);
      vi.stubEnv("WEBHOOK_SOURCE_RANGES", "198.51.100.0/24");
      expect(await post(world, JSON.stringify({ profile_id }))).toBe(404);
      return world;
    },
    emits: ["token", "too-large", "malformed", "malformed", "source"].map((reason) => once({ reason })),
  },
  WebhookFailed: {
    async cause() {
      const world = await parked(waiting);
      world.deps.records.signal = async () => {
        throw new Error("the table is down");
      };
      expect(await post(world, JSON.stringify({ profile_id, status: "in_progress" }))).toBe(500);
      return world;
    },
    emits: [once()],
  },
  GatewayFailed: { cause: () => callGateway(503), emits: [once()] },
  GatewayRefusedCredentials: { cause: () => callGateway(403), emits: [once()] },
  UnknownStatus: {
    async cause() {
      const answers = [statusAnswer("frobnicated"), { status: 404, body: { error: "not_found" } }];
      const world = await waitingThen(() => answers.shift() ?? statusAnswer("capture_pending"));
      for (let look = 0; look < 3; look++) await takeLook(key, around(world));
      return world;
    },
    emits: [once({ why: "new-word" }), once({ why: "no-profile" })],
  },
  TokenSpent: {
    async cause() {
      const world = await waitingThen(() => statusAnswer("completed", "approved"));
      world.deps.executions.resume = async () => false;
      world.deps.executions.look = async () => "ended";
      await takeLook(key, around(world));
      return world;
    },
    emits: [once()],
  },
  StepFailed: {
    async cause() {
      const world = onboardingInMemory({
        fetchProfile: () => {
          throw new Transient("the gateway is down", 503);
        },
      });
      await world.created();
      await toStepHandler(review, () => world.deps)({ task_token: "token", input: state }, context);
      return world;
    },
    emits: [once({ state: "Review" })],
  },
  LinkRefused: {
    async cause() {
      const world = onboardingInMemory({
        ...waiting,
        fetchCaptureLink: () => link("https://capture.example.net/1"),
      });
      world.deps.captureHosts = ["example.com"];
      await world.created();
      await toStepHandler(openCapture, () => world.deps)({ task_token: "token", input: state }, context);
      return world;
    },
    emits: [once()],
  },
  RequestFailed: {
    async cause() {
      const world = onboardingInMemory({
        fetchCaptureLink: () => {
          throw new Transient("the gateway is down", 503);
        },
      });
      // The logger has a console of its own but in development.
      vi.stubEnv("POWERTOOLS_DEV", "true");
      vi.spyOn(console, "error").mockImplementation(() => {});
      const callers = [{ accountId: key.account_id, keyHashes: [sha256Hex("word")] }];
      const identify = identifyByKeys(fixedSecret({ hashKey, callers }));
      const handler = toHandler(
        fetchCaptureLink,
        () => world.deps,
        () => identify,
        () => world.metrics,
      );
      const event = { pathParameters: { id: profile_id } };
      const headers = { "api-key": "word", "account-id": key.account_id };
      const answer = async (with_: object) =>
        (await handler({ ...event, ...with_ } as unknown as APIGatewayProxyEventV2, context)).statusCode;
      expect(await answer({ headers })).toBe(500);
      expect(await answer({ headers: {} })).toBe(401);
      return world;
    },
    emits: [once()],
  },
  IntakeRefused: {
    async cause() {
      const world = onboardingInMemory();
      const { account_id } = key;
      const message = { account_id, request };
      await claimReference({ ...world.deps, hashKey }, account_id, { ...request, data: {} }, "async");
      const { batchItemFailures } = await toIntakeHandler(() => around(world))(
        messages({ account_id }, message, { account_id, request: { ...request, reference_id: "order-8" } }),
        context,
      );
      expect(batchItemFailures).toHaveLength(2);
      world.deps.executions.start = async () => {
        throw new Error("the state machine is throttled");
      };
      const another = { account_id, request: { ...request, reference_id: "order-9" } };
      await toIntakeHandler(() => around(world))(messages(another), context);
      return world;
    },
    emits: [once({ why: "refused" }), once({ why: "duplicate" }), once({ why: "failed" })],
  },
  LookFailed: {
    async cause() {
      const world = await waitingThen(() => {
        throw new Transient("the gateway is down", 503);
      });
      await toResumeHandler(() => around(world))(messages(key), context);
      return world;
    },
    emits: [once()],
  },
  SweepLagSeconds: {
    async cause() {
      const world = await parked(waiting);
      await sweep(around(world));
      world.clock.now = ((await world.record()).due_at ?? 0) + 20 * MINUTE_MS;
      await sweep(around(world));
      // The look that it sent is under way: nothing is late any more.
      await sweep(around(world));
      return world;
    },
    emits: [once({}, 0), once({}, 1_200), once({}, 0)],
  },
  OnboardingsWaiting: {
    cause: () => censusTaken,
    emits: [
      once({ state: "OpenCapture" }),
      once({ state: "Review" }),
      once({ state: "Recapture" }, 0),
      once({ state: "Attention" }, 3),
      once({ state: "Retain" }, 3),
      once({ state: "CreateProfile" }),
    ],
  },
  OldestWaitSeconds: {
    cause: () => censusTaken,
    emits: [
      once({ state: "OpenCapture" }, 7 * 86_400),
      once({ state: "Review" }, 0),
      once({ state: "Recapture" }, 0),
      once({ state: "Attention" }, 0),
      once({ state: "Retain" }, 0),
      once({ state: "CreateProfile" }, 60),
    ],
  },
  // Three in Attention; past the deadline of its review; not purged; not purged since half an hour.
  Stuck: { cause: () => censusTaken, emits: [once({}, 6)] },
  Held: { cause: () => censusTaken, emits: [once({}, 2)] },
  // Forgotten, and not erasable.
  PurgeOverdue: { cause: () => censusTaken, emits: [once({}, 2)] },
  OldestKeyDays: {
    cause: () => censusTaken,
    emits: [once({ kind: "caller" }, 400), once({ kind: "webhook" }, 30), once({ kind: "content" }, 200)],
  },
};

test.each(Object.entries(conditions))(
  "%s is emitted when its condition holds",
  async (name, { cause, emits }) => {
    const { metrics } = await cause();
    expect(metrics.emitted.filter((each) => each.name === name)).toEqual(
      emits.map((each) => ({ name, ...each })),
    );
  },
);

describe("nothing is emitted", () => {
  test("of a webhook, a look and a sweep that are as they should be, but how late the sweep was", async () => {
    const world = await parked(waiting);
    expect(await post(world, JSON.stringify({ profile_id, status: "in_progress" }))).toBe(200);
    await takeLook(key, around(world));
    await sweep(around(world));
    expect(world.metrics.emitted).toEqual([{ name: "SweepLagSeconds", value: 0, dimensions: {} }]);
  });

  test("of a gateway that answers 404, which says something of the profile and nothing of the gateway", async () => {
    expect((await callGateway(404)).metrics.emitted).toEqual([]);
  });

  test("of a census that was not finished: half of one would look like good news", async () => {
    const world = onboardingInMemory();
    const none = fixedSecret(null);
    const deps = { ...world.deps, callers: none, webhooks: none, gateway: none };
    const moments = [START, START + 10 * MINUTE_MS];
    const now = () => moments.shift() ?? START + 10 * MINUTE_MS;
    await expect(watch({ ...deps, now })).rejects.toThrow("more open onboardings than one census takes");
    const open = async () => {
      throw new Error("throttled");
    };
    await expect(watch({ ...deps, records: { open } })).rejects.toThrow("throttled");
    expect(world.metrics.emitted).toEqual([]);
  });
});

test("a key that was issued before that was noted is as old as nothing", async () => {
  const world = onboardingInMemory();
  const callers = fixedSecret({ hashKey, callers: [{ accountId: "b", keyHashes: ["3".repeat(64)] }] });
  const none = fixedSecret(null);
  await watch({ ...world.deps, callers, webhooks: none, gateway: none });
  expect(
    world.metrics.emitted.filter(({ name }) => name === "OldestKeyDays").map(({ value }) => value),
  ).toEqual([0, 0, 0]);
});
