import { createHmac } from "node:crypto";
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
  async function delivered() {
    const world = new VirtualSandbox();
    const profileId = await world.inStatus("completed");
    const { images } = (await world.http("GET", `/profiles/${profileId}`)).body.resources;
    const [url, other]: string[] = images.map(({ value }: { value: string }) => value);
    if (!url || !other) throw new Error("two images were captured");
    return { world, profileId, url, other };
  }

  test("open for half an hour, and not after a purge", async () => {
    const { world, profileId, url } = await delivered();
    expect(await anonymous(world, url)).toMatchObject({
      status: 200,
      headers: { "content-type": "image/png" },
    });
    expect((await anonymous(world, url.replace(profileId, "unknown"))).status).toBe(404);
    await world.pass(30 * 60 + 1);
    expect((await anonymous(world, url)).status).toBe(403);
    await world.http("POST", `/profiles/${profileId}/purge`);
    expect((await anonymous(world, url)).status).toBe(404);
  });

  test("say nothing of the key that theirs are made with", async () => {
    const { world, profileId, url } = await delivered();
    expect(url).not.toContain(world.store.profiles.get(profileId)?.artifact_key);
  });

  const expires = (url: string) => Number(new URL(url).searchParams.get("expires"));
  test.each<[string, (url: string) => string]>([
    ["a key that was shortened", (url) => url.slice(0, -1)],
    ["no key", (url) => url.replace(/&key=.*/, "")],
    ["a later end", (url) => url.replace(/expires=\d+/, `expires=${expires(url) + 1}`)],
    ["no end", (url) => url.replace(/expires=\d+/, "expires=Infinity")],
    ["its end written otherwise", (url) => url.replace("expires=", "expires=0")],
    ["its end left out", (url) => url.replace(/expires=\d+/, "")],
  ])("do not open with %s", async (_what, altered) => {
    const { world, url } = await delivered();
    expect((await anonymous(world, altered(url))).status).toBe(403);
  });

  test.each([
    [200, "9999999999999"],
    [403, "Infinity"],
    [403, "1e15"],
    [403, "0x9fffffffffff"],
    [403, "9999999999999.5"],
    [403, " 9999999999999"],
    [403, "0"],
  ])("answer %i to the end %j, rightly signed", async (status, end) => {
    const { world, profileId, url } = await delivered();
    const { pathname } = new URL(url);
    const secret = world.store.profiles.get(profileId)?.artifact_key ?? "";
    const name = pathname.slice(pathname.lastIndexOf("/") + 1);
    const key = createHmac("sha256", secret).update(`${end} ${name}`).digest("base64url");
    const query = new URLSearchParams({ expires: end, key });
    expect((await anonymous(world, `https://sandbox.example.com${pathname}?${query}`)).status).toBe(status);
  });

  test("open no other artifact of the profile", async () => {
    const { world, url, other } = await delivered();
    const { pathname } = new URL(other);
    expect((await anonymous(world, other)).status).toBe(200);
    expect((await anonymous(world, url.replace(new URL(url).pathname, pathname))).status).toBe(403);
  });
});
