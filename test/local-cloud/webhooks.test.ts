import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { GetExecutionHistoryCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeSecret } from "../../infra/local/secret-values.ts";
import { readStageOutputs } from "../../infra/local/stage-outputs.ts";
import { dynamoRecords } from "../../shared/store/records.ts";
import { type WebhooksSecret, webhookSlots, webhooksSecretSchema } from "../../shared/store/secrets.ts";
import { clients, configIdOf, endpoints, eventually, freshReference, http } from "./cloud.ts";

const { api, webhooks, accountId } = endpoints;
const token = "a-token-that-only-this-test-knows";
const tokenHash = createHash("sha256").update(token).digest("hex");
const records = dynamoRecords(clients.dynamodb, endpoints.profileTable);

const send = (body: unknown, { slot = "profile-status", as = token } = {}) =>
  http(webhooks, "POST", `/webhooks/${slot}/${as}`, { body, headers: {} });

/** The test's token beside the one that the sandbox uses; two are valid at a time. */
const change = async (hashes: (before: string[]) => string[]) => {
  const { state } = await readStageOutputs(clients.cloudformation, "local", true);
  await changeSecret(clients.secrets, state.WebhooksSecretName, (before): WebhooksSecret => {
    const secret = webhooksSecretSchema.parse(before);
    return {
      slots: secret.slots.map((slot) =>
        slot.accountId === accountId ? { ...slot, tokenHashes: hashes(slot.tokenHashes) } : slot,
      ),
    };
  });
};
const withoutOurs = (before: string[]) => before.filter((hash) => hash !== tokenHash);

beforeAll(async () => {
  await change((before) => [...withoutOurs(before).slice(0, 1), tokenHash]);
  for (const slot of webhookSlots)
    await eventually(
      () => send({}, { slot }),
      ({ status }) => status === 400,
    );
}, 60_000);
afterAll(() => change(withoutOurs));

interface Waiting {
  reference_id: string;
  profile_id: string;
}

/** An onboarding that waits for its customer, who never acts. */
async function waitingOnboarding(): Promise<Waiting> {
  const reference_id = freshReference("webhook");
  const { status, body } = await http(api, "POST", "/async/profiles", {
    body: { reference_id, config: { id: configIdOf("cancelled-by-caller") } },
  });
  expect(status).toBe(202);
  const onboarding = { reference_id, profile_id: body.profile_id };
  const seen = await eventually(
    () => readOnboarding(onboarding),
    ({ body: { waiting_for, status: now, events } }) =>
      waiting_for !== null && now === "capture_pending" && kinds(events).includes("W6"),
  );
  expect(seen.body).toMatchObject({ status: "capture_pending", waiting_for: expect.any(String) });
  return onboarding;
}

const readOnboarding = ({ reference_id }: { reference_id: string }) =>
  http(api, "GET", `/onboardings/${reference_id}`);
const kinds = (events: { kind: string }[]) => events.map(({ kind }) => kind);

async function historyLength(executionArn: string): Promise<number> {
  const { events = [] } = await clients.sfn.send(new GetExecutionHistoryCommand({ executionArn }));
  return events.length;
}

const stored = async ({ reference_id }: Waiting) => {
  const { signal, said, last_write, ...record } = (await records.find({
    account_id: accountId,
    reference_id,
  })) as object as Record<string, unknown>;
  return record;
};

describe("what is no webhook of ours", { timeout: 30_000 }, () => {
  test.each([
    ["an unknown token", () => send({ profile_id: "x" }, { as: "nobody-knows-this" }), 404],
    ["another slot's name", () => send({ profile_id: "x" }, { slot: "nowhere" }), 404],
    ["text", () => send("hello"), 400],
    ["broken JSON", () => send('{"profile_id":'), 400],
    ["an array", () => send([{ profile_id: "x" }]), 400],
    ["nothing", () => send(""), 400],
  ])("%s", async (_name, post, status) => {
    const answer = await post();
    expect(answer).toEqual({
      status,
      body: { errors: { detail: status === 404 ? "Not Found" : "Bad Request" } },
    });
  });

  test("another path or method", async () => {
    const notFound = { status: 404, body: { errors: { detail: "Not Found" } } };
    expect(await http(webhooks, "GET", `/webhooks/profile-status/${token}`, { headers: {} })).toEqual(
      notFound,
    );
    expect(await http(webhooks, "POST", "/webhooks", { body: {}, headers: {} })).toEqual(notFound);
  });

  test.each([{}, { profile_id: "" }, { profile_id: 7 }, { reference_id: "x" }])(
    "without a profile_id: %j",
    async (body) => {
      expect(await send(body)).toEqual({
        status: 400,
        body: { error: "bad_request", reason: "profile_id: a non-empty string is required" },
      });
    },
  );
});

describe("for a waiting onboarding", { timeout: 60_000 }, () => {
  test("a body over 4 MB is refused and leaves nothing behind", async () => {
    const onboarding = await waitingOnboarding();
    const before = (await readOnboarding(onboarding)).body;
    const filler = "x".repeat(4 * 1024 * 1024);
    const answer = await send({ ...onboarding, status: "completed", filler });
    expect(answer.status).toBe(413);
    expect((await readOnboarding(onboarding)).body).toEqual(before);
    await http(api, "PUT", `/profiles/${onboarding.profile_id}/cancel`);
  });

  test("forged webhooks of every kind change nothing but the timeline", async () => {
    const onboarding = await waitingOnboarding();
    const before = (await readOnboarding(onboarding)).body;
    const recordBefore = await stored(onboarding);
    const lengthBefore = await historyLength(before.execution_arn);
    const { profile_id, reference_id } = onboarding;

    const lies: [slot: string, body: object][] = [
      ["profile-status", { profile_id, reference_id, status: "completed", status_detail: null }],
      ["profile-status", { profile_id, reference_id, status: "purged", status_detail: null }],
      ["profile-status", { profile_id, reference_id, status: "no-such-word", status_detail: null }],
      ["profile-status", { profile_id, reference_id: "other", status: "review_required" }],
      ["profile-status", { profile_id, status: "completed", reviewer_action: "approved", tasks: [] }],
      ["capture-session", { profile_id, status: "capture_pending", session_status: "complete" }],
      ["scheduling", { profile_id, reference_id, scheduling_details: { action: "scheduled" } }],
      ["profile-creation", { profile_id, status: "completed", config: { id: "other" } }],
    ];
    for (const [slot, body] of lies) expect(await send(body, { slot })).toEqual({ status: 200, body: {} });
    await sleep(3_000);

    const after = (await readOnboarding(onboarding)).body;
    expect(await historyLength(before.execution_arn)).toBe(lengthBefore);
    expect(await stored(onboarding)).toEqual(recordBefore);
    expect({ ...after, events: null }).toEqual({ ...before, events: null });
    // A session's end is passed on as what it is, somebody's word; nothing else of it is believed.
    const lines = kinds(after.events.slice(before.events.length)).sort();
    expect(lines).toEqual(["CaptureSessionEnded", "W1", "W3", "W3", "W3", "W3", "W4", "W5", "W6"]);
    await http(api, "PUT", `/profiles/${profile_id}/cancel`);
  });

  test("the same body again is one line of the timeline", async () => {
    const onboarding = await waitingOnboarding();
    const before = (await readOnboarding(onboarding)).body.events.length;
    const body = { ...onboarding, status: "in_progress", status_detail: null };
    await Promise.all([send(body), send(body), send(body)]);
    expect((await readOnboarding(onboarding)).body.events).toHaveLength(before + 1);
    await http(api, "PUT", `/profiles/${onboarding.profile_id}/cancel`);
  });

  test("nothing personal of a body is kept", async () => {
    const onboarding = await waitingOnboarding();
    const personal = "never-to-be-kept";
    await send({ ...onboarding, status: "in_progress", profile_data: { notes: personal }, resources: {} });
    const { body } = await readOnboarding(onboarding);
    expect(kinds(body.events)).toContain("W1");
    expect(JSON.stringify(body)).not.toContain(personal);
    await http(api, "PUT", `/profiles/${onboarding.profile_id}/cancel`);
  });
});

describe("before we know the profile", { timeout: 60_000 }, () => {
  test("a webhook is kept beside the profile's id", async () => {
    const profile_id = randomUUID();
    const early = { profile_id, status: "capture_pending", config: { id: "x" } };
    expect(await send(early, { slot: "profile-creation" })).toEqual({ status: 200, body: {} });
    const key = { account_id: accountId, reference_id: freshReference("nobody") };
    expect(await records.history(key, profile_id)).toEqual([
      {
        at: expect.any(Number),
        kind: "W6",
        by: "webhook",
        detail: { status: "capture_pending", session_status: null },
      },
    ]);
  });

  test("the creation's own webhook shows in the timeline", async () => {
    const onboarding = await waitingOnboarding();
    const { body } = await readOnboarding(onboarding);
    expect(kinds(body.events)).toContain("W6");
    await http(api, "PUT", `/profiles/${onboarding.profile_id}/cancel`);
  });
});
