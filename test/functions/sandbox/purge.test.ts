import { describe, expect, test } from "vitest";
import { fullProfileSchema } from "../../../shared/gateway/profile.ts";
import { VirtualSandbox } from "./virtual-sandbox.ts";

const MARK = "personal-mark";
const personal = {
  group_id: "group",
  relay_data: Buffer.from(MARK).toString("base64"),
  data: {
    name: { first_name: MARK },
    email_ids: [`${MARK}@customer.example.com`],
    mobile_numbers: [MARK],
    selfies: [MARK],
    additional_details: [{ category: "c", page: "1", type: "text", value: MARK }],
  },
  payload: { security_questions: [{ question: "q", answer: MARK }] },
};

async function purged() {
  const world = new VirtualSandbox();
  await world.listen("W1");
  const { profile_id } = await world.create("review-approve", personal);
  await world.pass(5);
  await world.http("POST", `/profiles/${profile_id}/complete_profile`, {
    status: "rejected",
    status_description: { reason: MARK },
  });
  await world.pass(1);
  return { world, profile_id };
}

describe("a purge", () => {
  test("leaves ids, config and the decision, and nothing else", async () => {
    const { world, profile_id } = await purged();
    const before = (await world.http("GET", `/profiles/${profile_id}`)).body;
    expect(await world.http("POST", `/profiles/${profile_id}/purge`)).toMatchObject({
      status: 200,
      body: { profile_id, code: "SUCCESSFUL", message: "Data purged successfully", status: "purged" },
    });
    const { status, body } = await world.http("GET", `/profiles/${profile_id}`);
    expect(status).toBe(200);
    expect(fullProfileSchema.parse(body)).toEqual(body);
    expect(body).toEqual({
      config: { id: "package-review-approve", overrides: null },
      device_info: {},
      group_id: "group",
      profile_data: {
        completed_at: before.profile_data.completed_at,
        created_at: before.profile_data.created_at,
        email_ids: [],
        mobile_numbers: [],
        notes: null,
        performed_by: [],
        purged_at: "2026-01-05T09:00:06.000Z",
      },
      profile_id,
      purged_at: "2026-01-05T09:00:06.000Z",
      reference_id: before.reference_id,
      relay_data: null,
      resources: { documents: [], images: [], videos: [], text: [] },
      reviewer_action: "rejected",
      schema_version: "1.0.0",
      status: "purged",
      status_description: {},
      status_detail: null,
      tag: null,
      tasks: [],
      version: "v1.1",
    });
  });

  test("leaves nothing personal in the store or the queue, and tells nothing personal", async () => {
    const { world, profile_id } = await purged();
    await world.http("POST", `/profiles/${profile_id}/purge`);
    const before = world.posted.length;
    await world.pass(100);
    expect(world.posted.slice(before).map(({ body }) => body.status)).toEqual(["purged"]);
    const { profiles, requests, references, deliveries, letters } = world.store;
    const left = [profiles, requests, references, deliveries, letters].map((map) => [...map]);
    expect(JSON.stringify([left, world.queue, world.posted.slice(before)])).not.toContain(MARK);
    expect(requests.size).toBe(0);
  });

  test("empties the webhooks that are still to be tried again", async () => {
    const { world, profile_id } = await purged();
    world.receiver = () => 500;
    const { profile_id: second } = await world.create("straight-through", personal);
    await world.pass(5);
    await world.http("POST", `/profiles/${second}/purge`);
    const before = world.posted.length;
    await world.pass(200);
    const after = world.posted.slice(before).filter(({ url }) => url.endsWith("profile-status"));
    expect(after.length).toBeGreaterThan(2);
    expect(JSON.stringify(after)).not.toContain(MARK);
    expect(profile_id).not.toBe(second);
  });

  test("also erases when the writer crashed before it could", async () => {
    const { world, profile_id } = await purged();
    world.store.erase = async () => {
      throw new Error("crash");
    };
    expect((await world.http("POST", `/profiles/${profile_id}/purge`)).status).toBe(500);
    expect((await world.http("GET", `/profiles/${profile_id}`)).body.profile_data.email_ids).toEqual([]);
    Reflect.deleteProperty(world.store, "erase");
    await world.pass(10);
    await world.status(profile_id);
    expect(world.store.requests.size).toBe(0);
  });

  test("and all that went before it leave neither data, link, URL nor reference in the log", async () => {
    const { world, profile_id } = await purged();
    await world.http("POST", `/profiles/${profile_id}/purge`);
    const log = JSON.stringify(world.logged);
    expect(log).not.toContain(MARK);
    expect(log).not.toMatch(/https?:|token-|reference-/);
  });
});
