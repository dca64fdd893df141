import { describe, expect, test } from "vitest";
import { type ProfileStatus, profileStatuses } from "../../../shared/profile/status.ts";
import { VirtualSandbox } from "./virtual-sandbox.ts";

const anonymous = (world: VirtualSandbox, url: string) =>
  world.http("GET", new URL(url).pathname + new URL(url).search, undefined, null);

describe("the capture link", () => {
  const pages: Partial<Record<ProfileStatus, number>> = { capture_pending: 200, recapture_pending: 200 };
  const withLink = profileStatuses.filter((status) => status !== "pending" && status !== "purged");
  test.each(withLink)("opens for the customer as it should in %s", async (status) => {
    const world = new VirtualSandbox();
    const profileId = await world.inStatus(status);
    const { capture_link } = (await world.http("GET", `/profiles/${profileId}/capture`)).body;
    const page = await anonymous(world, capture_link);
    expect(page.status).toBe(pages[status] ?? 410);
    expect(page.headers).toMatchObject({ "cache-control": "no-store", "referrer-policy": "no-referrer" });
  });

  test("is closed after a purge", async () => {
    const world = new VirtualSandbox();
    const profileId = await world.inStatus("completed");
    const { capture_link } = (await world.http("GET", `/profiles/${profileId}/capture`)).body;
    await world.http("POST", `/profiles/${profileId}/purge`);
    expect((await anonymous(world, capture_link)).status).toBe(410);
  });

  test.each(["/captures", "/captures?t=", "/captures?t=unknown"])(
    "is unknown otherwise: %s",
    async (path) => {
      const world = new VirtualSandbox();
      expect((await world.http("GET", path, undefined, null)).status).toBe(404);
    },
  );
});

describe("artifact URLs", () => {
  test("open for half an hour, and not after a purge", async () => {
    const world = new VirtualSandbox();
    const profileId = await world.inStatus("completed");
    const { resources } = (await world.http("GET", `/profiles/${profileId}`)).body;
    const url: string = resources.images[0].value;
    expect(await anonymous(world, url)).toMatchObject({
      status: 200,
      headers: { "content-type": "image/png" },
    });
    expect((await anonymous(world, url.replace(/key=./, "key=_"))).status).toBe(403);
    expect((await anonymous(world, url.replace(profileId, "unknown"))).status).toBe(404);
    await world.pass(30 * 60 + 1);
    expect((await anonymous(world, url)).status).toBe(403);
    await world.http("POST", `/profiles/${profileId}/purge`);
    expect((await anonymous(world, url)).status).toBe(404);
  });
});
