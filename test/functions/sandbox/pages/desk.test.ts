import { describe, expect, test } from "vitest";
import { authenticateBy, hashOfKey } from "../../../../functions/sandbox/accounts.ts";
import { ACCOUNT, OTHER_ACCOUNT, VirtualSandbox } from "../virtual-sandbox.ts";
import { byHand, csrfIn, fileOf, sampleAll, selfie, Visitor } from "./visitor.ts";

async function reviewer(account = ACCOUNT) {
  const world = new VirtualSandbox();
  await world.listen("W1");
  const visitor = new Visitor(world);
  await visitor.signIn(account);
  return { world, visitor };
}

const at = (profileId: string) => `/desk/profiles/${profileId}`;

/** Lets the account have this api-key and no other, as setup's secret would. */
function giveKey({ sandbox }: VirtualSandbox, apiKey: string) {
  const accounts = [{ accountId: ACCOUNT, apiKeyHash: hashOfKey(apiKey), contentKeys: [] }];
  const secret = async () => ({ accounts });
  sandbox.authenticate = authenticateBy({ get: secret, refresh: secret });
}

async function upForReview() {
  const { world, visitor } = await reviewer();
  const profile_id = await world.inStatus("review_required");
  return { world, visitor, profile_id, page: at(profile_id) };
}

describe("signing in", () => {
  test("takes what the API takes, and keeps the session in a cookie that scripts and other sites do not get", async () => {
    const { world, visitor } = await reviewer();
    expect(visitor.cookies).toEqual([
      expect.stringMatching(/^desk=[\w-]{12,}; Max-Age=28800; HttpOnly; SameSite=Strict; Secure$/),
    ]);
    const page = await visitor.get("/desk");
    expect(page.status).toBe(200);
    expect(page.body).toContain("reviewer@example.com");
    expect(page.body).not.toContain(`key of ${ACCOUNT}`);
    expect(JSON.stringify(world.logged)).not.toMatch(/token-|key of|reviewer@/);
  });

  test.each([
    ["a wrong key", { account: ACCOUNT, key: "x", reviewer: "r@example.com" }, 403],
    ["no key", { account: ACCOUNT, reviewer: "r@example.com" }, 403],
    [
      "another account's key",
      { account: ACCOUNT, key: `key of ${OTHER_ACCOUNT}`, reviewer: "r@example.com" },
      403,
    ],
    ["no address", { account: ACCOUNT, key: `key of ${ACCOUNT}` }, 422],
  ])("with %s is refused, and the key is not shown again", async (_what, fields, status) => {
    const visitor = new Visitor(new VirtualSandbox());
    const answer = await visitor.post("/desk/sign-in", fields);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(`value="${ACCOUNT}"`);
    expect(answer.body).not.toContain("key of");
    expect(visitor.cookies).toEqual([]);
  });

  test("is where everybody goes who is not signed in", async () => {
    const world = new VirtualSandbox();
    const profile_id = await world.inStatus("review_required");
    const visitor = new Visitor(world);
    for (const path of ["/desk", at(profile_id), "/desk/anything/else"]) {
      expect(await visitor.get(path)).toMatchObject({ status: 303, location: "/desk/sign-in" });
      expect(await visitor.post(path, { act: "approve" })).toMatchObject({ status: 303 });
    }
    visitor.cookie = "desk=made-up";
    expect((await visitor.get("/desk")).status).toBe(303);
    expect(await world.status(profile_id)).toBe("review_required");
    expect((await visitor.get("/desk/sign-in")).status).toBe(200);
  });

  test("lasts for eight hours", async () => {
    const { world, visitor } = await reviewer();
    await world.pass(8 * 3600 - 1);
    expect((await visitor.get("/desk")).status).toBe(200);
    expect((await visitor.get("/desk/sign-in")).location).toBe("/desk");
    await world.pass(1);
    expect((await visitor.get("/desk")).location).toBe("/desk/sign-in");
  });

  test("ends with the api-key that began it", async () => {
    const { world, visitor, profile_id, page } = await upForReview();
    const csrf = csrfIn((await visitor.get(page)).body);
    giveKey(world, `key of ${ACCOUNT}`);
    expect((await visitor.get("/desk")).status).toBe(200);
    giveKey(world, "a new key");
    expect(await visitor.get("/desk")).toMatchObject({ status: 303, location: "/desk/sign-in" });
    expect((await visitor.post(page, { act: "approve", csrf })).location).toBe("/desk/sign-in");
    expect(world.store.profiles.get(profile_id)?.state.status).toBe("review_required");
    await visitor.post("/desk/sign-in", { account: ACCOUNT, key: "a new key", reviewer: "r@example.com" });
    expect((await visitor.get("/desk")).status).toBe(200);
  });

  test("keeps the api-key as a hash only, and a session without one is over", async () => {
    const { world, visitor } = await reviewer();
    giveKey(world, `key of ${ACCOUNT}`);
    const [[token, session] = []] = world.store.deskSessions;
    if (!token || !session) throw new Error("no session");
    expect(session).toMatchObject({ account_id: ACCOUNT, key_hash: hashOfKey(`key of ${ACCOUNT}`) });
    expect(JSON.stringify(session)).not.toContain("key of");
    const { key_hash: _, ...old } = session;
    world.store.deskSessions.set(token, old as typeof session);
    expect((await visitor.get("/desk")).location).toBe("/desk/sign-in");
  });

  test("ends with signing out, for every copy of the cookie", async () => {
    const { visitor } = await reviewer();
    const before = visitor.cookie;
    const csrf = csrfIn((await visitor.get("/desk")).body);
    expect((await visitor.post("/desk/sign-out", {})).status).toBe(403);
    const answer = await visitor.post("/desk/sign-out", { csrf });
    expect(answer).toMatchObject({ status: 303, location: "/desk/sign-in" });
    expect(visitor.cookies.at(-1)).toMatch(/^desk=; Max-Age=0;/);
    visitor.cookie = before;
    expect((await visitor.get("/desk")).status).toBe(303);
  });
});

describe("every form of the desk", () => {
  test.each([
    ["no token", {}],
    ["a made-up token", { csrf: "x" }],
  ])("with %s does nothing", async (_what, fields) => {
    const { world, visitor, profile_id, page } = await upForReview();
    expect((await visitor.post(page, { act: "approve", ...fields })).status).toBe(403);
    expect(await world.status(profile_id)).toBe("review_required");
  });

  test("with the token of another session does nothing", async () => {
    const { world, visitor, profile_id, page } = await upForReview();
    const other = new Visitor(world);
    await other.signIn();
    const csrf = csrfIn((await other.get("/desk")).body);
    expect((await visitor.post(page, { act: "approve", csrf })).status).toBe(403);
    expect(await world.status(profile_id)).toBe("review_required");
  });
});

describe("the queue", () => {
  test("has who needs a person: reviews, calls, then recaptures", async () => {
    const { world, visitor } = await reviewer();
    for (const status of ["pending", "capture_pending", "in_progress", "completed", "purged"] as const)
      await world.inStatus(status);
    const waiting = await byHand(world);
    await new Visitor(world).post(waiting.link, { act: "call" });
    const sentBack = await world.inStatus("recapture_pending");
    const review = await world.inStatus("review_required");
    const { body } = await visitor.get("/desk");
    const found = [...body.matchAll(/<a href="desk\/profiles\/([^"]+)"/g)].map(([, id]) => id);
    expect(found).toEqual([review, waiting.profile_id, sentBack]);
  });

  test("has the oldest first, and says how old", async () => {
    const { world, visitor } = await reviewer();
    const ids: string[] = [];
    for (const seconds of [2 * 86_400, 3 * 3600, 60, 0]) {
      ids.push(await world.inStatus("review_required"));
      await world.pass(seconds);
    }
    await visitor.signIn();
    const { body } = await visitor.get("/desk");
    const found = [...body.matchAll(/<a href="desk\/profiles\/([^"]+)"/g)].map(([, id]) => id);
    expect(found).toEqual(ids);
    const ages = [...body.matchAll(/Created <time [^>]+>([^<]+)</g)].map(([, age]) => age);
    expect(ages).toEqual(["2 days ago", "3 h ago", "1 min ago", "just now"]);
  });

  test("is empty for an account that nobody needs", async () => {
    const { visitor } = await reviewer(OTHER_ACCOUNT);
    expect((await visitor.get("/desk")).body).toContain("Nobody needs you right now");
  });

  test("does not show what is another account's", async () => {
    const { world, visitor } = await reviewer(OTHER_ACCOUNT);
    await world.inStatus("review_required");
    expect((await visitor.get("/desk")).body).toContain("Nobody needs you right now");
  });
});

describe("a profile at the desk", () => {
  const hostile = '<script>alert("1")</script>';

  test("is escaped, whatever the caller and the customer call themselves", async () => {
    const { world, visitor } = await reviewer();
    const { body } = await world.http("POST", "/sync/profiles", {
      reference_id: `"><img src=x onerror=1>${hostile}`,
      group_id: hostile,
      config: { id: "package-review-approve" },
      data: { name: { first_name: hostile }, addresses: [{ [hostile]: hostile }] },
      payload: { messages: [{ label: hostile, value: [hostile] }] },
    });
    await world.pass(4);
    for (const path of ["/desk", at(body.profile_id)]) {
      const shown = (await visitor.get(path)).body;
      expect(shown).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
      expect(shown).not.toMatch(/<script|<img src=x/);
    }
    const refused = await visitor.press(at(body.profile_id), {
      act: "recapture",
      comments: `</textarea>${hostile}`,
      reason: hostile,
    });
    expect(refused.body).toContain("&lt;/textarea&gt;&lt;script&gt;");
    expect(refused.body).not.toContain("<script");
  });

  test("shows who the reviewer says to be, escaped", async () => {
    const visitor = new Visitor(new VirtualSandbox());
    await visitor.signIn(ACCOUNT, "<b>@example.com");
    expect((await visitor.get("/desk")).body).toContain("&lt;b&gt;@example.com");
  });

  test("of another account is not there, for looks and for buttons", async () => {
    const { world, visitor } = await reviewer(OTHER_ACCOUNT);
    const profile_id = await world.inStatus("review_required");
    expect((await visitor.get(at(profile_id))).status).toBe(404);
    const csrf = csrfIn((await visitor.get("/desk")).body);
    expect((await visitor.post(at(profile_id), { act: "approve", csrf })).status).toBe(404);
    expect((await visitor.get(at("unknown"))).status).toBe(404);
    expect(await world.status(profile_id)).toBe("review_required");
  });

  test("has the customer's pictures, which open from the page", async () => {
    const { world, visitor } = await reviewer();
    const { profile_id, link } = await byHand(world, { data: { email_ids: ["a@customer.example.com"] } });
    const customer = new Visitor(world);
    await customer.post(link, { act: "upload", item: selfie, file: fileOf("image/jpeg") });
    expect((await visitor.get(at(profile_id))).body).toContain("Captured, not handed in yet");
    await sampleAll(customer, link, ["nil.ind_pan.nil.1.front", "nil.nil.self.1.nil"]);
    await customer.post(link, { act: "finish" });
    await world.pass(2);
    const { body } = await visitor.get(at(profile_id));
    const sources = [...body.matchAll(/<img src="([^"]+)"/g)].map(([, source = ""]) =>
      source.replaceAll("&amp;", "&"),
    );
    expect(sources).toHaveLength(3);
    for (const source of sources) {
      expect(source).toMatch(/^\.\.\/\.\.\/artifacts\//);
      expect((await visitor.get(source.replace("../..", ""))).status).toBe(200);
    }
    expect(body).toContain("a@customer.example.com");
    expect(body).toContain("fiv_check");
  });

  test("can be looked at in every status, with buttons only where they work", async () => {
    const { world, visitor } = await reviewer();
    for (const status of ["pending", "in_progress", "recapture_pending", "completed", "purged"] as const) {
      const page = await visitor.get(at(await world.inStatus(status)));
      expect(page.status).toBe(200);
      expect(page.body).not.toContain('value="approve"');
    }
  });

  test("is approved in the reviewer's name", async () => {
    const { world, visitor, profile_id, page } = await upForReview();
    const answer = await visitor.press(page, { act: "approve" });
    expect(answer).toMatchObject({ status: 303, location: `${page}?note=approve` });
    expect((await visitor.get(answer.location)).body).toContain("The profile is approved.");
    expect((await world.http("GET", `/profiles/${profile_id}`)).body).toMatchObject({
      status: "completed",
      reviewer_action: "approved",
      profile_data: {
        performed_by: [{ action: "review", email: "reviewer@example.com", account_id: ACCOUNT }],
      },
    });
  });

  test("is rejected with a reason only", async () => {
    const { world, visitor, profile_id, page } = await upForReview();
    expect((await visitor.press(page, { act: "reject", "reject-reason": " " })).status).toBe(422);
    expect((await visitor.press(page, { act: "reject", "reject-reason": "Forged" })).status).toBe(303);
    expect((await world.http("GET", `/profiles/${profile_id}`)).body).toMatchObject({
      reviewer_action: "rejected",
      status_detail: "Forged",
    });
  });

  test("that somebody else decided meanwhile is shown as it is now", async () => {
    const { world, visitor, profile_id, page } = await upForReview();
    const csrf = csrfIn((await visitor.get(page)).body);
    await world.http("POST", `/profiles/${profile_id}/complete_profile`, { status: "rejected" });
    const answer = await visitor.post(page, { act: "approve", csrf });
    expect(answer.status).toBe(422);
    expect(answer.body).toContain("Profile in incorrect state completed");
    expect(answer.body).not.toContain('value="approve"');
  });

  test.each(["constructor", "", "purge"])("has no button %s", async (act) => {
    const { visitor, page } = await upForReview();
    expect((await visitor.press(page, { act })).status).toBe(422);
  });
});

describe("asking for recapture", () => {
  const chosen = { act: "recapture", resource: selfie, reason: "Incorrect selfie" };

  test("sends the profile back, with items, reason and comments", async () => {
    const { world, visitor, profile_id, page } = await upForReview();
    const fields = {
      ...chosen,
      resource: [selfie, selfie],
      task: "self_video.capture_and_verify",
      comments: "Dark.",
    };
    expect((await visitor.press(page, fields)).status).toBe(303);
    expect(world.store.profiles.get(profile_id)?.asked).toEqual({
      ref_ids: [selfie],
      task_keys: ["self_video.capture_and_verify"],
    });
    expect((await world.http("GET", `/profiles/${profile_id}`)).body).toMatchObject({
      status: "recapture_pending",
      status_description: { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie", comments: "Dark." },
      profile_data: { performed_by: [{ action: "recapture", email: "reviewer@example.com" }] },
    });
  });

  test.each([
    ["nothing chosen", { act: "recapture", reason: "Incorrect selfie" }, "Choose at least one thing"],
    ["an unknown item", { ...chosen, resource: "a.b.c.1.d" }, "cannot be captured again"],
    ["an unknown task", { ...chosen, task: "x" }, "cannot be captured again"],
    ["an unknown reason", { ...chosen, reason: "Because" }, "Choose one of the reasons"],
    ["no comments where they are due", { ...chosen, reason: "Other" }, "This reason needs comments"],
  ])("with %s is refused, and keeps what was entered", async (_what, fields, text) => {
    const { world, visitor, profile_id, page } = await upForReview();
    const answer = await visitor.press(page, fields);
    expect(answer.status).toBe(422);
    expect(answer.body).toContain(text);
    if ("resource" in fields && fields.resource === selfie)
      expect(answer.body).toContain(`value="${selfie}" checked`);
    expect(await world.status(profile_id)).toBe("review_required");
  });
});

describe("a video call at the desk", () => {
  async function waiting() {
    const { world, visitor } = await reviewer();
    const { profile_id, link } = await byHand(world);
    const customer = new Visitor(world);
    await customer.post(link, { act: "call" });
    return { world, visitor, customer, profile_id, link, page: at(profile_id) };
  }

  test.each(["verified", "rejected"])("is joined and ended: %s", async (verdict) => {
    const { world, visitor, customer, profile_id, link, page } = await waiting();
    expect((await visitor.get("/desk")).body).toContain("Waiting");
    expect((await visitor.press(page, { act: "join" })).status).toBe(303);
    expect((await visitor.get("/desk")).body).toContain("With reviewer@example.com");
    const answer = await visitor.press(page, { act: `end-${verdict}`, remark: "A remark" });
    expect(answer.status).toBe(303);
    expect((await visitor.get(answer.location)).body).toContain("A remark");
    expect((await customer.get(link)).status).toBe(410);
    await world.pass(1);
    expect(world.posted.find(({ body }) => body.session_status === "complete")?.body).toMatchObject({
      profile_id,
      video_call: { status: verdict, agent_remark: "A remark" },
    });
  });

  test("is dropped, and the customer can go on", async () => {
    const { world, visitor, customer, link, page } = await waiting();
    await visitor.press(page, { act: "join" });
    expect((await visitor.press(page, { act: "drop" })).status).toBe(303);
    expect((await customer.get(link)).status).toBe(200);
    await world.pass(1);
    expect(world.posted.at(-1)?.body).toMatchObject({ session_status: "incomplete", reason: "agent_drop" });
  });

  test("that nobody waits for is not joined, nor ended", async () => {
    const { world, visitor } = await reviewer();
    const { profile_id } = await byHand(world);
    expect((await visitor.get(at(profile_id))).body).not.toContain('value="join"');
    for (const act of ["join", "end-verified", "drop"])
      expect(
        (await visitor.press(at(profile_id), { act, csrf: csrfIn((await visitor.get("/desk")).body) }))
          .status,
      ).toBe(409);
  });
});

test("a fault of ours shows a page, and tells nothing", async () => {
  const { world, visitor } = await reviewer();
  world.store.newestProfiles = async () => {
    throw new Error("secret detail");
  };
  const answer = await visitor.get("/desk");
  expect(answer).toMatchObject({ status: 500, headers: { "content-type": "text/html; charset=utf-8" } });
  expect(answer.body + JSON.stringify(world.logged)).not.toContain("secret detail");
});
