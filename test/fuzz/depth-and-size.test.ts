import { describe, expect, test } from "vitest";
import { type Endpoint, endpoints } from "../../shared/gateway/endpoints.ts";
import { MAX_DEPTH } from "../../shared/gateway/json.ts";
import { webhookSlots } from "../../shared/store/secrets.ts";
import { selfieRecapture } from "../contract/requests.ts";
import { ACCOUNT } from "../functions/sandbox/virtual-sandbox.ts";
import { seal } from "../shared/gateway/seal.ts";
import { actions, CloudInMemory, keyOf } from "./cloud-in-memory.ts";
import { nested } from "./hostile.ts";
import { expectUnchanged } from "./unharmed.ts";

const cloud = await CloudInMemory.withSubjects();
const { subjects, virtual } = cloud;
const before = cloud.kept();

const request = { reference_id: "order-new", config: { id: "package-cancelled-by-caller" } };
const tooDeep = `body: nested deeper than ${MAX_DEPTH} levels`;
const refusedAs = ({ badBody }: Endpoint) => ({
  status: 400,
  body:
    badBody === "badRequest"
      ? { error: "bad_request", reason: tooDeep }
      : { message: "bad_request", reason: "Invalid request" },
});

const deeper = [MAX_DEPTH + 1, 6_000, 100_000];
/** Alone, in a field that nobody knows, and where a profile has what is its own. */
const bodies = (depth: number) => [
  nested(depth),
  nested(depth, ['{"tasks":[', "]}"]),
  JSON.stringify({ ...request, data: {}, more: "HERE" }).replace('"HERE"', nested(depth)),
  JSON.stringify({ status: "approved", status_description: "HERE" }).replace(
    '"HERE"',
    nested(depth, ['{"a":', "}"]),
  ),
];

const inReview = subjects.review_required.profile_id;
const askSandbox = async (method: string, path: string, body: string) => {
  const answer = await cloud.askSandbox({
    method,
    headers: { "api-key": keyOf(ACCOUNT), "account-id": ACCOUNT },
    rawPath: path,
    body,
  });
  return { status: answer.status, body: JSON.parse(answer.body) as unknown };
};

describe("a body that is nested too deeply", () => {
  const taking = [...actions].flatMap(([name, { serves }]) => (serves.body ? [{ name, serves }] : []));

  test.each(taking)("is refused by our API: $name", async ({ name, serves }) => {
    for (const body of deeper.flatMap(bodies)) {
      const event = { body, pathParameters: { id: inReview } };
      expect(await cloud.ask(name, event)).toMatchObject(refusedAs(serves));
      expectUnchanged(cloud, before);
    }
  });

  test.each(Object.entries(endpoints as Record<string, Endpoint>).filter(([, { body }]) => body))(
    "is refused by the sandbox: %s",
    async (_name, serves) => {
      const path = serves.path.replace("{id}", inReview);
      for (const body of deeper.flatMap(bodies)) {
        expect(await askSandbox(serves.method, path, body)).toEqual(refusedAs(serves));
        expectUnchanged(cloud, before);
      }
    },
  );

  test.each(["/sandbox/faults", "/sandbox/webhooks"])("is refused by %s", async (path) => {
    for (const body of deeper.flatMap(bodies))
      expect(await askSandbox("PUT", path, body)).toEqual({
        status: 400,
        body: { error: "bad_request", reason: tooDeep },
      });
    expectUnchanged(cloud, before);
  });

  test.each(webhookSlots)("is refused by ingestion in the slot %s", async (slot) => {
    for (const depth of deeper) {
      const body = JSON.stringify({ profile_id: inReview, tasks: "HERE" }).replace('"HERE"', nested(depth));
      expect(await cloud.ingest(slot, "token", Buffer.from(body))).toEqual({
        status: 400,
        body: { error: "bad_request", reason: tooDeep },
      });
    }
    expectUnchanged(cloud, before);
  });

  test("is refused by intake", async () => {
    for (const depth of deeper) {
      const more = nested(depth);
      const message = JSON.stringify({ account_id: ACCOUNT, request: { ...request, more: "HERE" } });
      await expect(cloud.take(message.replace('"HERE"', more))).rejects.toThrow(
        "nested deeper than 500 levels",
      );
    }
    expectUnchanged(cloud, before);
  });

  test("is refused where it was encrypted, by both", async () => {
    const [key] = virtual.contentKeys.get(ACCOUNT) ?? [];
    const header = { alg: "dir", enc: "A256GCM", kid: key?.kid };
    for (const depth of [MAX_DEPTH + 1, 100_000]) {
      const plaintext = `{"more":${nested(depth)}}`;
      const encrypted_data = seal(header, plaintext, Buffer.from(key?.cek ?? "", "base64"));
      const body = JSON.stringify({ ...request, encrypted_data });
      const refused = { status: 400, body: { error: "bad_request", reason: tooDeep } };
      expect(await cloud.ask("createProfileEncrypted", { body })).toMatchObject(refused);
      expect(await askSandbox("POST", "/enc/sync/profiles", body)).toEqual(refused);
    }
    expectUnchanged(cloud, before);
  });
});

test("what is nested as deeply as that and no deeper is taken", async () => {
  const body = JSON.stringify({ ...request, more: "HERE" }).replace('"HERE"', nested(MAX_DEPTH - 1));
  expect((await cloud.ask("createProfileSync", { body })).status).toBe(200);
  cloud.restore(before);
  expect((await askSandbox("POST", "/sync/profiles", body)).status).toBe(200);
  cloud.restore(before);
});

describe("what is larger than can be kept", () => {
  const large = "x".repeat(450_000);
  const tooLarge = {
    status: 413,
    body: { error: "payload_too_large", reason: "the body is larger than this endpoint accepts" },
  };

  test.each([
    ["a description", "completeProfile", { status: "rejected", status_description: { comments: large } }],
    [
      "a field of a description",
      "completeProfile",
      { status: "approved", status_description: { more: large } },
    ],
    [
      "comments on a recapture",
      "submitRecapture",
      { ...selfieRecapture, recapture_details: { ...selfieRecapture.recapture_details, comments: large } },
    ],
  ] as const)("is refused with 413 by both: %s", async (_what, name, body) => {
    const text = JSON.stringify(body);
    expect(await cloud.ask(name, { body: text, pathParameters: { id: inReview } })).toMatchObject(tooLarge);
    const path = endpoints[name].path.replace("{id}", inReview);
    expect(await askSandbox("POST", path, text)).toEqual(tooLarge);
    expectUnchanged(cloud, before);
  });

  test.each([
    ["a webhook's URL", "/sandbox/webhooks", { urls: { scheduling: `https://hooks.example.com/${large}` } }],
    ["statuses of faults", "/sandbox/faults", { api: { statuses: Array(100_000).fill(500) } }],
  ])("is refused with 400 by the sandbox: %s", async (_what, path, body) => {
    expect((await askSandbox("PUT", path, JSON.stringify(body))).status).toBe(400);
    expectUnchanged(cloud, before);
  });

  test("is refused with 400 by our API, as a config.id longer than any workflow's", async () => {
    for (const [name, { serves }] of actions) {
      if (!serves.body || serves.path.includes("id}") || name === "cancelAppointment") continue;
      const body = { ...request, config: { id: "x".repeat(129) }, encrypted_data: "x" };
      expect(await cloud.ask(name, { body: JSON.stringify(body) })).toMatchObject({
        status: 400,
        body: { error: "bad_request", reason: "config.id: must be at most 128 characters long" },
      });
      expectUnchanged(cloud, before);
    }
  });

  test("is nobody's: an id longer than a key of the table", async () => {
    for (const id of ["x".repeat(2_100), "é".repeat(1_100), "x".repeat(9_000)]) {
      expect((await cloud.ask("fetchOnboarding", { pathParameters: { reference_id: id } })).status).toBe(404);
      for (const query_type of ["profile_id", "reference_id"])
        for (const name of ["fetchProfile", "cancelProfile"]) {
          const event = { pathParameters: { id }, queryStringParameters: { query_type } };
          expect((await cloud.ask(name, event)).status).toBe(404);
        }
      const body = JSON.stringify({ reference_id: id });
      expect((await cloud.ask("cancelAppointment", { body })).status).toBe(404);
    }
    expectUnchanged(cloud, before);
  });
});
