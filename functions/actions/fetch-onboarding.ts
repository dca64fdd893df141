import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import { refusals } from "../../shared/gateway/answers.ts";
import { endpoint } from "../../shared/gateway/endpoints.ts";
import { isAllowed } from "../../shared/profile/lifecycle.ts";
import { mayDo, situationOf } from "../../shared/profile/operations.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import { isStuck } from "../../shared/profile/stuck.ts";
import type { Claim } from "../../shared/store/claims.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import { dynamoRecords, type Records } from "../../shared/store/records.ts";
import type { Vault } from "../../shared/store/vault.ts";
import { defineAction, toHandler } from "../action.ts";
import { withExecutions, withVault } from "../aws-parts.ts";
import { once, resource } from "../environment.ts";
import { slotOf } from "../events/slot-of.ts";
import type { Executions } from "../executions.ts";
import { withReasons } from "../operate/operator-audit.ts";
import { executionLines, historyFrom, type ReadHistory } from "../timeline/execution-lines.ts";
import { SHOWN_FIRST, SHOWN_LAST, shownOf, timelineOf } from "../timeline/timeline.ts";
import { saysOf, tellsDecision } from "../timeline/timeline-words.ts";
import { waitingFor, waitingForCreate } from "../timeline/waiting-for.ts";
import { whyOf } from "../timeline/why.ts";

interface Deps {
  records: Records;
  vault: Pick<Vault, "get">;
  executions: Pick<Executions, "arnOf">;
  readHistory: ReadHistory;
  now: () => number;
}

/** A video-call slot that the customer booked (contract §8.4). */
const appointmentSchema = z.object({
  scheduled_at: z.string(),
  start_time: z.string(),
  end_time: z.string(),
});

const lineSchema = z.object({
  at: z.string(),
  kind: z.string(),
  by: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  says: z.string().describe("The line in plain words."),
});

export const onboardingSchema = z.object({
  reference_id: z.string(),
  profile_id: z.string().nullable(),
  config_id: z.string(),
  created_at: z.string().describe("When it was asked for."),
  status: z.string().nullable(),
  reviewer_action: z.string().nullable(),
  outcome: z.string().nullable(),
  state: z.string().nullable().describe("The state of the state machine that it waits in."),
  why: z.string().describe("Why it is where it is, and what comes if nothing happens, in plain words."),
  stuck: z
    .boolean()
    .describe(
      "Somebody should look: it needs attention, missed a deadline by 15 minutes, or could not be created.",
    ),
  waiting_for: z.string().nullable(),
  waiting_since: z.string().nullable(),
  waiting_until: z.string().nullable(),
  next_check_at: z.string().nullable().describe("When we look, or try, again by ourselves at the latest."),
  appointment: appointmentSchema.nullable(),
  round: z.int(),
  reminders: z.int().describe("Reminders of the present wait so far."),
  held: z.object({ by: z.string(), at: z.string() }).nullable().describe("Under legal hold, on whose word."),
  decision: z
    .object({ at: z.string(), by: z.string(), says: z.string() })
    .nullable()
    .describe(
      "The last line of the timeline by which we, the caller or an operator approved or rejected the customer.",
    ),
  allowed_actions: z.array(z.string()),
  may_do: z
    .array(z.object({ action: z.string(), does: z.string() }))
    .describe("What an operator may safely do now."),
  execution_arn: z.string(),
  console_url: z.string().describe("The execution in the Step Functions console."),
  steps_note: z
    .string()
    .nullable()
    .describe("With `steps`: why steps of the execution are missing, if they are."),
  events: z
    .array(lineSchema)
    .describe(
      `The timeline, oldest first. What changed nothing has no line: looks without news, what callers read, what the gateway refused to them. Of more than ${SHOWN_FIRST + SHOWN_LAST} lines the first ${SHOWN_FIRST} and the last ${SHOWN_LAST} are given, and between them one of the kind TimelineCut, which says how many are left out.`,
    ),
});
export type Onboarding = z.output<typeof onboardingSchema>;

const querySchema = z.object({
  steps: z
    .enum(["true", "false"])
    .optional()
    .describe("`true`: the steps of the execution are read as well, and put into the timeline."),
});

const iso = (at: number) => new Date(at).toISOString();
const isoOrNull = (at: number | null | undefined) => (at == null ? null : iso(at));

const consoleUrl = (arn: string): string => {
  const region = arn.split(":")[3] ?? "";
  return `https://${region}.console.aws.amazon.com/states/home?region=${region}#/v2/executions/details/${encodeURIComponent(arn)}`;
};

function waitOf(claim: Claim, record: ProfileRecord | null, now: number): string | null {
  if (!record) return claim.released ? null : waitingForCreate;
  const { state, appointment } = record;
  return state && waitingFor(state, appointment !== null && appointment.end_at > now);
}

function isStuckNow(claim: Claim, record: ProfileRecord | null, now: number): boolean {
  if (!record) return !claim.released && isStuck({ ...claim, due_at: claim.due_at ?? null }, now);
  const { state, deadline_at, held } = record;
  return state !== null && isStuck({ state, deadline_at, held: held !== null }, now);
}

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
    query: querySchema,
    success: { status: 200, body: onboardingSchema },
    refusals: ["badRequest", "unknownProfile"],
  }),
  grants: [
    "callers:read",
    "records:read",
    "records:history",
    "executions:name",
    "executions:read",
    "vault:reasons",
  ],
  async run({ account_id, id, query }, { records, vault, executions, readHistory, now: clock }) {
    const key = { account_id, reference_id: id };
    const now = clock();
    const [claim, record] = await Promise.all([records.claimOf(key), records.find(key)]);
    if (!claim) return refusals.unknownProfile();
    const profile_id = record?.profile_id ?? claim.profile_id;
    const wantsSteps = (query as z.output<typeof querySchema> | undefined)?.steps === "true";
    const [events, receipt, steps] = await Promise.all([
      records.history(key, profile_id),
      record?.purged_at ? records.receiptOf(key) : null,
      wantsSteps ? executionLines(claim, executions, readHistory, now) : null,
    ]);
    const all = timelineOf(claim, events, receipt, steps?.lines ?? []);
    const decision = all.findLast(tellsDecision);
    const shown = shownOf(all);
    // What a purge has begun to erase is not read any more.
    const isKept = record !== null && !record.purging && record.purged_at === null;
    const lines = isKept ? await withReasons(key, shown, vault) : shown;
    const execution_arn = executions.arnOf(claim.execution);
    const waits = record?.state ? record : null;
    const situation = { ...situationOf(claim, record), ...(steps && { driven: steps.runs }) };
    const isUndriven = situation.driven === false && !situation.ended;
    return {
      status: 200,
      body: {
        reference_id: id,
        profile_id,
        config_id: claim.config_id,
        created_at: iso(claim.created_at),
        status: record?.status ?? null,
        reviewer_action: record?.reviewer_action ?? null,
        outcome: record?.outcome ?? null,
        state: record?.state ?? null,
        why:
          whyOf(claim, record, now) + (isUndriven ? " No execution drives it: it has to be restarted." : ""),
        stuck: isUndriven || isStuckNow(claim, record, now),
        waiting_for: waitOf(claim, record, now),
        waiting_since: isoOrNull(waits?.parked_at),
        waiting_until: isoOrNull(waits?.deadline_at),
        next_check_at: isoOrNull(record ? waits?.due_at : claim.released ? null : claim.due_at),
        appointment: record?.appointment ? slotOf(record.appointment) : null,
        round: record?.rounds ?? 0,
        reminders: waits?.reminders ?? 0,
        held: record?.held ? { by: record.held.by, at: iso(record.held.at) } : null,
        decision: decision ? { at: iso(decision.at), by: decision.by, says: saysOf(decision) } : null,
        allowed_actions: record ? actionsIn(record.status) : [],
        may_do: mayDo(situation),
        execution_arn,
        console_url: consoleUrl(execution_arn),
        steps_note: steps?.note ?? null,
        events: lines.map((line) => ({ ...line, at: iso(line.at), says: saysOf(line) })),
      } satisfies Onboarding,
    };
  },
});

const history = once(() => historyFrom());

export const handler = toHandler(fetchOnboarding, () => ({
  records: dynamoRecords(new DynamoDBClient({}), resource("records:read")),
  ...withVault(),
  ...withExecutions(),
  readHistory: (executionArn) => history()(executionArn),
  now: () => Date.now(),
}));
