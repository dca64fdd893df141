import { describe, expect, test } from "vitest";
import { selfieRecapture, VirtualSandbox } from "./virtual-sandbox.ts";

describe("races", () => {
  test("of a cancel and the customer's journey, exactly one wins", async () => {
    for (const cancelFirst of [true, false]) {
      const world = new VirtualSandbox();
      await world.listen();
      const { profile_id } = await world.create("straight-through");
      await world.pass(1);
      const record = world.store.profiles.get(profile_id);
      const job = () => world.run({ kind: "journey", profile_id, step: record?.step ?? 0 });
      const cancel = () => world.http("PUT", `/profiles/${profile_id}/cancel`);
      const running = cancelFirst ? [cancel(), job()] : [job(), cancel()];
      const answers = await Promise.all(running);
      const answer = answers.find((one) => one !== undefined);
      await world.pass(10);
      const status = await world.status(profile_id);
      expect(answer?.status).toBe(status === "cancelled" ? 200 : 405);
      const told = world.webhooks(profile_id).filter((one) => /cancelled|in_progress/.test(one));
      expect(told).toHaveLength(1);
    }
  });

  test("of ten cancels one succeeds", async () => {
    const world = new VirtualSandbox();
    const profile_id = await world.inStatus("capture_pending");
    const cancels = Array.from({ length: 10 }, () => world.http("PUT", `/profiles/${profile_id}/cancel`));
    const answers = (await Promise.all(cancels)).map(({ status }) => status);
    expect(answers.filter((status) => status === 200)).toHaveLength(1);
    expect(answers.filter((status) => status === 422)).toHaveLength(9);
  });

  test("of ten creates with one reference one succeeds", async () => {
    const world = new VirtualSandbox();
    const body = { reference_id: "r", config: { id: "package-straight-through" } };
    const creates = Array.from({ length: 10 }, () => world.http("POST", "/async/profiles", body));
    const answers = (await Promise.all(creates)).map(({ status }) => status);
    expect(answers.filter((status) => status === 202)).toHaveLength(1);
    expect(world.store.profiles.size).toBe(1);
  });

  test("a decision is taken anew on what overtook it", async () => {
    const world = new VirtualSandbox();
    const profile_id = await world.inStatus("review_required");
    const at = `/profiles/${profile_id}/complete_profile`;
    const [first, second] = await Promise.all([
      world.http("POST", at, { status: "approved" }),
      world.http("POST", at, { status: "rejected" }),
    ]);
    const wrongState = "Profile in incorrect state completed";
    const lost = [first, second].find(({ status }) => status !== 200);
    expect(lost).toMatchObject({ status: 422, body: { reason: wrongState } });
    const action = (await world.http("GET", `/profiles/${profile_id}`)).body.reviewer_action;
    expect(action).toBe(first.status === 200 ? "approved" : "rejected");
  });
});

describe("jobs", () => {
  test("of a step that has passed change nothing", async () => {
    const world = new VirtualSandbox();
    const { profile_id } = await world.create("recapture-by-checker");
    for (let second = 0; second < 20; second++) {
      const before = world.store.profiles.get(profile_id);
      for (let step = 1; step < (before?.step ?? 0); step++)
        await world.run({ kind: "journey", profile_id, step });
      await world.run({ kind: "expiry", profile_id });
      expect(world.store.profiles.get(profile_id)).toEqual(before);
      await world.pass(1);
    }
    expect(await world.status(profile_id)).toBe("completed");
  });

  test("of a link that is still open for a moment come back at its end", async () => {
    const world = new VirtualSandbox();
    const { profile_id } = await world.create("link-expires");
    await world.pass(4.5);
    world.queue.length = 0;
    await world.run({ kind: "expiry", profile_id });
    expect(world.queue.map(({ job }) => job.kind)).toEqual(["expiry"]);
    await world.pass(1);
    expect(world.store.profiles.get(profile_id)?.state.status).toBe("capture_expired");
  });
});

describe("crashes", () => {
  test("between a move and its queue lose neither webhook nor journey", async () => {
    const world = new VirtualSandbox();
    await world.listen();
    const { profile_id } = await world.create("straight-through");
    await world.pass(1.5);
    const { add } = world.sandbox.schedule;
    world.sandbox.schedule.add = async () => {
      throw new Error("crash");
    };
    await world.run({ kind: "journey", profile_id, step: 2 }).catch(() => undefined);
    world.sandbox.schedule.add = add;
    expect(world.store.profiles.get(profile_id)?.state.status).toBe("in_progress");
    expect(world.store.profiles.get(profile_id)?.outbox).not.toEqual([]);
    // The queue brings the job again.
    await world.run({ kind: "journey", profile_id, step: 2 });
    await world.pass(10);
    expect(world.webhooks(profile_id)).toEqual([
      "created capture_pending",
      "session complete",
      "status in_progress",
      "status completed",
    ]);
  });

  test("of a create are made good by whoever looks the profile up", async () => {
    const world = new VirtualSandbox();
    await world.listen();
    const { add } = world.sandbox.schedule;
    world.sandbox.schedule.add = async () => {
      throw new Error("crash");
    };
    const body = { reference_id: "r", config: { id: "package-straight-through" } };
    expect((await world.http("POST", "/async/profiles", body)).status).toBe(500);
    world.sandbox.schedule.add = add;
    await world.pass(10);
    const found = await world.http("GET", "/profiles/r?query_type=reference_id&status_only=true");
    expect(found.body.status).toBe("pending");
    await world.pass(10);
    expect(await world.status(found.body.profile_id)).toBe("completed");
  });

  test("before the outbox is emptied send again, and change nothing", async () => {
    const world = new VirtualSandbox();
    await world.listen();
    const clearOutbox = world.store.clearOutbox.bind(world.store);
    let calls = 0;
    world.store.clearOutbox = async (record) => {
      if (calls++ % 2 === 1) await clearOutbox(record);
    };
    const { profile_id } = await world.create("recapture-by-checker");
    await world.pass(20);
    expect(await world.status(profile_id)).toBe("completed");
    const captured = ["session complete", "status in_progress", "status review_required"];
    expect(world.webhooks(profile_id)).toEqual([
      "created capture_pending",
      ...captured,
      "status recapture_pending",
      ...captured,
      "status completed",
    ]);
  });
});

describe("links", () => {
  test("of a long lifetime expire when somebody looks, and that is told", async () => {
    const world = new VirtualSandbox({ linkLifetimeSeconds: 2000 });
    await world.listen();
    const { profile_id, reference_id } = await world.create("cancelled-by-caller");
    await world.pass(2002);
    expect(world.webhooks(profile_id)).toEqual(["created capture_pending"]);
    const late = await world.http("PUT", `/profiles/${reference_id}/cancel?query_type=reference_id`);
    expect(late).toMatchObject({ status: 405, body: { status: "capture_expired" } });
    await world.pass(1);
    expect(world.webhooks(profile_id)).toEqual(["created capture_pending", "status capture_expired"]);
  });

  test("that lapsed during a review get a new lifetime with the recapture", async () => {
    const world = new VirtualSandbox({ linkLifetimeSeconds: 4 });
    const { profile_id } = await world.create("recapture-by-checker");
    await world.pass(30);
    expect(await world.status(profile_id)).toBe("completed");
    const abandoned = new VirtualSandbox({ linkLifetimeSeconds: 6 });
    const { profile_id: second } = await abandoned.create("recapture-abandoned");
    await abandoned.pass(8);
    await abandoned.http("POST", `/profiles/${second}/recapture/submit`, selfieRecapture);
    await abandoned.pass(5);
    expect(await abandoned.status(second)).toBe("recapture_pending");
    await abandoned.pass(2);
    expect(await abandoned.status(second)).toBe("capture_expired");
  });
});
