import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { draws } from "../../../functions/sandbox/faults.ts";
import { ACCOUNT, OTHER_ACCOUNT, VirtualSandbox } from "./virtual-sandbox.ts";

const create = (world: VirtualSandbox, reference_id: string, account?: string) =>
  world.http(
    "POST",
    "/async/profiles",
    { reference_id, config: { id: "package-straight-through" } },
    account,
  );

const faulty = async (faults: unknown) => {
  const world = new VirtualSandbox();
  await world.listen();
  expect((await world.http("PUT", "/sandbox/faults", faults)).status).toBe(200);
  return world;
};

describe("controls", () => {
  test.each([
    ["/sandbox/faults", { api: { errorRate: 2 } }, "api.errorRate"],
    ["/sandbox/faults", { api: { statuses: [200] } }, "api.statuses.0"],
    ["/sandbox/faults", { api: { latencyMs: -1 } }, "api.latencyMs"],
    ["/sandbox/faults", { webhooks: { drop: "often" } }, "webhooks.drop"],
    ["/sandbox/faults", { webhooks: { dorp: 1 } }, "webhooks"],
    ["/sandbox/faults", { seed: 1.5 }, "seed"],
    ["/sandbox/webhooks", { kind: "W4" }, "kind"],
    ["/sandbox/webhooks", { urls: { "profile-status": "ftp://x.example.com" } }, "urls.profile-status"],
    ["/sandbox/webhooks", { urls: { "profile-status": "http://x.example.com" } }, "urls.profile-status"],
    ["/sandbox/webhooks", { urls: { other: "https://x.example.com" } }, "urls"],
    ["/sandbox/webhooks", [], "body"],
  ])("%s names what is wrong: %j", async (path, body, field) => {
    const world = new VirtualSandbox();
    const answer = await world.http("PUT", path, body);
    expect(answer).toMatchObject({ status: 400, body: { error: "bad_request" } });
    expect(answer.body.reason.startsWith(`${field}: `)).toBe(true);
  });

  test("an unknown field is named", async () => {
    const world = new VirtualSandbox();
    const answer = await world.http("PUT", "/sandbox/faults", { webhooks: { dorp: 1 } });
    expect(answer.body.reason).toContain("dorp");
  });

  test("an unknown field that is no word is not repeated", async () => {
    const world = new VirtualSandbox();
    const answer = await world.http("PUT", "/sandbox/faults", { "0000000000": 1 });
    expect(answer).toMatchObject({ status: 400, body: { reason: "body: has a field that is not known" } });
  });

  test("receivers on this machine may be reached over http", async () => {
    const world = new VirtualSandbox();
    const urls = { scheduling: "http://127.0.0.1:4566/x", "profile-status": "http://localhost:1/y" };
    expect(await world.http("PUT", "/sandbox/webhooks", { urls })).toMatchObject({
      status: 200,
      body: { kind: "W1", slots: ["profile-status", "scheduling"] },
    });
  });

  test.each([
    "https://hooks.example.com/in?key=secret/word",
    "https://secret:word@hooks.example.com/in",
    "https://hooks.example.com/#secret/word",
  ])("of a target like %s only the host is told", async (url) => {
    const world = new VirtualSandbox();
    await world.http("PUT", "/sandbox/webhooks", { urls: { scheduling: url } });
    const { body } = await world.http("GET", "/sandbox/webhooks");
    expect(body).toMatchObject({ slots: { scheduling: { at: "https://hooks.example.com/" } } });
    expect(JSON.stringify(body)).not.toMatch(/secret|word/);
  });

  test("where webhooks go is told to their account only, without what is secret in it", async () => {
    const world = new VirtualSandbox();
    const urls = { scheduling: "https://hooks.example.com/webhooks/scheduling/secret-word" };
    await world.http("PUT", "/sandbox/webhooks", { kind: "W3", urls });
    const shown = await world.http("GET", "/sandbox/webhooks");
    expect(shown).toMatchObject({
      status: 200,
      body: {
        kind: "W3",
        slots: {
          scheduling: {
            at: "https://hooks.example.com/webhooks/scheduling/",
            hash: createHash("sha256").update("secret-word").digest("hex"),
          },
        },
      },
    });
    expect(JSON.stringify(shown.body)).not.toContain("secret-word");
    expect((await world.http("GET", "/sandbox/webhooks", undefined, OTHER_ACCOUNT)).body).toEqual({
      kind: "W1",
      slots: {},
    });
  });

  test("faults are the account's own and never touch the controls", async () => {
    const world = await faulty({ api: { errorRate: 1 } });
    expect((await create(world, "r")).status).toBeGreaterThanOrEqual(500);
    expect((await create(world, "r", OTHER_ACCOUNT)).status).toBe(202);
    expect((await world.http("PUT", "/sandbox/faults", {})).status).toBe(200);
    expect((await create(world, "after")).status).toBe(202);
  });
});

describe("API faults", () => {
  test("the same seed draws the same faults", async () => {
    const run = async (seed: number) => {
      const world = await faulty({ seed, api: { errorRate: 0.5, statuses: [500, 503, 429] } });
      const answers: number[] = [];
      for (let nth = 0; nth < 40; nth++) answers.push((await create(world, `r${nth}`)).status);
      return { answers, made: world.store.profiles.size };
    };
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect((await run(8)).answers).not.toEqual(first.answers);
    expect(new Set(first.answers)).toEqual(new Set([202, 429, 500, 503]));
    // Some of the failed creates took effect, some did not.
    const succeeded = first.answers.filter((status) => status === 202).length;
    expect(first.made).toBeGreaterThan(succeeded);
    expect(first.made).toBeLessThan(40);
  });

  test("setting the faults starts the draw again", async () => {
    const world = await faulty({ api: { errorRate: 0.5 } });
    const fetches = async () => {
      await world.http("PUT", "/sandbox/faults", { api: { errorRate: 0.5 } });
      const statuses: number[] = [];
      for (let nth = 0; nth < 20; nth++) statuses.push((await world.http("GET", "/profiles/x")).status);
      return statuses;
    };
    expect(await fetches()).toEqual(await fetches());
  });

  test("latency delays each answer", async () => {
    const world = await faulty({ api: { latencyMs: 700 } });
    const before = world.sandbox.clock.now();
    expect((await create(world, "r")).status).toBe(202);
    expect(world.sandbox.clock.now() - before).toBe(700);
  });

  test("a stalled request is answered after 25 s", async () => {
    const world = await faulty({ api: { timeoutRate: 1 } });
    const before = world.sandbox.clock.now();
    expect((await create(world, "r")).status).toBe(504);
    expect(world.sandbox.clock.now() - before).toBe(25_000);
  });

  test("errors may be pages of a proxy", async () => {
    const world = await faulty({ api: { errorRate: 1, htmlErrors: true, statuses: [502] } });
    const answer = await create(world, "r");
    expect(answer).toMatchObject({ status: 502, headers: { "content-type": "text/html" } });
    expect(answer.body).toMatch(/^<html>/);
  });

  const unknown = "00000000-0000-4000-8000-999999999999";
  const internal = { error: "internal_error", reason: "something_went_wrong" };
  test.each([
    ["POST", "/sync/profiles", internal],
    ["GET", `/profiles/${unknown}`, internal],
    ["GET", `/profiles/${unknown}/recapture/config`, internal],
    ["PUT", `/profiles/${unknown}/config`, internal],
    ["PUT", `/profiles/${unknown}/cancel`, internal],
    ["POST", `/profiles/${unknown}/purge`, internal],
    ["GET", `/enc/profiles/${unknown}`, internal],
    ["GET", "/v2/call_metrics", { error: "Something went wrong" }],
    [
      "PUT",
      "/scheduling/appointments/cancel",
      { message: "internal_errors", reason: "Internal Server Error" },
    ],
  ])("a 500 has the endpoint's own body: %s %s", async (method, path, body) => {
    const world = await faulty({ api: { errorRate: 1, statuses: [500] } });
    const answer = await world.http(method, path, method === "GET" ? undefined : {});
    expect(answer).toMatchObject({ status: 500, headers: { "x-frame-options": "SAMEORIGIN" } });
    expect(answer.body).toEqual(body);
  });

  test.each([
    ["PUT", "cancel", ""],
    ["PUT", "cancel", "?query_type=reference_id"],
    ["POST", "purge", ""],
  ])("a 500 of an action says which profile it failed on: %s %s%s", async (method, action, query) => {
    const world = new VirtualSandbox();
    const { profile_id, reference_id } = await world.create("straight-through");
    await world.pass(10);
    const faults = { api: { errorRate: 1, statuses: [500] } };
    for (const account of [ACCOUNT, OTHER_ACCOUNT])
      await world.http("PUT", "/sandbox/faults", faults, account);
    const path = `/profiles/${query ? reference_id : profile_id}/${action}${query}`;
    for (let nth = 0; nth < 5; nth++) {
      const answer = await world.http(method, path);
      // Before or after its effect: the body tells the status as it is then.
      const { status, purged_at } = world.store.profiles.get(profile_id)?.state ?? {};
      const message = "Something went wrong";
      expect(answer.status).toBe(500);
      const envelope = { reference_id, profile_id, code: "INTERNAL_ERROR", message, status };
      expect(answer.body).toEqual(action === "purge" ? { ...envelope, purged_at } : envelope);
    }
    expect((await world.http(method, path, undefined, OTHER_ACCOUNT)).body).toEqual(internal);
  });

  test("a fault of ours has the endpoint's own body, too", async () => {
    const world = new VirtualSandbox();
    world.store.setup = async () => {
      throw new Error("secret detail");
    };
    const answer = await world.http("GET", "/v2/call_metrics");
    expect(answer).toMatchObject({ status: 500, body: { error: "Something went wrong" } });
    expect(JSON.stringify(world.logged)).not.toContain("secret detail");
  });

  test("an error of the edge has the edge's headers", async () => {
    const world = await faulty({ api: { errorRate: 1, statuses: [503] } });
    const answer = await world.http("GET", "/v2/call_metrics");
    expect(answer).toMatchObject({ status: 503, body: internal });
    expect(answer.headers).not.toHaveProperty("x-frame-options");
  });

  test("an overloaded gateway says when to come back", async () => {
    const world = await faulty({ api: { errorRate: 1, statuses: [429] } });
    expect((await create(world, "r")).headers["retry-after"]).toBe("1");
  });

  test("duplicates may be accepted: the look-up finds the newer profile", async () => {
    const world = await faulty({ api: { acceptDuplicates: true } });
    const [first, second] = [await create(world, "r"), await create(world, "r")];
    expect([first.status, second.status]).toEqual([202, 202]);
    const found = await world.http("GET", "/profiles/r?query_type=reference_id");
    expect(found.body.profile_id).toBe(second.body.profile_id);
    expect(first.body.profile_id).not.toBe(second.body.profile_id);
  });

  test("the look-up by reference may lag behind, the one by profile_id does not", async () => {
    const world = await faulty({ api: { lookupLagMs: 3_000 } });
    const { profile_id } = (await create(world, "r")).body;
    expect((await world.http("GET", "/profiles/r?query_type=reference_id")).status).toBe(404);
    expect((await world.http("GET", `/profiles/${profile_id}`)).status).toBe(200);
    await world.pass(3);
    expect((await world.http("GET", "/profiles/r?query_type=reference_id")).status).toBe(200);
  });
});

describe("webhook faults", () => {
  const told = async (webhooks: unknown, seconds = 30, seed = 1) => {
    const world = await faulty({ seed, webhooks });
    const { profile_id } = (await create(world, "r")).body;
    await world.pass(seconds);
    return { world, told: world.webhooks(profile_id), at: world.posted.map(({ at }) => at / 1000) };
  };
  const usual = ["created capture_pending", "session complete", "status in_progress", "status completed"];

  test("duplicates come twice", async () => {
    expect((await told({ duplicate: 1 })).told).toEqual(usual.flatMap((one) => [one, one]));
  });

  test("what is dropped never comes, and is no dead letter", async () => {
    const { world, told: nothing } = await told({ drop: 1 }, 300);
    expect(nothing).toEqual([]);
    expect(world.store.letters.size).toBe(0);
  });

  test("what is delayed comes later", async () => {
    expect((await told({ delayMs: 10_000 })).at).toEqual([11, 13, 13, 14]);
  });

  test("what is held back is overtaken, and all of it comes", async () => {
    const { told: shuffled } = await told({ reorder: 0.5 }, 60, 6);
    expect(shuffled).not.toEqual(usual);
    expect([...shuffled].sort()).toEqual([...usual].sort());
    expect((await told({ reorder: 0.5 }, 60, 6)).told).toEqual(shuffled);
  });

  test("repeated jobs draw the same faults and post nothing more", async () => {
    const once = await told({ duplicate: 0.5, drop: 0.3, reorder: 0.5 }, 60, 5);
    const world = await faulty({ seed: 5, webhooks: { duplicate: 0.5, drop: 0.3, reorder: 0.5 } });
    world.copies = 2;
    const { profile_id } = (await create(world, "r")).body;
    await world.pass(60);
    expect(world.webhooks(profile_id).sort()).toEqual(once.told.sort());
  });
});

test("draws depend on seed and occasion alone", () => {
  const first = draws(1, "a");
  const again = draws(1, "a");
  const numbers = [first(), first(), first()];
  expect([again(), again(), again()]).toEqual(numbers);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  expect(draws(2, "a")()).not.toBe(numbers[0]);
  expect(draws(1, "b")()).not.toBe(numbers[0]);
});
