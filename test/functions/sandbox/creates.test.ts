import { describe, expect, test } from "vitest";
import { captureLinkSchema } from "../../../shared/gateway/profile.ts";
import { OTHER_ACCOUNT, VirtualSandbox } from "./virtual-sandbox.ts";

const minimal = { reference_id: "r-1", config: { id: "package-straight-through" } };

describe("creates", () => {
  test("a sync create answers with the link, in the captured key order", async () => {
    const world = new VirtualSandbox();
    const answer = await world.http("POST", "/sync/profiles", minimal);
    expect(answer.status).toBe(200);
    expect(JSON.stringify(answer.body)).toMatch(
      /^{"capture_expires_at":"2026-02-04T09:00:00\.000Z","capture_link":"https:\/\/sandbox\.example\.com\/captures\?t=[A-Za-z0-9_-]{12,}","profile_id":"[0-9a-f-]{36}"}$/,
    );
    expect(captureLinkSchema.parse(answer.body)).toEqual(answer.body);
    expect(await world.status(answer.body.profile_id)).toBe("capture_pending");
  });

  test("links without a lifetime have no expiry date", async () => {
    const world = new VirtualSandbox({ linkLifetimeSeconds: 0 });
    expect((await world.http("POST", "/sync/profiles", minimal)).body.capture_expires_at).toBeNull();
  });

  test("an unknown package is E-PKG, before the reference is looked at", async () => {
    const world = new VirtualSandbox();
    await world.http("POST", "/async/profiles", minimal);
    const answer = await world.http("POST", "/async/profiles", { ...minimal, config: { id: "unknown" } });
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body)).toBe(
      '{"details":{},"error":"unprocessable_entity","reason":"INVALID_PACKAGE_ID"}',
    );
    for (const id of ["constructor", "__proto__"])
      expect((await world.http("POST", "/async/profiles", { ...minimal, config: { id } })).status).toBe(422);
  });

  test("a sync create cannot use a package that never has a link", async () => {
    const world = new VirtualSandbox();
    const body = { ...minimal, config: { id: "package-no-capture" } };
    expect((await world.http("POST", "/sync/profiles", body)).body.reason).toBe("INVALID_PACKAGE_ID");
  });

  test("a reference is unique within its account", async () => {
    const world = new VirtualSandbox();
    expect((await world.http("POST", "/async/profiles", minimal)).status).toBe(202);
    expect(await world.http("POST", "/sync/profiles", minimal)).toMatchObject({
      status: 422,
      body: { details: {}, error: "unprocessable_entity", reason: "DUPLICATE_REFERENCE_ID" },
    });
    expect((await world.http("POST", "/async/profiles", minimal, OTHER_ACCOUNT)).status).toBe(202);
  });

  test("routing and groups that do not fit a record are too large", async () => {
    const world = new VirtualSandbox();
    const body = { ...minimal, group_id: "g".repeat(300_000) };
    expect((await world.http("POST", "/async/profiles", body)).status).toBe(413);
  });
});
