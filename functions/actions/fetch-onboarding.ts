import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import { refusals } from "../../shared/gateway/answers.ts";
import { endpoint } from "../../shared/gateway/endpoints.ts";
import { isAllowed } from "../../shared/profile/lifecycle.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import {
  type Appointment,
  dynamoRecords,
  type ProfileRecord,
  type Records,
} from "../../shared/store/records.ts";
import { defineAction, toHandler } from "../action.ts";
import { resource } from "../environment.ts";
import { type Executions, stepFunctions } from "../executions.ts";

interface Deps {
  records: Records;
  executions: Pick<Executions, "arnOf">;
  now: () => number;
}

/** A video-call slot that the customer booked (contract §8.4). */
const appointmentSchema = z.object({
  scheduled_at: z.string(),
  start_time: z.string(),
  end_time: z.string(),
});

export const onboardingSchema = z.object({
  reference_id: z.string(),
  profile_id: z.string().nullable(),
  status: z.string().nullable(),
  reviewer_action: z.string().nullable(),
  outcome: z.string().nullable(),
  waiting_for: z.string().nullable(),
  waiting_until: z.string().nullable(),
  appointment: appointmentSchema.nullable(),
  round: z.int(),
  allowed_actions: z.array(z.string()),
  execution_arn: z.string(),
  events: z.array(
    z.object({
      at: z.string(),
      kind: z.string(),
      by: z.string(),
      detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
    }),
  ),
});

/** What each wait waits for, in plain words. */
const waitingFor: Record<NonNullable<ProfileRecord["state"]>, string> = {
  OpenCapture: "the customer to finish the capture",
  Review: "a person to approve, reject or ask for recapture",
  Recapture: "the customer to redo the requested items",
  Attention: "a person to look at it",
  Retain: "the retention date",
};

const waitOf = ({ state, appointment }: ProfileRecord, now: number): string | null =>
  state === "OpenCapture" && appointment && appointment.end_at > now
    ? "the customer's video call"
    : state && waitingFor[state];

const slotOf = ({ scheduled_at, start_at, end_at }: Appointment) => ({
  scheduled_at: new Date(scheduled_at).toISOString(),
  start_time: new Date(start_at).toISOString(),
  end_time: new Date(end_at).toISOString(),
});

/** What a caller may do to a profile in this status, by the gateway's own rules (contract §10.3). */
const actionsIn = (status: ProfileStatus): string[] =>
  (["cancelProfile", "completeProfile", "submitRecapture", "purgeProfile"] as const).filter((operation) =>
    isAllowed(operation, status),
  );

/** `GET /onboardings/{reference_id}`: where an onboarding is, what it waits for, and how it came there. */
export const fetchOnboarding = defineAction<Deps>({
  file: "fetch-onboarding",
  serves: endpoint({
    operations: [],
    summary: "Fetch where an onboarding is, what it waits for, and how it came there",
    method: "GET",
    path: "/onboardings/{reference_id}",
    success: { status: 200, body: onboardingSchema },
    refusals: ["unknownProfile"],
  }),
  grants: ["callers:read", "records:read", "records:history", "executions:name"],
  async run({ account_id, id }, { records, executions, now }) {
    const key = { account_id, reference_id: id };
    const [claim, record] = await Promise.all([records.claimOf(key), records.find(key)]);
    if (!claim) return refusals.unknownProfile();
    const profile_id = record?.profile_id ?? claim.profile_id;
    const events = await records.history(key, profile_id);
    return {
      status: 200,
      body: {
        reference_id: id,
        profile_id,
        status: record?.status ?? null,
        reviewer_action: record?.reviewer_action ?? null,
        outcome: record?.outcome ?? null,
        waiting_for: record ? waitOf(record, now()) : null,
        waiting_until:
          record?.state && record.deadline_at !== null ? new Date(record.deadline_at).toISOString() : null,
        appointment: record?.appointment ? slotOf(record.appointment) : null,
        round: record?.rounds ?? 0,
        allowed_actions: record ? actionsIn(record.status) : [],
        execution_arn: executions.arnOf(claim.execution),
        events: [
          {
            at: new Date(claim.created_at).toISOString(),
            kind: "OnboardingRequested",
            by: "caller",
            detail: { status: null },
          },
          ...events.map(({ at, ...event }) => ({ at: new Date(at).toISOString(), ...event })),
        ],
      },
    };
  },
});

export const handler = toHandler(fetchOnboarding, () => ({
  records: dynamoRecords(new DynamoDBClient({}), resource("records:read")),
  executions: stepFunctions(resource("executions:name")),
  now: () => Date.now(),
}));
