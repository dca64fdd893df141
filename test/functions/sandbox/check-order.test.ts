import { describe, expect, test } from "vitest";
import { ACCOUNT, selfieRecapture, VirtualSandbox } from "./virtual-sandbox.ts";

const reasonOf = (answer: { body: { reason?: string } }) => answer.body.reason;

describe("the order of checks (contract §1.3)", () => {
  test("credentials win over everything", async () => {
    const world = new VirtualSandbox();
    const nobody = await world.http("POST", "/nope/%2F/x?query_type=z", "{", null);
    expect(nobody).toMatchObject({ status: 401, body: { message: "No API key found in request" } });
    world.sandbox.authenticate = async () => false;
    for (const [method, path] of [
      ["GET", "/nope"],
      ["POST", "/sync/profiles"],
      ["GET", "/profiles/x?query_type=z"],
      ["PUT", "/sandbox/faults"],
    ] as const)
      expect(await world.http(method, path, "{")).toMatchObject({
        status: 403,
        body: { message: "Invalid authentication credentials" },
      });
  });

  test("refusals of credentials come from the edge: they lack the application's headers", async () => {
    const world = new VirtualSandbox();
    const edge = await world.http("GET", "/profiles/x", undefined, null);
    expect(edge.headers).toEqual({ "content-type": "application/json; charset=utf-8" });
    const app = await world.http("GET", "/profiles/x");
    expect(app.headers).toEqual({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "max-age=0, private, must-revalidate",
      "strict-transport-security": "max-age=31536000; includeSubDomains",
      "x-content-type-options": "nosniff",
      "x-frame-options": "SAMEORIGIN",
      "x-xss-protection": "1; mode=block",
    });
  });

  test.each([
    ["GET", "/"],
    ["DELETE", "/profiles/x"],
    ["GET", "/sync/profiles"],
    ["PUT", "/profiles/x/purge"],
    ["GET", "/profiles/"],
    ["GET", "/profiles/x/other"],
    ["PUT", "/sandbox/other"],
    ["GET", "/v2/unknown"],
  ])("an unknown route is E-ROUTE whatever its body: %s %s", async (method, path) => {
    const world = new VirtualSandbox();
    expect(await world.http(method, path, "{")).toMatchObject({
      status: 404,
      body: { errors: { detail: "Not Found" } },
    });
  });

  test("JSON syntax comes before the look-up", async () => {
    const world = new VirtualSandbox();
    const answer = await world.http("POST", "/profiles/unknown/complete_profile", "{");
    expect(answer).toMatchObject({ status: 400, body: { errors: { detail: "Bad Request" } } });
  });

  test("query_type comes before the look-up, and only where it is read", async () => {
    const world = new VirtualSandbox();
    for (const [method, path] of [
      ["GET", "/profiles/unknown"],
      ["GET", "/profiles/unknown/capture"],
      ["PUT", "/profiles/unknown/cancel"],
    ] as const)
      expect(await world.http(method, `${path}?query_type=phone`)).toMatchObject({
        status: 400,
        body: { error: "bad_request" },
      });
    expect((await world.http("POST", "/profiles/unknown/purge?query_type=phone")).status).toBe(404);
  });

  test("the look-up comes before the body's fields", async () => {
    const world = new VirtualSandbox();
    expect((await world.http("POST", "/profiles/unknown/complete_profile", {})).status).toBe(404);
    expect((await world.http("POST", "/profiles/unknown/recapture/submit", {})).status).toBe(404);
  });

  test("the state comes before the body's fields", async () => {
    const world = new VirtualSandbox();
    const profileId = await world.inStatus("recapture_pending");
    const wrongState = "Profile in incorrect state recapture_pending";
    const at = `/profiles/${profileId}`;
    expect(reasonOf(await world.http("POST", `${at}/recapture/submit`, {}))).toBe(wrongState);
    expect(reasonOf(await world.http("POST", `${at}/complete_profile`, {}))).toBe(wrongState);
  });

  test("fields come before business rules", async () => {
    const world = new VirtualSandbox();
    const profileId = await world.inStatus("review_required");
    const body = { ...selfieRecapture, recapture_details: { code: "X" } };
    const answer = await world.http("POST", `/profiles/${profileId}/recapture/submit`, body);
    expect(answer.status).toBe(400);
    const create = { reference_id: 5, config: { id: "unknown" } };
    expect((await world.http("POST", "/async/profiles", create)).status).toBe(400);
  });

  test("a missing account-id is 403, a missing key 401", async () => {
    const { handle } = await import("../../../functions/sandbox/gateway.ts");
    const world = new VirtualSandbox();
    const request = {
      method: "GET",
      path: "/profiles/x",
      query: new URLSearchParams(),
      body: "",
      origin: "",
    };
    const ask = async (apiKey?: string, accountId?: string) =>
      (await handle(world.sandbox, { ...request, apiKey, accountId })).status;
    expect(await ask(`key of ${ACCOUNT}`)).toBe(403);
    expect(await ask(undefined, ACCOUNT)).toBe(401);
    expect(await ask("", ACCOUNT)).toBe(401);
    expect(await ask(`key of ${ACCOUNT}`, ACCOUNT)).toBe(404);
  });

  test("a fault of ours is E-500 and tells nothing", async () => {
    const world = new VirtualSandbox();
    world.store.read = async () => {
      throw new Error("secret detail");
    };
    expect(await world.http("GET", "/profiles/x")).toMatchObject({
      status: 500,
      body: { error: "internal_error", reason: "something_went_wrong" },
    });
    expect(JSON.stringify(world.logged)).not.toContain("secret detail");
  });
});
