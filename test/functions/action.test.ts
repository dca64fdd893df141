import { createHash, randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { beforeEach, describe, expect, test, vi } from "vitest";
import * as z from "zod";
import {
  answerFor,
  type Call,
  defineAction,
  MAX_RESULT_BYTES,
  routesOf,
  toHandler,
} from "../../functions/action.ts";
import { identifyByKeys } from "../../functions/callers.ts";
import { DuplicateReference } from "../../functions/intake/claim.ts";
import { ClaimLost } from "../../functions/intake/ensure-created.ts";
import { type Answer, refusals } from "../../shared/gateway/answers.ts";
import { type Endpoint, endpoints } from "../../shared/gateway/endpoints.ts";
import {
  AuthError,
  BadRequest,
  DecryptionFailed,
  NotFound,
  StateConflict,
  Transient,
  Unprocessable,
  UnreadableAnswer,
} from "../../shared/gateway/errors.ts";
import { fixedSecret } from "./fixed-secret.ts";
import { recordedMetrics } from "./metrics/recorded-metrics.ts";

beforeEach(() => {
  // The logger has a console of its own but in development.
  vi.stubEnv("POWERTOOLS_DEV", "true");
  vi.spyOn(console, "error").mockImplementation(() => {});
});

const hash = createHash("sha256").update("key").digest("hex");
const secret = fixedSecret({ hashKey: "hash", callers: [{ accountId: "a/1", keyHashes: [hash] }] });
const ours = { "api-key": "key", "account-id": "a/1" };

/** Serves with an action that answers what it was called with, or throws. */
function serving(
  serves: Endpoint,
  run: (call: Call) => Promise<Answer> = async (call) => ({ status: 200, body: call }),
) {
  const metrics = recordedMetrics();
  const action = defineAction<null>({ file: "test", serves, grants: [], run });
  const handler = toHandler(
    action,
    () => null,
    () => identifyByKeys(secret),
    () => metrics,
  );
  const resultOf = (event: Partial<APIGatewayProxyEventV2>) =>
    handler({ headers: ours, ...event } as APIGatewayProxyEventV2, {} as Context);
  const ask = async (event: Partial<APIGatewayProxyEventV2>) => {
    const { statusCode, headers, body } = await resultOf(event);
    return { status: statusCode, headers, body: JSON.parse(body ?? "null") };
  };
  return Object.assign(ask, { resultOf, metrics });
}

const id = { pathParameters: { id: "x" } };

describe("the order of checks (contract §1.3)", () => {
  const create = serving(endpoints.createProfileAsync);
  const fetch = serving(endpoints.fetchProfile);

  test.each([
    [{}, 401],
    [{ "account-id": "a/1" }, 401],
    [{ "api-key": "key" }, 403],
    [{ "api-key": "other", "account-id": "a/1" }, 403],
    [{ "api-key": "key", "account-id": "b/2" }, 403],
  ])("credentials %j come before a broken body", async (headers, status) => {
    expect(await create({ headers, body: "{" })).toMatchObject({ status });
  });

  test("then the route, the size, the JSON, the query, the fields", async () => {
    const nowhere = serving({ ...endpoints.fetchProfile, path: "$default" });
    expect((await nowhere({})).body).toEqual({ errors: { detail: "Not Found" } });
    expect(await create({ body: `{${"x".repeat(4 * 1024 * 1024)}` })).toMatchObject({ status: 413 });
    expect(await create({ body: "{" })).toMatchObject({
      status: 400,
      body: { errors: { detail: "Bad Request" } },
    });
    expect(await fetch({ ...id, queryStringParameters: { query_type: "z" } })).toMatchObject({
      status: 400,
      body: { error: "bad_request", reason: "query_type must be profile_id or reference_id" },
    });
    expect(await create({ body: "{}" })).toMatchObject({
      status: 400,
      body: { error: "bad_request", reason: "reference_id: is required" },
    });
  });

  test("a route of our own reads its own parameters, and names the wrong one without its value", async () => {
    const limit = z.coerce.number().int().max(9).default(5);
    const list = serving({ ...endpoints.fetchProfile, query: z.strictObject({ limit }) });
    const ask = async (queryStringParameters: Record<string, string>) =>
      (await list({ ...id, queryStringParameters })).body;
    expect((await ask({ limit: "7" })).query).toEqual({ limit: 7 });
    expect((await list(id)).body.query).toEqual({ limit: 5 });
    expect((await ask({ limit: "1234567" })).reason).toMatch(/^limit: (?!.*1234567)/);
    expect((await ask({ limits: "7" })).reason).toBe('query: Unrecognized key: "limits"');
    expect((await ask({ "<b>": "7" })).reason).toBe("query: has a field that is not known");
    expect((await fetch({ ...id, queryStringParameters: { limit: "x" } })).body.query).toBeUndefined();
  });

  test("fields of everything but a create are the gateway's matter", async () => {
    const complete = serving(endpoints.completeProfile);
    expect(await complete({ ...id, body: '{"status":1}' })).toMatchObject({
      status: 200,
      body: { id: "x", body: { status: 1 } },
    });
  });

  test("a body in base64 is the same body", async () => {
    const body = Buffer.from('{"reference_id":"é","config":{"id":"c"}}').toString("base64");
    expect((await create({ body, isBase64Encoded: true })).body.body.reference_id).toBe("é");
  });

  test("an action is told who calls and what for", async () => {
    const queryStringParameters = { query_type: "reference_id", status_only: "true" };
    expect((await fetch({ ...id, queryStringParameters })).body).toEqual({
      account_id: "a/1",
      hashKey: "hash",
      id: "x",
      query_type: "reference_id",
      status_only: true,
    });
    expect((await fetch({ ...id, queryStringParameters: { status_only: "yes" } })).body.status_only).toBe(
      false,
    );
  });
});

const internal = { status: 500, body: { error: "internal_error", reason: "something_went_wrong" } };
const body = { from: "the gateway" };

describe("what was thrown", () => {
  test.each([
    ["a refused request", new BadRequest("x", 400, body), { status: 400, body }],
    ["an unknown profile", new NotFound("x", 404, body), { status: 404, body }],
    ["a wrong state", new StateConflict("x", 405, body), { status: 405, body }],
    ["another refusal", new Unprocessable("R", body), { status: 422, body }],
    ["our own credentials", new AuthError("x", 403, body), internal],
    ["a fault", new Transient("x", 503, body), internal],
    ["no answer", new UnreadableAnswer("x", 200, body), internal],
    ["a refusal without a body", new BadRequest("x", 400), internal],
    ["a lost claim", new ClaimLost("x"), internal],
    ["a bug", new TypeError("very-secret"), internal],
    ["no error at all", "very-secret", internal],
  ])("%s", (_name, error, answer) => {
    expect(answerFor(error, endpoints.fetchProfile)).toEqual(answer);
  });

  test.each([
    ["fetchProfile", refusals.unknownProfile()],
    ["fetchProfileEncrypted", refusals.unknownProfile()],
    ["purgeProfile", refusals.unknownProfile()],
    ["cancelAppointment", refusals.unknownAppointment()],
    // Nothing is looked for: the base URL may be wrong.
    ["createProfileSync", internal],
    ["fetchQueueMetrics", refusals.internalMetrics()],
  ] as const)("a 404 without a body has the endpoint's own words (A-07): %s", (name, answer) => {
    expect(answerFor(new NotFound("x", 404), endpoints[name])).toEqual(answer);
  });

  test("another request's reference", () => {
    expect(answerFor(new DuplicateReference("x"), endpoints.createProfileSync)).toEqual({
      status: 422,
      body: { details: {}, error: "unprocessable_entity", reason: "DUPLICATE_REFERENCE_ID" },
    });
  });

  test("a token that cannot be decrypted", () => {
    expect(answerFor(new DecryptionFailed(), endpoints.createProfileEncrypted)).toEqual({
      status: 422,
      body: { error: "unprocessable_entity", reason: "DECRYPTION_FAILED" },
    });
  });

  test("an endpoint's own 500, whatever the fault", () => {
    for (const error of [new Transient("x", 503, body), new AuthError("x", 403, body), new TypeError("x")]) {
      expect(answerFor(error, endpoints.fetchQueueMetrics)).toEqual({
        status: 500,
        body: { error: "Something went wrong" },
      });
      expect(answerFor(error, endpoints.cancelAppointment)).toEqual({
        status: 500,
        body: { message: "internal_errors", reason: "Internal Server Error" },
      });
      expect(answerFor(error, endpoints.cancelProfile)).toEqual(internal);
    }
  });

  test("cancel and purge pass the gateway's own fault on, since it names the profile", () => {
    const ids = { reference_id: "r", profile_id: "p" };
    const fault = refusals.internalAction(ids, "completed");
    expect(answerFor(new Transient("x", 500, fault.body), endpoints.cancelProfile)).toEqual(fault);
    const success = { ...ids, code: "SUCCESSFUL", message: "m", status: "purged" };
    expect(answerFor(new Transient("x", 500, success), endpoints.cancelProfile)).toEqual(internal);
  });

  test("a 500 says nothing, and its log names the fault only", async () => {
    const lines = vi.spyOn(console, "error").mockImplementation(() => {});
    const failing = serving(endpoints.fetchProfile, async () => {
      throw new RangeError("very-secret");
    });
    expect(await failing(id)).toMatchObject(internal);
    const logged = JSON.stringify(lines.mock.calls);
    expect(logged).toContain("RangeError");
    expect(logged).not.toContain("very-secret");
  });
});

test("answers have the application's headers", async () => {
  expect((await serving(endpoints.fetchProfile)(id)).headers).toEqual({
    "content-type": "application/json; charset=utf-8",
    "cache-control": "max-age=0, private, must-revalidate",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
  });
});

describe("what Lambda sends in one piece", () => {
  const answering = (body: unknown) => serving(endpoints.fetchProfile, async () => ({ status: 200, body }));
  const gzip = { ...id, headers: { ...ours, "accept-encoding": "gzip, deflate" } };
  const sizeOf = (result: object) => Buffer.byteLength(JSON.stringify(result));
  /** As JSON half of the limit; as JSON in JSON all of it, and the rest of the result on top. */
  const quotes = '"'.repeat(MAX_RESULT_BYTES / 4);

  test("is answered as it is up to the last byte", async () => {
    const rest = MAX_RESULT_BYTES - sizeOf(await answering("").resultOf(gzip));
    const largest = await answering("x".repeat(rest)).resultOf(gzip);
    expect(sizeOf(largest)).toBe(MAX_RESULT_BYTES);
    expect(largest).toMatchObject({ statusCode: 200, body: `"${"x".repeat(rest)}"` });
    const larger = await answering("x".repeat(rest + 1)).resultOf(gzip);
    expect(larger).toMatchObject({ statusCode: 200, isBase64Encoded: true });
  });

  test("is compressed beyond that for those who take it, in the same words", async () => {
    const ask = answering(quotes);
    const { statusCode, headers, body, isBase64Encoded } = await ask.resultOf(gzip);
    expect({ statusCode, isBase64Encoded }).toEqual({ statusCode: 200, isBase64Encoded: true });
    expect(headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "content-encoding": "gzip",
      vary: "accept-encoding",
    });
    expect(gunzipSync(Buffer.from(body ?? "", "base64")).toString()).toBe(JSON.stringify(quotes));
    expect(ask.metrics.emitted).toEqual([]);
  });

  const random = randomBytes(MAX_RESULT_BYTES).toString("base64");
  test.each<[string, unknown, object]>([
    ["from those who do not take it compressed", quotes, id],
    ["where compressing does not help", random, gzip],
  ])("is all that is answered: a fault that is told %s", async (_where, body, event) => {
    const lines = vi.spyOn(console, "error").mockImplementation(() => {});
    const ask = answering(body);
    expect(await ask(event)).toMatchObject(internal);
    expect(ask.metrics.emitted).toMatchObject([{ name: "RequestFailed" }]);
    expect(JSON.stringify(lines.mock.calls)).toContain("AnswerTooLarge");
  });

  test("bounds the gateway's refusals as well", async () => {
    const refusing = serving(endpoints.fetchProfile, async () => {
      throw new BadRequest("x", 400, { reason: quotes });
    });
    expect(await refusing(id)).toMatchObject(internal);
    expect(refusing.metrics.emitted).toMatchObject([{ name: "RequestFailed" }]);
  });
});

test("an endpoint with a second method has two routes", () => {
  expect(routesOf({ serves: endpoints.cancelProfile })).toEqual([
    { method: "PUT", path: "/profiles/{id}/cancel" },
    { method: "POST", path: "/profiles/{id}/cancel" },
  ]);
});
