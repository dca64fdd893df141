import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Checked } from "../profile/checks.ts";
import type { Wait } from "../profile/next.ts";
import type { Announced, ProfileStatus } from "../profile/status.ts";
import { claimsIn } from "./claims.ts";
import { historyIn } from "./history.ts";
import { holdsIn } from "./holds.ts";
import { type OnboardingKey, onboardingPk, parseOnboardingPk, profilePk } from "./keys.ts";
import { openIn } from "./open-onboardings.ts";
import {
  type Appointment,
  type ProfileRecord,
  packToken,
  readRecord,
  sameStatuses,
  usuallyWaitsFor,
  withoutResting,
} from "./profile-record.ts";
import {
  type DueEntry,
  due,
  dynamoTable,
  forAnyKey,
  SCHEMA_VERSION,
  type Table,
  withoutNulls,
} from "./table.ts";

export interface Parking {
  state: Wait;
  parked_at: number;
  task_token: string;
  waits_for: ProfileStatus[];
  deadline_at: number;
  notice_at?: number | null;
  due_at: number;
}

type Fields = Partial<Omit<ProfileRecord, keyof OnboardingKey | "signal" | "wait">>;

/** All of the table: claims, records, history and the index of due work. */
export type Records = ReturnType<typeof recordsOver>;

export const dynamoRecords = (dynamo: DynamoDBClient, tableName: string): Records =>
  recordsOver(dynamoTable(dynamo, tableName));

/** The same over any table that keeps its conditions. */
export const recordsOver = (table: Table) => {
  const any = forAnyKey(table);
  return { ...claimsIn(any), ...recordsIn(any), ...openIn(any), ...holdsIn(any), ...historyIn(any) };
};

/** The hot item and the index of due work. Each method is one conditional write or read. */
const recordsIn = ({ put, get, update, queryDue }: Table) => ({
  async find(key: OnboardingKey): Promise<ProfileRecord | null> {
    const item = await get(onboardingPk(key), "profile");
    return item ? readRecord(item) : null;
  },

  async referenceOf(account_id: string, profile_id: string): Promise<OnboardingKey | null> {
    const item = await get(profilePk(account_id, profile_id), "id");
    return item ? { account_id, reference_id: String(item["reference_id"]) } : null;
  },

  create: ({
    account_id,
    reference_id,
    ...fields
  }: OnboardingKey &
    Pick<ProfileRecord, "profile_id" | "config_id" | "execution" | "created_at" | "status" | "encrypted">) =>
    put(
      withoutNulls({
        pk: onboardingPk({ account_id, reference_id }),
        sk: "profile",
        ...withoutResting(fields),
        signal: 0,
        wait: 0,
        schema_version: SCHEMA_VERSION,
      }),
      "attribute_not_exists(pk)",
    ),

  /**
   * Something may have changed: `said` is what a webhook announced, `null` where nobody knows what. Cheap, and harmless
   * when nothing did. False: no such record.
   */
  signal: (key: OnboardingKey, said: Announced | null = null): Promise<boolean> =>
    update(
      onboardingPk(key),
      "profile",
      { said, last_write: "signal" },
      {
        condition: "attribute_exists(#pk)",
        add: "signal",
      },
    ),

  /** Parks, if no signal came since `seen` was read. False: look again. */
  park(
    record: ProfileRecord,
    { task_token, waits_for, due_at, notice_at = null, ...parking }: Parking,
    fields: Fields,
  ): Promise<boolean> {
    const pk = onboardingPk(record);
    const parked = { ...record, ...fields, ...parking };
    return update(
      pk,
      "profile",
      {
        // Of an Attention that is over.
        reason: null,
        missed: null,
        ...withoutResting(fields),
        ...parking,
        notice_at,
        task_token: packToken(task_token),
        waits_for: sameStatuses(waits_for, usuallyWaitsFor(parked)) ? null : waits_for,
        checks: null,
        reminders: null,
        ...due(pk, due_at),
        last_write: "park",
      },
      {
        condition: "#signal = :seen AND #wait = :wait AND attribute_not_exists(#purged_at)",
        values: { ":seen": record.signal, ":wait": record.wait },
        add: "wait",
      },
    );
  },

  /** Keeps what was said last of a booked slot, by the gateway's clock. False: something newer is known. */
  appointment: (key: OnboardingKey, appointment: Appointment | null, said_at: number): Promise<boolean> =>
    update(
      onboardingPk(key),
      "profile",
      { appointment, appointment_said_at: said_at, last_write: "appointment" },
      {
        condition:
          "attribute_exists(#pk) AND attribute_not_exists(#purged_at) AND (attribute_not_exists(#appointment_said_at) OR #appointment_said_at <= :said_at)",
        values: { ":said_at": said_at },
      },
    ),

  /** Moves the next look at a wait that is still the same, and of which nothing was told meanwhile. */
  postpone(
    record: ProfileRecord,
    due_at: number,
    fields: Partial<
      Pick<
        ProfileRecord,
        "status" | "link_ready" | "parked_at" | "checks" | "notice_at" | "reminders" | "past_slot"
      >
    >,
  ): Promise<boolean> {
    const pk = onboardingPk(record);
    return update(
      pk,
      "profile",
      { ...withoutResting(fields), ...due(pk, due_at), last_write: "check" },
      {
        condition:
          "#wait = :wait AND attribute_exists(#task_token) AND (attribute_not_exists(#reminders) OR #reminders = :told)",
        values: { ":wait": record.wait, ":told": record.reminders },
      },
    );
  },

  /** Writes what a step found out, no longer parked. False: a step was parked since, whose place this would take. */
  settle: (record: OnboardingKey & Pick<ProfileRecord, "wait">, fields: Fields): Promise<boolean> =>
    update(
      onboardingPk(record),
      "profile",
      {
        ...withoutResting(fields),
        task_token: null,
        state: null,
        parked_at: null,
        waits_for: null,
        notice_at: null,
        ...due("", null),
        last_write: "step",
      },
      { condition: "#wait = :wait", values: { ":wait": record.wait } },
    ),

  /**
   * Hands a record on to the execution of another attempt. Nobody is left to resume what was parked; `state` stays and
   * tells the new execution where the one before was. False: somebody else did.
   */
  handOver: (record: ProfileRecord, execution: string): Promise<boolean> =>
    update(
      onboardingPk(record),
      "profile",
      {
        execution,
        task_token: null,
        parked_at: null,
        waits_for: null,
        notice_at: null,
        ...due("", null),
        last_write: "step",
      },
      {
        condition: "#execution = :before AND attribute_not_exists(#purged_at)",
        values: { ":before": record.execution },
      },
    ),

  /** What is due in a shard, oldest first, at most `limit`. */
  async due(shard: number, now: number, limit: number): Promise<DueWork[]> {
    return (await queryDue(shard, now, limit)).flatMap((entry) => {
      const key = parseOnboardingPk(entry.pk);
      return key ? [readDue(key, entry)] : [];
    });
  },

  /**
   * Takes a due profile until a moment: the sweeps before that leave it alone. With `checks` that was a check, and the
   * moment is the next look's. False: it was taken, or moved on.
   */
  takeDue(key: OnboardingKey, due_at: number, until: number, checks?: number): Promise<boolean> {
    const pk = onboardingPk(key);
    return update(
      pk,
      "profile",
      { ...due(pk, until), checks, last_write: "sweep" },
      { condition: "#dueAt = :due_at", values: { ":due_at": due_at } },
    );
  },
});

/** What is due: a wait to look at, or a claim that nobody started or that was released. Times are epoch milliseconds. */
export type DueWork = { key: OnboardingKey; due_at: number } & (
  | ({ kind: "profile"; config_id: string } & Checked)
  | { kind: "claim" }
);

function readDue(key: OnboardingKey, { sk, dueAt: due_at, ...entry }: DueEntry): DueWork {
  if (sk === "claim") return { kind: "claim", key, due_at };
  const time = (name: string) => (typeof entry[name] === "number" ? entry[name] : null);
  return {
    kind: "profile",
    key,
    due_at,
    config_id: String(entry["config_id"]),
    state: entry["state"] as Wait,
    status: entry["status"] as ProfileStatus,
    link_ready: entry["link_ready"] === true,
    checks: time("checks") ?? 0,
    deadline_at: time("deadline_at"),
    notice_at: time("notice_at"),
  };
}
