import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { webhookRefusals } from "../../infra/description/describe-operation.ts";
import { type EventType, eventDetailSchemas } from "../../shared/events/published.ts";
import { endpoint } from "../../shared/gateway/endpoints.ts";
import { onboardingPk } from "../../shared/store/keys.ts";
import { type WebhookSlot, webhookSlots } from "../../shared/store/secrets.ts";
import { documentedAnswer } from "../contract/documented-answer.ts";
import { ACCOUNT } from "../functions/sandbox/virtual-sandbox.ts";
import { CloudInMemory } from "./cloud-in-memory.ts";
import { jsonLike, MARKER, text } from "./hostile.ts";
import { hold, timeout } from "./runs.ts";
import { expectNoTrace, expectUnchanged } from "./unharmed.ts";

const cloud = await CloudInMemory.withSubjects();
const before = cloud.kept();

const { profile_id, reference_id, config_id } = cloud.subjects.booked;
const { body: profile } = await cloud.ask("fetchProfile", { pathParameters: { id: profile_id } });
const status = { profile_id, reference_id, status: "capture_pending", status_detail: null };
const scheduling = (action: string, scheduled_at: string) => ({
  profile_id,
  reference_id,
  scheduling_details: {
    action,
    scheduled_at,
    start_time: "2026-01-06T09:00:00.000Z",
    end_time: "2026-01-06T09:15:00.000Z",
  },
});

/** Bodies as the gateway sends them (contract §8), by slot; also of a profile that we do not know. */
const validBodies: Record<WebhookSlot, readonly unknown[]> = {
  "profile-status": [
    status,
    profile,
    { ...status, encrypted_profile_data: "a", encrypted_resources: "b", encrypted_tasks: "c" },
    { ...status, profile_id: "profile-unknown" },
  ],
  "capture-session": [
    {
      ...status,
      session_status: "incomplete",
      reason: "customer_drop",
      pending_resources: { images: ["nil.selfie.nil.1.nil"], text: [], videos: [] },
      video_call: { status: null, agent_remark: null },
      profile_data: { created_at: "2026-01-05T09:00:00.000Z", email_ids: [], mobile_numbers: [] },
    },
  ],
  scheduling: [
    scheduling("scheduled", "2026-01-05T09:00:00.000Z"),
    scheduling("cancelled", "2026-01-05T09:00:30.000Z"),
    scheduling("rescheduled", "2030-01-05T09:00:00.000Z"),
  ],
  "profile-creation": [
    { profile_id, status: "capture_pending", data: { name: "Example-Name" }, config: { id: config_id } },
  ],
};

/** Ingestion as if it were an endpoint: all that it may answer. */
const ingestion = endpoint({
  operations: [],
  summary: "Webhooks",
  method: "POST",
  path: "/webhooks/{slot}/{token}",
  success: { status: 200, body: z.strictObject({}) },
  refusals: webhookRefusals.filter((name) => name !== "internal"),
});

/** Everything of an onboarding's record that a webhook has nothing to do with. */
function decided() {
  const item = cloud.table.items.get(
    JSON.stringify([onboardingPk({ account_id: ACCOUNT, reference_id }), "profile"]),
  );
  const hints = ["signal", "said", "last_write", "appointment", "appointment_said_at"];
  return Object.fromEntries(Object.entries(item ?? {}).filter(([name]) => !hints.includes(name)));
}
const decidedBefore = decided();

/** What was taken is a hint: it decides nothing, and of its words only the gateway's own are passed on. */
function expectHint(): void {
  expect(decided()).toEqual(decidedBefore);
  for (const place of cloud.writtenSince(before)) expect(place).toMatch(/^(table|told) /);
  for (const told of cloud.told.values()) {
    if (before.get("told")?.size === cloud.told.size) break;
    const { what, detail } = told as { what: EventType; detail: unknown };
    if (what in eventDetailSchemas) expect(eventDetailSchemas[what].safeParse(detail).error).toBeUndefined();
    expect(JSON.stringify(told)).not.toContain(MARKER);
  }
}

describe.each(webhookSlots)("a webhook in the slot %s", (slot) => {
  const token = fc.oneof({ weight: 20, arbitrary: fc.constant("token") }, { weight: 1, arbitrary: text });
  const body = fc.oneof(
    { weight: 20, arbitrary: jsonLike(validBodies[slot]).map((json) => Buffer.from(json)) },
    { weight: 1, arbitrary: fc.uint8Array().map((bytes) => Buffer.from(bytes)) },
  );

  test("is written down as a hint, or refused and changes nothing", { timeout }, async () => {
    await hold(
      fc.asyncProperty(token, body, async (given, bytes) => {
        try {
          const answer = await cloud.ingest(slot, given, bytes);
          const documented = documentedAnswer(ingestion, answer);
          if (documented === null) expect(answer, "an answer that nobody documented").toBeNull();
          expect(JSON.stringify(answer)).not.toContain(MARKER);
          if (documented === "success") expectHint();
          else expectUnchanged(cloud, before);
          if (given !== "token") expect(documented).toBe("unknownRoute");
          expectNoTrace(cloud);
        } finally {
          cloud.restore(before);
        }
      }),
    );
  });

  test("is taken as the gateway sends it", async () => {
    for (const one of validBodies[slot]) {
      expect(await cloud.ingest(slot, "token", Buffer.from(JSON.stringify(one)))).toEqual({
        status: 200,
        body: {},
      });
      expect(cloud.writtenSince(before).length).toBeGreaterThan(0);
      cloud.restore(before);
    }
  });
});
