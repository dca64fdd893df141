import { describe, expect, test } from "vitest";
import { webhookKind, webhooks } from "../../../shared/gateway/webhooks.ts";
import { OTHER_ACCOUNT, VirtualSandbox } from "./virtual-sandbox.ts";

const data = {
  name: { first_name: "Test", last_name: "Customer" },
  email_ids: ["test@customer.example.com"],
  mobile_numbers: ["+910000000000"],
};

describe("bodies", () => {
  test("W6 has no reference, and the name in one string", async () => {
    const world = new VirtualSandbox();
    await world.listen();
    const { profile_id } = await world.create("cancelled-by-caller", { data });
    await world.pass(2);
    expect(world.posted.map(({ url, body }) => [url, body])).toEqual([
      [
        "https://receiver.example.com/profile-creation",
        {
          config: { id: "package-cancelled-by-caller" },
          data: {
            email_ids: data.email_ids,
            mobile_numbers: data.mobile_numbers,
            name: "Test Customer",
          },
          profile_id,
          status: "capture_pending",
        },
      ],
    ]);
  });

  test("W4 tells how the session ended, with the status from before it", async () => {
    const world = new VirtualSandbox();
    await world.listen();
    await world.create("customer-drops-then-returns", { data });
    await world.pass(10);
    const sessions = world.posted
      .filter(({ url }) => url.endsWith("capture-session"))
      .map(({ body }) => body);
    for (const body of sessions) expect(webhooks.W4.body.parse(body)).toEqual(body);
    expect(sessions).toMatchObject([
      {
        session_status: "incomplete",
        reason: "customer_drop",
        status: "capture_pending",
        pending_resources: {
          images: ["nil.selfie.nil.1.nil", "nil.ind_pan.nil.1.front"],
          text: [],
          videos: ["nil.nil.self.1.nil"],
        },
      },
      { session_status: "complete", reason: "", status: "capture_pending", pending_resources: {} },
    ]);
  });

  test("W3 has exactly four keys", async () => {
    const world = new VirtualSandbox();
    await world.listen("W3");
    const { profile_id, reference_id } = await world.create("straight-through");
    await world.pass(10);
    expect(world.posted.at(-1)?.body).toEqual({
      profile_id,
      reference_id,
      status: "completed",
      status_detail: "auto-close",
    });
  });

  test("W1 is the full profile as it was when the status changed", async () => {
    const world = new VirtualSandbox();
    await world.listen("W1");
    const { profile_id } = await world.create("review-by-checker", { data });
    await world.pass(10);
    const bodies = world.posted.filter(({ url }) => url.endsWith("profile-status")).map(({ body }) => body);
    expect(bodies.map(({ status }) => status)).toEqual(["in_progress", "review_required", "completed"]);
    expect(bodies.map(({ reviewer_action }) => reviewer_action)).toEqual([null, null, "approved"]);
    for (const body of bodies) {
      expect(webhooks.W1.body.parse(body)).toEqual(body);
      expect(webhookKind("profile-status", body)).toBe("W1");
      expect(body.profile_data.email_ids).toEqual(data.email_ids);
    }
    const { body } = await world.http("GET", `/profiles/${profile_id}`);
    expect(Object.keys(bodies[2]).sort()).toEqual(Object.keys(body).sort());
  });

  test("the kind is the account's", async () => {
    const world = new VirtualSandbox();
    await world.listen("W1");
    const urls = { "profile-status": "https://other.example.com/profile-status" };
    await world.http("PUT", "/sandbox/webhooks", { kind: "W3", urls }, OTHER_ACCOUNT);
    const body = { reference_id: "r", config: { id: "package-straight-through" } };
    await world.http("POST", "/async/profiles", body);
    await world.http("POST", "/async/profiles", body, OTHER_ACCOUNT);
    await world.pass(10);
    const sent = world.posted.filter(({ body: { status } }) => status === "completed");
    expect(sent.map(({ url, body: sentBody }) => [new URL(url).host, "tasks" in sentBody]).sort()).toEqual([
      ["other.example.com", false],
      ["receiver.example.com", true],
    ]);
    // The other account has no URL in the other slots: nothing is sent there, and nothing is a dead letter.
    expect(world.posted.filter(({ url }) => url.includes("other.example"))).toHaveLength(2);
    expect(world.store.letters.size).toBe(0);
  });
});

describe("delivery", () => {
  test("what is not taken is tried again after 1, 5, 15 and 60 s, then it is a dead letter", async () => {
    const world = new VirtualSandbox();
    await world.listen();
    world.receiver = () => 503;
    const { profile_id } = await world.create("cancelled-by-caller");
    await world.pass(200);
    expect(world.posted.map(({ at }) => at / 1000)).toEqual([1, 2, 7, 22, 82]);
    const { body } = await world.http("GET", "/sandbox/dead-letters");
    expect(body.dead_letters).toEqual([
      {
        notice_id: `${profile_id}.1`,
        profile_id,
        kind: "W6",
        status: "capture_pending",
        at: "2026-01-05T09:01:22.000Z",
      },
    ]);
    expect((await world.http("GET", "/sandbox/dead-letters", undefined, OTHER_ACCOUNT)).body).toEqual({
      dead_letters: [],
    });
  });

  test.each([null, 302, 404, 500])("an answer of %s is no acknowledgement", async (status) => {
    const world = new VirtualSandbox();
    await world.listen();
    let answers = 0;
    world.receiver = () => (answers++ === 0 ? status : 204);
    await world.create("cancelled-by-caller");
    await world.pass(200);
    expect(world.posted.map(({ at }) => at / 1000)).toEqual([1, 2]);
    expect(world.store.letters.size).toBe(0);
  });

  test("one slot's refusal holds up no other webhook", async () => {
    const world = new VirtualSandbox();
    await world.listen();
    world.receiver = (url) => (url.endsWith("capture-session") ? 500 : 200);
    const { profile_id } = await world.create("straight-through");
    await world.pass(4);
    expect(world.webhooks(profile_id)).toEqual([
      "created capture_pending",
      "session complete",
      "status in_progress",
      "session complete",
      "status completed",
    ]);
  });

  test("a repeated attempt posts nothing twice and buries nothing twice", async () => {
    const world = new VirtualSandbox();
    await world.listen();
    world.copies = 3;
    world.receiver = () => 500;
    await world.create("cancelled-by-caller");
    await world.pass(200);
    expect(world.posted).toHaveLength(5);
    expect(world.store.letters.size).toBe(1);
  });

  test("a job of an unknown profile is nothing", async () => {
    const world = new VirtualSandbox();
    await world.run({
      kind: "deliver",
      account_id: "a",
      profile_id: "gone",
      notices: [],
      attempt: 0,
      faultsDrawn: false,
    });
    await world.run({ kind: "journey", profile_id: "gone", step: 1 });
    expect(world.posted).toEqual([]);
  });
});
