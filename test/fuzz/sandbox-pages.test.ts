import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { askForCall, freeSlots, joinCall } from "../../functions/sandbox/calls.ts";
import type { HttpAnswer } from "../../functions/sandbox/http.ts";
import { deskActs } from "../../functions/sandbox/pages/desk-acts.ts";
import { document as card, selfie, video } from "../functions/sandbox/pages/visitor.ts";
import { ACCOUNT } from "../functions/sandbox/virtual-sandbox.ts";
import { CloudInMemory, keyOf } from "./cloud-in-memory.ts";
import { type Field, fields, markup, multipart, type Posted, sentAs, shown, urlencoded } from "./forms.ts";
import { id, MARKER, text } from "./hostile.ts";
import { hold, timeout } from "./runs.ts";
import { expectNoTrace, expectUnchanged } from "./unharmed.ts";

const cloud = await CloudInMemory.withSubjects();
const { virtual, subjects, stranger } = cloud;
const { sandbox } = virtual;

const get = (path: string, query = "", cookie?: string): Promise<HttpAnswer> =>
  cloud.askSandbox({
    method: "GET",
    rawPath: path,
    rawQueryString: query,
    headers: cookie === undefined ? {} : { cookie },
  });
const post = (
  path: string,
  query: string,
  { contentType, bytes }: Posted,
  cookie?: string,
): Promise<HttpAnswer> =>
  cloud.askSandbox({
    method: "POST",
    rawPath: path,
    rawQueryString: query,
    headers: { "content-type": contentType, ...(cookie !== undefined && { cookie }) },
    body: bytes.toString("base64"),
    isBase64Encoded: true,
  });

// One customer waits for a call, one has a slot, and one is in a call.
const reviewer = "reviewer@example.com";
const { profile_id: talking } = await virtual.create("by-hand", {}, "sync");
for (const profileId of [talking, subjects.capture_pending.profile_id]) await askForCall(sandbox, profileId);
await joinCall(sandbox, talking, reviewer);

const profileIds = [...Object.values(subjects).map(({ profile_id }) => profile_id), talking];
const tokens = profileIds.map((profileId) => virtual.store.profiles.get(profileId)?.link?.token ?? "");
const linkOf = (profileId: string): string => `t=${tokens[profileIds.indexOf(profileId)]}`;
const slots = (await freeSlots(sandbox, subjects.booked.profile_id)).map(({ start_time }) => start_time);

const signIn = [
  { name: "account", value: ACCOUNT },
  { name: "key", value: keyOf(ACCOUNT) },
  { name: "reviewer", value: reviewer },
];
const session =
  ((await post("/desk/sign-in", "", urlencoded(signIn))).cookies?.[0] ?? "").split(";")[0] ?? "";
const csrf = /name="csrf" value="([^"]+)"/.exec((await get("/desk", "", session)).body)?.[1] ?? "";

virtual.queue.length = 0;
const before = cloud.kept();

/** What pages answer, faults left out. */
const statuses = [200, 303, 400, 403, 404, 409, 410, 413, 422];

/** Asks for a page, and expects of the answer all that may be expected of any. */
async function expectPage(asking: () => Promise<HttpAnswer>, mayChange = true): Promise<HttpAnswer> {
  try {
    const answer = await asking();
    const { status, headers, body, cookies = [] } = answer;
    if (!statuses.includes(status)) expect(answer, "a status that no page has").toBeNull();
    for (const header of [...Object.values(headers), ...cookies]) expect(header).not.toMatch(/[\r\n\0]/);
    const said = JSON.stringify(headers) + cookies.join() + body;
    if (said.includes(MARKER)) expect(said).not.toContain(MARKER);
    if (markup.test(body)) expect(body).not.toMatch(markup);
    if (status !== 303 || !mayChange) expectUnchanged(cloud, before);
    expectNoTrace(cloud);
    return answer;
  } finally {
    cloud.restore(before);
  }
}

const oneOf = (...values: string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: text });
const oneOfOrShown = (...values: string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...values) }, { weight: 2, arbitrary: shown });

const png = "\x89PNG\r\n\x1a\n and more";
const film = "\0\0\0\x18ftypisom and more";
const picked: fc.Arbitrary<Field> = fc
  .tuple(oneOf(png, film, ""), text)
  .map(([value, filename]) => ({ name: "file", value, filename }));

const capture = fc
  .tuple(
    fields({
      act: oneOf("upload", "sample", "finish", "leave", "call", "book", "hang-up", "__proto__", "toString"),
      item: oneOf(selfie, card, video, "exterior1.nil.nil.1.nil"),
      slot: oneOf(...slots, "2026-01-05T09:15:00.000Z"),
    }),
    fc.option(picked, { nil: undefined }),
  )
  .map(([some, file]) => (file ? [...some, file] : some));

const desk = fields({
  csrf: fc.oneof({ weight: 20, arbitrary: fc.constant(csrf) }, { weight: 1, arbitrary: text }),
  act: oneOf(...Object.keys(deskActs), "__proto__", "toString"),
  "reject-reason": oneOfOrShown("Unlike the picture", ""),
  resource: oneOf(selfie, video, ""),
  task: oneOf("fiv_check", "self_video.capture_and_verify"),
  reason: oneOf("Incorrect selfie", "Other"),
  comments: oneOfOrShown("", "Dark."),
  remark: oneOfOrShown("", "Held."),
});

const cookies = fc.oneof(
  { weight: 12, arbitrary: fc.constant(session) },
  { weight: 1, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: text.map((value) => `desk=${value}`) },
  { weight: 1, arbitrary: text },
);

describe("a form", () => {
  test("of the capture page is taken, or refused and changes nothing", { timeout }, async () => {
    const link = fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...tokens) },
      { weight: 1, arbitrary: text },
    );
    await hold(
      fc.asyncProperty(link, sentAs(capture), async (t, form) => {
        await expectPage(() => post("/captures", new URLSearchParams({ t }).toString(), form));
      }),
    );
  });

  test("of the sign-in page opens the desk to nobody without a key", { timeout }, async () => {
    const entered = fields({ account: oneOfOrShown(ACCOUNT), key: text, reviewer: oneOfOrShown(reviewer) });
    await hold(
      fc.asyncProperty(sentAs(entered), async (form) => {
        const { cookies: given = [] } = await expectPage(() => post("/desk/sign-in", "", form), false);
        expect(given).toEqual([]);
      }),
    );
  });

  test("of a profile's page at the desk is taken, or refused and changes nothing", { timeout }, async () => {
    const profile = id([...profileIds, stranger.profile_id]);
    await hold(
      fc.asyncProperty(profile, cookies, sentAs(desk), async (one, cookie, form) => {
        await expectPage(() => post(`/desk/profiles/${one}`, "", form, cookie), cookie === session);
      }),
    );
  });

  test("that is right is taken", async () => {
    const statusOf = async (path: string, query: string, all: Field[], coding = urlencoded) =>
      (await expectPage(() => post(path, query, coding(all), session))).status;
    const [waiting, reviewed] = [subjects.capture_pending.profile_id, subjects.review_required.profile_id];
    const named = (values: Record<string, string>) =>
      Object.entries(values).map(([name, value]) => ({ name, value }));
    const file = { name: "file", value: png, filename: "me.png" };
    const upload = [...named({ act: "upload", item: selfie }), file];
    expect(await statusOf("/captures", linkOf(waiting), upload, multipart)).toBe(303);
    expect(await statusOf("/captures", linkOf(waiting), named({ act: "hang-up" }))).toBe(303);
    expect(await statusOf("/captures", linkOf(waiting), named({ act: "book", slot: slots[1] ?? "" }))).toBe(
      303,
    );
    const decisions: Record<string, string>[] = [
      { act: "approve" },
      { act: "reject", "reject-reason": "Unlike the picture" },
      { act: "recapture", resource: selfie, reason: "Incorrect selfie" },
    ];
    for (const values of decisions)
      expect(await statusOf(`/desk/profiles/${reviewed}`, "", named({ csrf, ...values }))).toBe(303);
    for (const act of ["end-verified", "drop"])
      expect(await statusOf(`/desk/profiles/${talking}`, "", named({ csrf, act }))).toBe(303);
    expect(await statusOf("/desk/sign-in", "", signIn)).toBe(303);
  });
});

test("a page is shown, or refused, whatever its address and its cookie", { timeout }, async () => {
  const path = fc.oneof(
    fc.constantFrom("/captures", "/desk", "/desk/", "/desk/sign-in", "/desk/sign-out"),
    id(profileIds).map((one) => `/desk/profiles/${one}`),
    fc
      .tuple(id(profileIds), oneOf("selfie.png", "agent.png"))
      .map(([one, name]) => `/artifacts/${one}/${name}`),
  );
  const query = fc
    .dictionary(
      fc.oneof(fc.constantFrom("t", "note", "expires", "key", "__proto__"), text),
      oneOf(...tokens, "captured", "approve", "toString", "9999999999999", ""),
      { maxKeys: 3 },
    )
    .map((entries) => new URLSearchParams(entries).toString());
  await hold(
    fc.asyncProperty(path, query, cookies, async (at, asked, cookie) => {
      // With a slash too many it is no page, and the API asks for credentials.
      if (!/^\/(captures$|desk($|\/)|artifacts\/[^/]+\/[^/]+$)/.test(at)) return;
      await expectPage(() => get(at, asked, cookie));
    }),
  );
});
