import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { refusals, successes } from "../../../shared/gateway/answers.ts";
import {
  createGateway,
  type Gateway,
  type GatewayAttempt,
  type GatewayOptions,
  lookUp,
} from "../../../shared/gateway/client.ts";
import {
  AuthError,
  BadRequest,
  type GatewayError,
  NotFound,
  StateConflict,
  Transient,
  Unprocessable,
  UnreadableAnswer,
} from "../../../shared/gateway/errors.ts";
import { answer, type Behaviour, faults, flood, raw, startServer } from "./misbehaving-server.ts";

const ids = { reference_id: "ref-1", profile_id: "prof-1" };
const status = { ...ids, reviewer_action: null, status: "review_required", status_detail: null };
const link = {
  capture_expires_at: null,
  capture_link: "https://capture.example.com/captures?t=x",
  profile_id: "p",
};
const profile = {
  ...status,
  group_id: null,
  config: { id: "config-1" },
  profile_data: { created_at: "2026-01-01T00:00:00Z" },
  resources: { documents: [], images: [], videos: [], text: [] },
  tasks: [],
  schema_version: "1.0.0",
};
const html = "<html><body>Aadhaar of Priya Example</body></html>";
const credentials = { apiKey: "very-secret-key", accountId: "client/secret-account" };
/** Pauses are short; what has time limits is given them where they are tested, as a busy machine may take seconds. */
const quick: GatewayOptions = { firstPauseMs: 2, longestPauseMs: 4 };
/** Longer than a busy machine takes to send a request, short enough to wait for. */
const SILENCE_MS = 1_000;
/** Between the limits that a test sets, which are below, and those that would hold without them. */
const WITHIN_MS = 5_000;

let server: Awaited<ReturnType<typeof startServer>>;
const open: Gateway[] = [];
beforeAll(async () => {
  server = await startServer();
});
afterEach(() => {
  for (const gateway of open.splice(0)) gateway.close();
});
afterAll(() => server.stop());

function connect(options: GatewayOptions = {}, baseUrl = server.baseUrl): Gateway {
  const gateway = createGateway({ baseUrl, ...credentials }, { ...quick, ...options });
  open.push(gateway);
  return gateway;
}

const refusal = (call: Promise<unknown>): Promise<GatewayError> =>
  call.then(
    () => expect.unreachable("the call succeeded"),
    (error) => error,
  );

describe("what goes over the wire", () => {
  test("both credentials are always sent, a body and its type only where there is one", async () => {
    server.behave(answer(200, link));
    const gateway = connect();
    await gateway.createProfileSync({ body: { reference_id: "r", config: { id: "c" } } });
    await gateway.fetchCaptureLink({ id: "p" });
    const [create, fetch] = server.received;
    for (const request of [create, fetch])
      expect(request?.headers).toMatchObject({
        "api-key": credentials.apiKey,
        "account-id": credentials.accountId,
      });
    expect(create).toMatchObject({
      method: "POST",
      url: "/sync/profiles",
      headers: { "content-type": "application/json" },
      body: '{"reference_id":"r","config":{"id":"c"}}',
    });
    expect(fetch).toMatchObject({ method: "GET", url: "/profiles/p/capture", body: "" });
    for (const header of ["content-type", "content-length", "transfer-encoding"])
      expect(fetch?.headers).not.toHaveProperty(header);
  });

  test("an endpoint without a body sends none, even when given one", async () => {
    server.behave(answer(200, successes.cancelled(ids).body));
    await connect().cancelProfile({ id: "p", body: { a: 1 } });
    expect(server.received[0]).toMatchObject({ method: "PUT", body: "", headers: { "content-length": "0" } });
    expect(server.received[0]?.headers).not.toHaveProperty("content-type");
  });

  test("a body that the contract would refuse is forwarded: the gateway judges it", async () => {
    server.behave(answer(400, refusals.badRequest("config: is required").body));
    const error = await refusal(connect().createProfileAsync({ body: ["nonsense", null] }));
    expect(server.received[0]?.body).toBe('["nonsense",null]');
    expect(error).toBeInstanceOf(BadRequest);
    expect(error.body).toEqual(refusals.badRequest("config: is required").body);
  });

  test("an id stays one path segment and the query names how it is meant", async () => {
    server.behave(answer(200, status));
    await connect().fetchProfile({ id: "a/b?c#d ü$&", query_type: "reference_id", status_only: true });
    expect(server.received[0]?.url).toBe(
      "/profiles/a%2Fb%3Fc%23d%20%C3%BC%24%26?query_type=reference_id&status_only=true",
    );
  });

  test.each<[id: string, query_type: "reference_id" | "profile_id" | undefined]>([
    ...["", ".", "..", "\ud800"].flatMap((id): [string, "reference_id" | undefined][] => [
      [id, undefined],
      [id, "reference_id"],
    ]),
    // A server that decodes the path would take the rest for another endpoint's, or for a way up.
    ["p/capture", undefined],
    ["p/capture", "profile_id"],
    ["a/../b", "reference_id"],
    ["../b", "reference_id"],
    ["a/.", "reference_id"],
  ])("the id %j by %s is unknown without being sent", async (id, query_type) => {
    server.behave(answer(200, link));
    const attempts: GatewayAttempt[] = [];
    const gateway = connect({ onAttempt: (one) => attempts.push(one) });
    const error = await refusal(gateway.fetchCaptureLink({ id, query_type }));
    expect(error).toBeInstanceOf(NotFound);
    expect(error.body).toEqual(refusals.unknownProfile().body);
    expect([server.received, attempts]).toEqual([[], []]);
  });

  test.each(["", "/"])("the path of the base URL is kept, ending in %j", async (end) => {
    server.behave(answer(200, link));
    await connect({}, `${server.baseUrl}/_aws/execute-api/abc/$default${end}`).fetchCaptureLink({ id: "p" });
    expect(server.received[0]?.url).toBe("/_aws/execute-api/abc/$default/profiles/p/capture");
  });

  test("connections are kept alive", async () => {
    server.behave(answer(200, link));
    const gateway = connect();
    for (let call = 0; call < 3; call++) await gateway.fetchCaptureLink({ id: "p" });
    expect(new Set(server.received.map(({ port }) => port)).size).toBe(1);
  });

  test.each([
    { baseUrl: "gateway.example.com" },
    { baseUrl: "ftp://gateway.example.com" },
    { baseUrl: "https://user:hunter2@gateway.example.com" },
    { baseUrl: "https://gateway.example.com?key=hunter2" },
    { apiKey: "hunter2\r\nx: y" },
    { accountId: "" },
  ])("the malformed account %j is refused without being quoted", (part) => {
    const build = () => createGateway({ baseUrl: server.baseUrl, ...credentials, ...part });
    expect(build).toThrow(TypeError);
    expect(build).not.toThrow(/hunter2/);
  });
});

describe("successes", () => {
  test("every endpoint has a method that answers status and body", async () => {
    const gateway = connect();
    const action = successes.purged(ids).body;
    const config = { configuration: { resources: [], tasks: [] }, reasons: [] };
    const body = {};
    const id = "p";
    const calls: [Behaviour, () => Promise<unknown>, string, unknown][] = [
      [answer(200, link), () => gateway.createProfileSync({ body }), "POST /sync/profiles", link],
      [
        answer(202, { profile_id: id }),
        () => gateway.createProfileAsync({ body }),
        "POST /async/profiles",
        { profile_id: id },
      ],
      [answer(200, profile), () => gateway.fetchProfile({ id }), "GET /profiles/p", profile],
      [answer(200, link), () => gateway.fetchCaptureLink({ id }), "GET /profiles/p/capture", link],
      [
        answer(200, config),
        () => gateway.fetchRecaptureConfig({ id }),
        "GET /profiles/p/recapture/config",
        config,
      ],
      [
        answer(200, action),
        () => gateway.submitRecapture({ id, body }),
        "POST /profiles/p/recapture/submit",
        action,
      ],
      [
        answer(200, action),
        () => gateway.completeProfile({ id, body }),
        "POST /profiles/p/complete_profile",
        action,
      ],
      [answer(200, action), () => gateway.cancelProfile({ id }), "PUT /profiles/p/cancel", action],
      [answer(200, action), () => gateway.purgeProfile({ id }), "POST /profiles/p/purge", action],
    ];
    for (const [behaviour, call, line, expected] of calls) {
      server.behave(behaviour);
      expect(await call(), line).toEqual({ status: line.includes("async") ? 202 : 200, body: expected });
      expect(server.received.map(({ method, url }) => `${method} ${url}`)).toEqual([line]);
    }
  });

  test("a status-only answer is reduced to its five keys, whatever else it holds", async () => {
    server.behave(answer(200, profile));
    expect(await connect().fetchStatus({ id: "p" })).toEqual(status);
    expect(server.received[0]?.url).toBe("/profiles/p?status_only=true");
  });

  test("unknown fields of a full profile are kept", async () => {
    const extended = { ...profile, new_field: 1, tasks: [{ key: "k", tasks: [{ key: "deep", odd: true }] }] };
    server.behave(answer(200, extended));
    expect((await connect().fetchProfile({ id: "p" })).body).toEqual(extended);
  });

  test("a full fetch is not satisfied with a status", async () => {
    server.behave(answer(200, status));
    expect(await refusal(connect().fetchProfile({ id: "p" }))).toBeInstanceOf(UnreadableAnswer);
  });

  test.each([
    [raw(204, ""), 204, null],
    [answer(202, {}), 202, {}],
    [answer(200, ["anything"]), 200, ["anything"]],
  ] as const)("recapture submit and completion take any 2xx (%#)", async (behaviour, code, body) => {
    server.behave(behaviour);
    const gateway = connect();
    expect(await gateway.completeProfile({ id: "p", body: {} })).toEqual({ status: code, body });
    expect(await gateway.submitRecapture({ id: "p", body: {} })).toEqual({ status: code, body });
  });

  test("the replay of a cancel is a success", async () => {
    const replay = refusals.alreadyCancelled(ids, "cancelled");
    server.behave(answer(replay.status, replay.body));
    expect(await connect().cancelProfile({ id: "p" })).toEqual(replay);
  });

  test("the replay of a purge is a success", async () => {
    const replay = refusals.purgeNotAllowed(ids, "purged", "2026-01-01T00:00:00Z");
    server.behave(answer(replay.status, replay.body));
    expect(await connect().purgeProfile({ id: "p" })).toEqual(replay);
  });

  test("a replay without its envelope is a refusal", async () => {
    server.behave(answer(422, { code: "ALREADY_CANCELLED" }));
    expect(await refusal(connect().cancelProfile({ id: "p" }))).toMatchObject({
      name: "Unprocessable",
      reason: "ALREADY_CANCELLED",
    });
  });

  test("a replay body on another endpoint is a refusal", async () => {
    server.behave(answer(422, refusals.alreadyCancelled(ids, "purged").body));
    expect(await refusal(connect().completeProfile({ id: "p", body: {} }))).toBeInstanceOf(Unprocessable);
  });
});

describe("refusals", () => {
  test.each([
    [answer(401, refusals.noApiKey().body), AuthError],
    [answer(403, refusals.badCredentials().body), AuthError],
    [raw(403, html), AuthError],
    [answer(400, refusals.malformedJson().body), BadRequest],
    [answer(404, refusals.unknownProfile().body), NotFound],
    [answer(404, refusals.unknownRoute().body), NotFound],
    [raw(404, html), NotFound],
    [answer(405, refusals.cancelNotAllowed(ids, "in_progress").body), StateConflict],
    [answer(405, {}), BadRequest],
    [answer(409, {}), BadRequest],
    [answer(413, refusals.tooLarge().body), BadRequest],
    [answer(418, null), BadRequest],
    [answer(422, refusals.wrongState("completed").body), Unprocessable],
  ] as const)("answer %# is a deliberate refusal and not tried again", async (behaviour, kind) => {
    server.behave(behaviour);
    const error = await refusal(connect().cancelProfile({ id: "p" }));
    expect(error).toBeInstanceOf(kind);
    expect(error.name).toBe(kind.name);
    expect(error.status).toBeGreaterThanOrEqual(400);
    expect(server.received).toHaveLength(1);
  });

  test("the reason of a 422 is carried, or else its code", async () => {
    server.behave(
      answer(422, refusals.unknownPackage().body),
      answer(422, refusals.purgeNotAllowed(ids, "in_progress", null).body),
      answer(422, {}),
    );
    const gateway = connect();
    for (const reason of ["INVALID_PACKAGE_ID", "NOT_ALLOWED", ""])
      expect(await refusal(gateway.purgeProfile({ id: "p" }))).toMatchObject({
        name: "Unprocessable",
        reason,
        status: 422,
      });
  });

  test.each([301, 302, 307, 308])("a %i is not followed", async (code) => {
    server.behave(raw(code, "", { location: "/elsewhere" }), answer(200, link));
    expect(await refusal(connect().fetchCaptureLink({ id: "p" }))).toBeInstanceOf(BadRequest);
    expect(server.received).toHaveLength(1);
  });
});

describe("transient faults", () => {
  test.each([
    [answer(408, {}), "Transient", 408],
    [answer(429, {}), "Transient", 429],
    [answer(500, refusals.internal().body), "Transient", 500],
    [raw(502, html), "Transient", 502],
    [answer(503, {}), "Transient", 503],
    [raw(504, ""), "Transient", 504],
    [raw(200, html), "UnreadableAnswer", 200],
    [raw(200, ""), "UnreadableAnswer", 200],
    [raw(200, JSON.stringify(link).slice(0, -5)), "UnreadableAnswer", 200],
    [raw(200, JSON.stringify(link), { "content-length": "20" }), "UnreadableAnswer", 200],
    [
      raw(200, Buffer.from(JSON.stringify({ ...link, profile_id: "\xff" }), "latin1")),
      "UnreadableAnswer",
      200,
    ],
    [answer(200, { ...link, capture_link: 7 }), "UnreadableAnswer", 200],
    [answer(200, null), "UnreadableAnswer", 200],
    [raw(422, html), "UnreadableAnswer", 422],
    [faults.closedBeforeContentLength, "Transient", null],
    [faults.resetBeforeHeaders, "Transient", null],
    [faults.resetInBody, "Transient", null],
    [faults.notHttp, "Transient", null],
    [faults.silence, "Transient", null],
    [faults.drip, "Transient", null],
  ] as const)("fault %# is %s with status %s, tried as often as allowed", async (behaviour, name, code) => {
    server.behave(behaviour);
    const gateway = connect({ attemptTimeoutMs: SILENCE_MS, maxAttempts: 2 });
    const error = await refusal(gateway.fetchCaptureLink({ id: "p" }));
    expect(error).toBeInstanceOf(Transient);
    expect([error.name, error.status]).toEqual([name, code]);
    expect(server.received).toHaveLength(2);
  });

  test("HTML is no success of an endpoint without a documented body either", async () => {
    server.behave(raw(200, html));
    const error = await refusal(connect().completeProfile({ id: "p", body: {} }));
    expect(error).toBeInstanceOf(UnreadableAnswer);
  });

  test("tasks nested deeper than the stack are unreadable", async () => {
    const depth = 50_000;
    const tasks = `${'[{"tasks":'.repeat(depth)}[]${"}]".repeat(depth)}`;
    server.behave(raw(200, JSON.stringify(profile).replace('"tasks":[]', `"tasks":${tasks}`)));
    const gateway = connect({ maxAttempts: 1 });
    expect(await refusal(gateway.fetchProfile({ id: "p" }))).toBeInstanceOf(UnreadableAnswer);
  });

  test("a refusal nested deeper than can be handed on is one without a body", async () => {
    for (const [status, kind] of [
      [404, NotFound],
      [400, BadRequest],
    ] as const) {
      server.behave(raw(status, `{"error":${"[".repeat(100_000)}${"]".repeat(100_000)}}`));
      const error = await refusal(connect().fetchCaptureLink({ id: "p" }));
      expect(error).toBeInstanceOf(kind);
      expect(error.body).toBeNull();
    }
  });

  test("an endless answer is dropped at the limit", async () => {
    const { behaviour, written } = flood();
    server.behave(behaviour);
    const gateway = connect({ maxAnswerBytes: 100_000, maxAttempts: 1 });
    const error = await refusal(gateway.fetchCaptureLink({ id: "p" }));
    expect([error.name, error.message]).toEqual(["UnreadableAnswer", "the gateway's answer is too large"]);
    expect(written.bytes).toBeLessThan(30_000_000);
  });

  test("a refused connection is named by its code", async () => {
    const gone = await startServer();
    await gone.stop();
    const error = await refusal(connect({}, gone.baseUrl).fetchCaptureLink({ id: "p" }));
    expect(error).toBeInstanceOf(Transient);
    expect(error.message).toBe("the connection to the gateway failed (ECONNREFUSED)");
  });

  test("a call that succeeds at the third attempt reports each of them", async () => {
    server.behave(answer(503, {}), faults.resetBeforeHeaders, answer(200, link));
    const attempts: GatewayAttempt[] = [];
    const gateway = connect({ onAttempt: (attempt) => attempts.push(attempt) });
    expect((await gateway.fetchCaptureLink({ id: "p" })).body).toEqual(link);
    const endpoint = "fetchCaptureLink";
    const ms = expect.any(Number);
    expect(attempts).toEqual([
      { endpoint, attempt: 1, status: 503, ms, fault: "Transient" },
      { endpoint, attempt: 2, status: null, ms, fault: "Transient" },
      { endpoint, attempt: 3, status: 200, ms, fault: null },
    ]);
  });

  test("pauses double up to their limit", async () => {
    server.behave(answer(503, {}));
    const random = vi.spyOn(Math, "random").mockReturnValue(1);
    const timers = vi.spyOn(globalThis, "setTimeout");
    const gateway = connect({ firstPauseMs: 20, longestPauseMs: 50, maxAttempts: 5 });
    await refusal(gateway.fetchCaptureLink({ id: "p" }));
    // The others are those of the connections, in seconds.
    const pauses = timers.mock.calls.map(([, ms = 0]) => ms).filter((ms) => ms >= 20 && ms < 100);
    expect(pauses).toEqual([20, 40, 50, 50]);
    for (const spy of [random, timers]) spy.mockRestore();
  });

  test.each([60, 10_000])("the total time bounds attempts of %i ms", async (attemptTimeoutMs) => {
    server.behave(faults.silence);
    const gateway = connect({ totalTimeoutMs: 100, attemptTimeoutMs, maxAttempts: 500 });
    const started = performance.now();
    expect(await refusal(gateway.fetchCaptureLink({ id: "p" }))).toBeInstanceOf(Transient);
    expect(performance.now() - started).toBeLessThan(WITHIN_MS);
    expect(server.received.length).toBeLessThanOrEqual(3);
  });

  test.each<[string, (gateway: Gateway) => Promise<unknown>]>([
    ["an answer that never comes", (gateway) => gateway.fetchCaptureLink({ id: "p" }, () => 100)],
    ["a look-up", (gateway) => gateway.fetchStatus({ id: "p" }, () => 100)],
    ["a create", (gateway) => gateway.createProfileAsync({ body: {} }, () => 100)],
  ])("whoever has less time than that waits no longer: %s", async (_, ask) => {
    server.behave(faults.silence);
    const started = performance.now();
    const gateway = connect({ totalTimeoutMs: 10_000, attemptTimeoutMs: 10_000 });
    expect(await refusal(ask(gateway))).toBeInstanceOf(Transient);
    expect(performance.now() - started).toBeLessThan(WITHIN_MS);
    expect(server.received.length).toBeLessThanOrEqual(2);
  });

  test.each([
    ["seconds", () => "1", 950],
    ["an HTTP date", () => new Date(Date.now() + 1_500).toUTCString(), 300],
  ])("Retry-After as %s is waited for", async (_, value, leastMs) => {
    server.behave((response) => answer(429, {}, { "retry-after": value() })(response), answer(200, link));
    const started = performance.now();
    await connect().fetchCaptureLink({ id: "p" });
    expect(performance.now() - started).toBeGreaterThan(leastMs);
    expect(server.received).toHaveLength(2);
  });

  test("Retry-After beyond the total time gives up at once and says how long", async () => {
    server.behave(answer(503, {}, { "retry-after": "3600" }));
    const started = performance.now();
    const error = await refusal(connect().fetchCaptureLink({ id: "p" }));
    expect(error).toMatchObject({ name: "Transient", status: 503, retryAfterMs: 3_600_000 });
    expect(server.received).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(WITHIN_MS);
  });

  test("an unreadable Retry-After is ignored", async () => {
    server.behave(answer(503, {}, { "retry-after": "soon" }), answer(200, link));
    await connect().fetchCaptureLink({ id: "p" });
    expect(server.received).toHaveLength(2);
  });

  test.each([
    answer(500, refusals.internal().body),
    answer(429, {}, { "retry-after": "0" }),
    faults.silence,
    faults.resetBeforeHeaders,
    raw(200, html),
  ])("a create is sent once (fault %#)", async (behaviour) => {
    server.behave(behaviour);
    const gateway = connect({ attemptTimeoutMs: SILENCE_MS });
    for (const create of [gateway.createProfileSync, gateway.createProfileAsync])
      expect(await refusal(create({ body: {} }))).toBeInstanceOf(Transient);
    expect(server.received).toHaveLength(2);
  });
});

describe("looking up before a create", () => {
  test("a known reference answers its status", async () => {
    server.behave(answer(200, status));
    expect(await lookUp(connect(), "ref-1")).toEqual(status);
    expect(server.received[0]?.url).toBe("/profiles/ref-1?query_type=reference_id&status_only=true");
  });

  test("an unknown reference answers null", async () => {
    server.behave(answer(404, refusals.unknownProfile().body));
    expect(await lookUp(connect(), "ref-1")).toBeNull();
  });

  test("another reference's profile is not adopted", async () => {
    server.behave(answer(200, { ...status, reference_id: "ref-2" }));
    expect(await refusal(lookUp(connect(), "ref-1"))).toBeInstanceOf(UnreadableAnswer);
  });

  test("any other failure is not an absence", async () => {
    server.behave(answer(403, refusals.badCredentials().body));
    expect(await refusal(lookUp(connect(), "ref-1"))).toBeInstanceOf(AuthError);
  });
});

describe("what an error shows", () => {
  test.each([
    answer(400, { reason: "Priya Example" }),
    answer(403, { message: "Priya Example" }),
    answer(404, { message: "Priya Example" }),
    answer(405, { code: "NOT_ALLOWED", message: "Priya Example" }),
    answer(422, { reason: "Priya Example" }),
    answer(500, { message: "Priya Example" }),
    answer(200, { ...link, profile_id: ["Priya Example"] }),
    raw(200, html),
    raw(502, html),
    raw(200, "Priya Example"),
    faults.silence,
    faults.resetInBody,
  ])("neither what was said nor with which credentials (answer %#)", async (behaviour) => {
    server.behave(behaviour);
    const gateway = connect({ attemptTimeoutMs: SILENCE_MS, maxAttempts: 1 });
    const error = await refusal(gateway.fetchCaptureLink({ id: "my-own-reference" }));
    const shown = [
      error.message,
      error.stack,
      JSON.stringify(error),
      JSON.stringify({ ...error }),
      inspect(error, { depth: 9, showHidden: true }),
    ].join("\n");
    expect(shown).not.toMatch(/Priya|secret|my-own-reference|capture\.example/);
    expect(error.cause).toBeUndefined();
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ name: error.name, status: error.status });
  });
});
