import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Outcome, Wait } from "../profile/next.ts";
import type { ProfileStatus, ReviewerAction } from "../profile/status.ts";
import { claimsIn } from "./claims.ts";
import { historyIn } from "./history.ts";
import { type OnboardingKey, onboardingPk, parseOnboardingPk, profilePk } from "./keys.ts";
import { due, dynamoTable, forAnyKey, SCHEMA_VERSION, type Table } from "./table.ts";

/** The hot item: where an onboarding is. Times are epoch milliseconds. No personal data. */
export interface ProfileRecord extends OnboardingKey {
  profile_id: string;
  config_id: string;
  execution: string;
  created_at: number;
  /** Nothing of the customer is asked of the gateway in clear (contract §9). */
  encrypted: boolean;
  status: ProfileStatus;
  reviewer_action: ReviewerAction | null;
  rounds: number;
  /** Raised by everything that may be news; a step parks only if it did not change since the step looked. */
  signal: number;
  /** Which wait this is, counted over the whole onboarding. */
  wait: number;
  state: Wait | null;
  task_token: string | null;
  waits_for: ProfileStatus[];
  deadline_at: number | null;
  due_at: number | null;
  checks: number;
  link_ready: boolean;
  reason: string | null;
  missed: number;
  outcome: Outcome | null;
  retain_until: number | null;
  purged_at: number | null;
  /** The customer's time was over, and we cancelled or were about to. */
  limit_passed: boolean;
  /** The video-call slot that the customer booked, as the latest W5 said (contract §8.4). */
  appointment: Appointment | null;
}

/** A booked slot, `[start_at, end_at)`; epoch milliseconds. `scheduled_at` is when it was booked. */
export interface Appointment {
  scheduled_at: number;
  start_at: number;
  end_at: number;
}

export interface Parking {
  state: Wait;
  task_token: string;
  waits_for: ProfileStatus[];
  deadline_at: number;
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
  return { ...claimsIn(any), ...recordsIn(any), ...historyIn(any) };
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

  create: (
    record: OnboardingKey &
      Pick<ProfileRecord, "profile_id" | "config_id" | "execution" | "created_at" | "status" | "encrypted">,
  ) =>
    put(
      {
        pk: onboardingPk(record),
        sk: "profile",
        ...record,
        signal: 0,
        wait: 0,
        rounds: 0,
        schema_version: SCHEMA_VERSION,
      },
      "attribute_not_exists(pk)",
    ),

  /** Something may have changed. Cheap, and harmless when nothing did. False: no such record. */
  signal: (key: OnboardingKey): Promise<boolean> =>
    update(
      onboardingPk(key),
      "profile",
      { last_write: "signal" },
      {
        condition: "attribute_exists(#pk)",
        add: "signal",
      },
    ),

  /** Parks, if no signal came since `seen` was read. False: look again. */
  park(record: ProfileRecord, parking: Parking, fields: Fields): Promise<boolean> {
    const pk = onboardingPk(record);
    return update(
      pk,
      "profile",
      {
        ...fields,
        ...parking,
        due_at: undefined,
        checks: 0,
        ...due(pk, parking.due_at),
        last_write: "park",
      },
      {
        condition: "#signal = :seen AND #wait = :wait",
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

  /** Moves the next check of a wait that is still the same. */
  postpone(record: ProfileRecord, due_at: number): Promise<boolean> {
    const pk = onboardingPk(record);
    return update(
      pk,
      "profile",
      { ...due(pk, due_at), checks: record.checks + 1, last_write: "check" },
      {
        condition: "#wait = :wait AND attribute_exists(#task_token)",
        values: { ":wait": record.wait },
      },
    );
  },

  /** Writes what a step found out, no longer parked. */
  settle: (key: OnboardingKey, fields: Fields): Promise<boolean> =>
    update(
      onboardingPk(key),
      "profile",
      {
        ...fields,
        task_token: null,
        state: null,
        waits_for: null,
        ...due("", null),
        last_write: "step",
      },
      { condition: "attribute_exists(#pk)" },
    ),

  /** What is due in a shard, oldest first, at most `limit`. */
  async due(
    shard: number,
    now: number,
    limit: number,
  ): Promise<{ key: OnboardingKey; kind: "profile" | "claim"; due_at: number }[]> {
    return (await queryDue(shard, now, limit)).flatMap(({ pk, sk, dueAt }) => {
      const key = parseOnboardingPk(pk);
      return key ? [{ key, kind: sk as "profile" | "claim", due_at: dueAt }] : [];
    });
  },

  /** Takes a due profile until a moment: the sweeps before that leave it alone. False: it was taken, or moved on. */
  takeDue(key: OnboardingKey, due_at: number, until: number): Promise<boolean> {
    const pk = onboardingPk(key);
    return update(
      pk,
      "profile",
      { ...due(pk, until), last_write: "sweep" },
      { condition: "#dueAt = :due_at", values: { ":due_at": due_at } },
    );
  },
});

/** Reads the hot item; attributes that are absent have their resting value. */
export function readRecord(item: Record<string, unknown>): ProfileRecord {
  const { dueAt, ...rest } = item;
  return {
    reviewer_action: null,
    encrypted: false,
    limit_passed: false,
    appointment: null,
    state: null,
    task_token: null,
    waits_for: [],
    deadline_at: null,
    checks: 0,
    link_ready: false,
    reason: null,
    missed: 0,
    outcome: null,
    retain_until: null,
    purged_at: null,
    ...rest,
    due_at: typeof dueAt === "number" ? dueAt : null,
  } as unknown as ProfileRecord;
}
