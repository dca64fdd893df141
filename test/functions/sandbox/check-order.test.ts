import { describe, expect, test } from "vitest";
import { VirtualSandbox } from "./virtual-sandbox.ts";

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
