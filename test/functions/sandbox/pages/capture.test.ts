import { describe, expect, test } from "vitest";
import { captureItems } from "../../../../functions/sandbox/captures.ts";
import { fullProfileSchema, type Resource } from "../../../../shared/gateway/profile.ts";
import { selfieRecapture, VirtualSandbox } from "../virtual-sandbox.ts";
import { byHand, document, fileOf, linkOf, sampleAll, selfie, Visitor, video } from "./visitor.ts";

const itemsOn = (body: string) =>
  [...body.matchAll(/<section class="card" id="([^"]+)"/g)].map(([, id]) => id);

async function customer(more: Record<string, unknown> = {}) {
  const world = new VirtualSandbox();
  await world.listen("W1");
  const made = await byHand(world, more);
  return { world, visitor: new Visitor(world), ...made };
}

/** The profile of somebody who captured samples and was sent back. */
async function sentBack(configuration: object = selfieRecapture.recapture_configuration) {
  const started = await customer();
  await sampleAll(started.visitor, started.link);
  await started.visitor.post(started.link, { act: "finish" });
  await started.world.pass(2);
  const submit = { ...selfieRecapture, recapture_configuration: configuration };
  const answer = await started.world.http("POST", `/profiles/${started.profile_id}/recapture/submit`, submit);
  expect(answer.status).toBe(200);
  return started;
}

describe("the capture page", () => {
  test("asks for a selfie, a document and a video, by camera or by file", async () => {
    const { visitor, link } = await customer();
    const page = await visitor.get(link);
    expect(page.status).toBe(200);
    expect(itemsOn(page.body)).toEqual([selfie, document, video]);
    expect(page.body).toContain("0 of 3 captured");
    expect(page.body).toMatch(/accept="image\/png,image\/jpeg,image\/webp" capture="user"/);
    expect(page.body).toMatch(/capture="environment"/);
    expect(page.body).toMatch(/accept="video\/mp4,video\/webm"/);
  });

  test("lets nothing run, frame or leave", async () => {
    const { visitor, link } = await customer();
    const { headers, body } = await visitor.get(link);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    expect(headers["content-security-policy"]).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(body).not.toMatch(/<script|<link|@import|url\(|style="| on\w+="/);
  });

  test("needs no session: a form only counts with the link's token", async () => {
    const { visitor, world, profile_id } = await customer();
    expect((await visitor.post("/captures?t=unknown", { act: "sample", item: selfie })).status).toBe(404);
    expect((await visitor.post("/captures", { act: "leave" })).status).toBe(404);
    expect(world.store.profiles.get(profile_id)?.captured).toBeUndefined();
  });

  test("refuses the form of another site", async () => {
    const { visitor, link } = await customer();
    for (const site of ["cross-site", "same-site"]) {
      visitor.site = site;
      expect((await visitor.post(link, { act: "leave" })).status).toBe(403);
    }
  });

  test("notes a sample and sends back to itself by a relative address", async () => {
    const { visitor, link } = await customer();
    const answer = await visitor.post(link, { act: "sample", item: selfie });
    expect(answer).toMatchObject({ status: 303, location: `${link}&note=captured#${selfie}` });
    expect(answer.headers["location"]).toMatch(/^captures\?/);
    const page = await visitor.get(answer.location);
    expect(page.body).toContain("1 of 3 captured");
    expect(page.body).toMatch(/<img class="preview" src="artifacts\//);
  });

  test("says nothing that only the address says", async () => {
    const { visitor, link } = await customer();
    const { body } = await visitor.get(`${link}&note=<b>hello</b>`);
    expect(body).not.toContain("hello");
  });

  test("opens a profile that is scripted as well, and whoever is first finishes it", async () => {
    const world = new VirtualSandbox();
    await world.listen();
    const { profile_id } = await world.create("review-approve");
    await world.pass(1);
    const visitor = new Visitor(world);
    const link = await linkOf(world, profile_id);
    expect((await visitor.get(link)).body).toContain("A scripted customer");
    await sampleAll(visitor, link);
    expect((await visitor.post(link, { act: "finish" })).status).toBe(303);
    await world.pass(20);
    expect(world.webhooks(profile_id)).toEqual([
      "created capture_pending",
      "session complete",
      "status in_progress",
      "status review_required",
    ]);
  });

  test("lets the script finish what a person only began", async () => {
    const world = new VirtualSandbox();
    const { profile_id } = await world.create("straight-through");
    await world.pass(1);
    const visitor = new Visitor(world);
    await visitor.post(await linkOf(world, profile_id), {
      act: "upload",
      item: selfie,
      file: fileOf("image/jpeg"),
    });
    await world.pass(10);
    const { status, resources } = (await world.http("GET", `/profiles/${profile_id}`)).body;
    expect(status).toBe("completed");
    const values = resources.images.map(({ value }: Resource) => value);
    expect(values).toEqual([expect.stringMatching(/\/token-/), expect.stringMatching(/ind_pan-front\.png/)]);
  });
});

describe("an upload", () => {
  const upload = async (item: string, file: Blob | null) => {
    const started = await customer();
    const answer = await started.visitor.post(started.link, {
      act: "upload",
      item,
      file: file ?? new Blob([]),
    });
    return { ...started, answer };
  };

  test.each([
    [selfie, "image/png"],
    [document, "image/jpeg"],
    [document, "image/webp"],
    [video, "video/mp4"],
    [video, "video/webm"],
  ] as const)("of %s as %s is taken, and shown as what it is", async (item, type) => {
    const { world, answer, visitor, link, profile_id } = await upload(item, fileOf(type));
    expect(answer.status).toBe(303);
    await sampleAll(
      visitor,
      link,
      [selfie, document, video].filter((other) => other !== item),
    );
    await visitor.post(link, { act: "finish" });
    const { body } = await world.http("GET", `/profiles/${profile_id}`);
    expect(fullProfileSchema.parse(body)).toEqual(body);
    const found = [...body.resources.images, ...body.resources.videos].filter(
      ({ ref_id }: Resource) => ref_id === item,
    );
    expect(found).toMatchObject([{ source: 1 }]);
    const { pathname, search } = new URL(found[0].value);
    const shown = await visitor.get(pathname + search);
    expect(shown).toMatchObject({
      status: 200,
      headers: {
        "content-type": type,
        "x-content-type-options": "nosniff",
        "content-security-policy": expect.stringContaining("sandbox"),
      },
    });
    expect(shown.bytes).toEqual(Buffer.from(await fileOf(type).arrayBuffer()));
  });

  test.each([
    ["no file", null, 422, "Selfie: choose a file first"],
    ["more than 4 MB", fileOf("image/png", 4 * 1024 * 1024), 413, "Selfie: the file is too large"],
    ["a video", fileOf("video/mp4"), 422, "Selfie: this is not a PNG, JPEG or WebP image"],
    ["a picture that is no picture", fileOf("image/svg+xml"), 422, "Selfie: this is not"],
    ["a picture of a kind that is not taken", fileOf("image/heic"), 422, "Selfie: this is not"],
  ])("of %s is refused by name", async (_what, file, status, text) => {
    const { world, answer } = await upload(selfie, file);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(text);
    expect(answer.body).toContain("0 of 3 captured");
    expect(world.store.uploads.size).toBe(0);
  });

  test("of a picture in place of the video is refused by name", async () => {
    const { answer } = await upload(video, fileOf("image/heic"));
    expect(answer).toMatchObject({ status: 422 });
    expect(answer.body).toContain("Short video of yourself: this is not an MP4 or WebM video");
  });

  test.each(["exterior1.nil.nil.1.nil", "constructor", ""])(
    "of what is not asked for is refused: %s",
    async (item) => {
      expect((await upload(item, fileOf("image/png"))).answer.status).toBe(422);
    },
  );

  test.each([
    ["is no form", "application/json", "{}"],
    ["is broken", "multipart/form-data; boundary=x", "--y\r\nnothing"],
    ["has no boundary", "multipart/form-data", "x"],
  ])("that %s is refused", async (_what, type, body) => {
    const { visitor, link } = await customer();
    const answer = await visitor.ask("POST", link, new Response(body, { headers: { "content-type": type } }));
    expect(answer.status).toBe(400);
  });

  test("replaces the one before it, whose bytes are erased", async () => {
    const { world, visitor, link } = await upload(selfie, fileOf("image/png"));
    const [before] = world.store.uploads.keys();
    await visitor.post(link, { act: "upload", item: selfie, file: fileOf("image/jpeg") });
    expect([...world.store.uploads.keys()]).not.toContain(before);
    expect(world.store.uploads.size).toBe(1);
    await visitor.post(link, { act: "sample", item: selfie });
    expect(world.store.uploads.size).toBe(0);
  });

  test("that arrives after the link closed leaves nothing behind", async () => {
    const { world, visitor, link, profile_id } = await customer();
    const save = world.store.saveUpload.bind(world.store);
    world.store.saveUpload = async (...upload) => {
      await world.http("PUT", `/profiles/${profile_id}/cancel`);
      await save(...upload);
    };
    const late = await visitor.post(link, { act: "upload", item: selfie, file: fileOf("image/png") });
    expect(late.status).toBe(410);
    expect(world.store.uploads.size).toBe(0);
  });
});

describe("finishing", () => {
  test("is refused while an item is missing, which is named", async () => {
    const { world, visitor, link, profile_id } = await customer();
    await sampleAll(visitor, link, [selfie]);
    const answer = await visitor.post(link, { act: "finish" });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatch(
      /You cannot finish yet.*<li><a href="#nil\.ind_pan\.nil\.1\.front">Front of your document<\/a><\/li><li>.*Short video of yourself/s,
    );
    expect(await world.status(profile_id)).toBe("capture_pending");
  });

  test("hands everything in, after which the link is closed", async () => {
    const { world, visitor, link, profile_id } = await customer();
    await sampleAll(visitor, link);
    const answer = await visitor.post(link, { act: "finish" });
    expect(answer).toMatchObject({ status: 303, location: `${link}&note=finished` });
    const after = await visitor.get(answer.location);
    expect(after.status).toBe(410);
    expect(after.body).toContain("Thank you");
    await world.pass(2);
    expect(world.webhooks(profile_id)).toEqual([
      "created capture_pending",
      "session complete",
      "status in_progress",
      "status review_required",
    ]);
    expect((await visitor.post(link, { act: "finish" })).status).toBe(410);
  });

  test("twice at once counts once", async () => {
    const { world, visitor, link, profile_id } = await customer();
    await sampleAll(visitor, link);
    await Promise.all([visitor.post(link, { act: "finish" }), visitor.post(link, { act: "finish" })]);
    await world.pass(2);
    expect(world.webhooks(profile_id).filter((one) => one === "session complete")).toHaveLength(1);
  });
});

describe("leaving", () => {
  test("is told with what is still missing, and the captures are kept", async () => {
    const { world, visitor, link, profile_id } = await customer();
    await sampleAll(visitor, link, [selfie]);
    const answer = await visitor.post(link, { act: "leave" });
    expect((await visitor.get(answer.location)).body).toContain("1 of 3 captured");
    await world.pass(1);
    expect(world.posted.at(-1)?.body).toMatchObject({
      profile_id,
      session_status: "incomplete",
      reason: "customer_drop",
      pending_resources: { images: [document], text: [], videos: [video] },
    });
  });

  const drops = (world: VirtualSandbox, profileId: string) =>
    world.webhooks(profileId).filter((one) => one === "session incomplete").length;

  test("again is told once, however often and however fast", async () => {
    const { world, visitor, link, profile_id } = await customer();
    const leave = () => visitor.post(link, { act: "leave" });
    await Promise.all([leave(), leave()]);
    expect(await leave()).toMatchObject({ status: 303, location: `${link}&note=left` });
    await world.pass(1);
    await leave();
    await world.pass(1);
    expect(drops(world, profile_id)).toBe(1);
  });

  test.each([
    ["something was captured", { act: "sample", item: selfie }],
    ["an agent was asked for", { act: "call" }],
  ])("after %s is told again", async (_what, fields) => {
    const { world, visitor, link, profile_id } = await customer();
    for (const posted of [{ act: "leave" }, fields, { act: "leave" }]) await visitor.post(link, posted);
    await world.pass(1);
    expect(drops(world, profile_id)).toBe(2);
  });

  test("in a recapture is told, though the first round was left as well", async () => {
    const { world, visitor, link, profile_id } = await customer();
    await visitor.post(link, { act: "leave" });
    await sampleAll(visitor, link);
    await visitor.post(link, { act: "finish" });
    await world.pass(2);
    await world.http("POST", `/profiles/${profile_id}/recapture/submit`, selfieRecapture);
    await visitor.post(link, { act: "leave" });
    await world.pass(1);
    expect(drops(world, profile_id)).toBe(2);
  });

  test("a queue that was waited in for too long is told once", async () => {
    const { world, visitor, link, profile_id } = await customer();
    await visitor.post(link, { act: "call" });
    await world.pass(3600);
    await visitor.post(link, { act: "leave" });
    await world.pass(1);
    expect(drops(world, profile_id)).toBe(1);
  });
});

describe("a recapture", () => {
  test("asks for what was sent back only, and says why", async () => {
    const { world, visitor, link, profile_id } = await sentBack();
    const page = await visitor.get(link);
    expect(itemsOn(page.body)).toEqual([selfie]);
    expect(page.body).toContain("Incorrect selfie");
    expect((await visitor.post(link, { act: "sample", item: document })).status).toBe(422);
    expect((await visitor.post(link, { act: "finish" })).status).toBe(422);
    await visitor.post(link, { act: "upload", item: selfie, file: fileOf("image/webp") });
    const before = (await world.http("GET", `/profiles/${profile_id}`)).body.resources.images[0].value;
    expect(before).toContain("/selfie.png");
    expect((await visitor.post(link, { act: "finish" })).status).toBe(303);
    const after = (await world.http("GET", `/profiles/${profile_id}`)).body.resources.images;
    expect(after.map(({ ref_id }: Resource) => ref_id)).toEqual([selfie, document]);
    expect(after[0].value).toContain("/token-");
  });

  test("of a task asks for what the task works on", async () => {
    const task = { task_key: "self_video.capture_and_verify", task_type: "self_video.capture_and_verify" };
    const { visitor, link } = await sentBack({ tasks: [task], resources: [] });
    expect(itemsOn((await visitor.get(link)).body)).toEqual([video]);
  });

  test("by the scripted checker asks for the selfie", async () => {
    const world = new VirtualSandbox();
    const { profile_id } = await world.create("recapture-by-checker");
    await world.pass(5);
    expect(await world.status(profile_id)).toBe("recapture_pending");
    const page = await new Visitor(world).get(await linkOf(world, profile_id));
    expect(itemsOn(page.body)).toEqual([selfie]);
  });

  test("knows everything that may be sent back", async () => {
    const world = new VirtualSandbox();
    const profileId = await world.inStatus("review_required");
    const { configuration } = (await world.http("GET", `/profiles/${profileId}/recapture/config`)).body;
    const offered = configuration.resources.map(({ ref_id }: { ref_id: string }) => ref_id);
    const asked = await sentBack({ tasks: [], resources: configuration.resources });
    const items = itemsOn((await asked.visitor.get(asked.link)).body);
    expect(new Set(items)).toEqual(new Set(offered));
    expect(captureItems.map(({ ref_id }) => ref_id)).toEqual(items);
    await sampleAll(asked.visitor, asked.link, offered);
    await asked.visitor.post(asked.link, { act: "finish" });
    const { images } = (await asked.world.http("GET", `/profiles/${asked.profile_id}`)).body.resources;
    expect(images.map(({ ref_id }: Resource) => ref_id)).toContain("exterior1.nil.nil.1.nil");
  });
});

describe("a video call", () => {
  test("is waited for, booked, and hung up", async () => {
    const { world, visitor, link, profile_id } = await customer();
    await visitor.post(link, { act: "call" });
    const waiting = (await visitor.get(link)).body;
    expect(waiting).toContain("You are waiting since");
    const [, slot = ""] = /<option value="([^"]+)"/.exec(waiting) ?? [];
    expect((await visitor.post(link, { act: "book", slot })).status).toBe(303);
    expect((await visitor.get(link)).body).toContain("Your call is booked for");
    expect((await visitor.post(link, { act: "book", slot: "2026-01-01T00:00:00.000Z" })).status).toBe(409);
    await visitor.post(link, { act: "call" });
    await visitor.post(link, { act: "hang-up" });
    await world.pass(1);
    expect(world.webhooks(profile_id).at(-1)).toBe("session incomplete");
    expect((await visitor.post(link, { act: "hang-up" })).status).toBe(409);
  });

  test("in progress is not finished from here", async () => {
    const { world, visitor, link, profile_id } = await customer();
    await sampleAll(visitor, link);
    await visitor.post(link, { act: "call" });
    const agent = new Visitor(world);
    await agent.signIn();
    await agent.press(`/desk/profiles/${profile_id}`, { act: "join" });
    const page = await visitor.get(link);
    expect(page.body).toContain("You are in a call");
    expect(page.body).not.toContain('value="finish"');
    const answer = await visitor.post(link, { act: "finish" });
    expect(answer).toMatchObject({ status: 422, body: expect.stringContaining("hang up first") });
  });
});

test("a purge erases what was uploaded, wherever it was on its way", async () => {
  const { world, visitor, link, profile_id } = await customer();
  await visitor.post(link, { act: "upload", item: selfie, file: fileOf("image/png") });
  await sampleAll(visitor, link, [document, video]);
  await visitor.post(link, { act: "finish" });
  await world.pass(2);
  await world.http("POST", `/profiles/${profile_id}/complete_profile`, { status: "approved" });
  const { value } = (await world.http("GET", `/profiles/${profile_id}`)).body.resources.images[0];
  const { pathname, search } = new URL(value);
  expect((await visitor.get(pathname + search)).status).toBe(200);
  expect(world.store.uploads.size).toBe(1);
  expect((await world.http("POST", `/profiles/${profile_id}/purge`)).status).toBe(200);
  expect(world.store.uploads.size).toBe(0);
  expect(world.store.profiles.get(profile_id)?.captured).toEqual([]);
  expect((await visitor.get(pathname + search)).status).toBe(404);
});

test("neither log nor queue says what was captured, or by which link", async () => {
  const { world, visitor, link } = await customer();
  await visitor.post(link, { act: "upload", item: selfie, file: fileOf("image/png") });
  expect(JSON.stringify(world.logged)).not.toMatch(/token-|nil\./);
});
