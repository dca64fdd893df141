import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandOutput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { Outcome, Wait } from "../profile/next.ts";
import type { ProfileStatus, ReviewerAction } from "../profile/status.ts";
import { dueShard, type OnboardingKey, onboardingPk, parseOnboardingPk, profilePk } from "./keys.ts";

const SCHEMA_VERSION = 1;
/** A webhook for a profile that we never come to know is forgotten after this. */
const PARKED_WEBHOOK_SECONDS = 7 * 86_400;

/** Who owns a reference, for which request; written before anything else happens and never expiring. */
export interface Claim extends OnboardingKey {
  request_hash: string;
  config_id: string;
  mode: "sync" | "async";
  /** From 1; one more after each release, since execution names stay taken. */
  attempt: number;
  execution: string;
  created_at: number;
  released: boolean;
  profile_id: string | null;
  /** Creates were begun before: look up first (contract §3.4). */
  creates: number;
}

/** The hot item: where an onboarding is. Times are epoch milliseconds. No personal data. */
export interface ProfileRecord extends OnboardingKey {
  profile_id: string;
  config_id: string;
  execution: string;
  created_at: number;
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
}

/** A line of the timeline: what happened, on whose word. */
export interface HistoryEvent {
  at: number;
  kind: string;
  by: "webhook" | "orchestrator" | "caller" | "sweeper";
  detail: Record<string, string | number | null>;
}

export interface Parking {
  state: Wait;
  task_token: string;
  waits_for: ProfileStatus[];
  deadline_at: number;
  due_at: number;
}

type Fields = Partial<Omit<ProfileRecord, keyof OnboardingKey | "signal" | "wait">>;

/** All of the table: records, claims, history and the index of due work. Each method is one conditional write or read. */
export type Records = ReturnType<typeof dynamoRecords>;

export function dynamoRecords(dynamo: DynamoDBClient, TableName: string) {
  const options = { removeUndefinedValues: true };
  const put = async (item: object, condition?: string, values?: object): Promise<boolean> =>
    conditional(
      dynamo.send(
        new PutItemCommand({
          TableName,
          Item: marshall(item, options),
          ConditionExpression: condition,
          ...(values && { ExpressionAttributeValues: marshall(values) }),
        }),
      ),
    );
  const get = async (pk: string, sk: string) => {
    const { Item } = await dynamo.send(
      new GetItemCommand({ TableName, Key: marshall({ pk, sk }), ConsistentRead: true }),
    );
    return Item && unmarshall(Item);
  };
  /** `set` null means remove. `condition` may use `:name` of `values`. */
  const update = async (
    pk: string,
    sk: string,
    set: Record<string, unknown>,
    {
      condition,
      values = {},
      add,
    }: { condition?: string; values?: Record<string, unknown>; add?: string } = {},
  ): Promise<boolean> => {
    const names: Record<string, string> = {};
    const all: Record<string, unknown> = { ...values };
    const sets: string[] = [];
    const removes: string[] = [];
    for (const [name, value] of Object.entries(set)) {
      if (value === undefined) continue;
      names[`#${name}`] = name;
      if (value === null) removes.push(`#${name}`);
      else {
        sets.push(`#${name} = :set_${name}`);
        all[`:set_${name}`] = value;
      }
    }
    for (const [name] of (condition ?? "").matchAll(/#\w+/g)) names[name] = name.slice(1);
    if (add) {
      names[`#${add}`] = add;
      all[":one"] = 1;
    }
    const expression = [
      sets.length > 0 ? `SET ${sets.join(", ")}` : "",
      removes.length > 0 ? `REMOVE ${removes.join(", ")}` : "",
      add ? `ADD #${add} :one` : "",
    ];
    return conditional(
      dynamo.send(
        new UpdateItemCommand({
          TableName,
          Key: marshall({ pk, sk }),
          UpdateExpression: expression.filter(Boolean).join(" "),
          ConditionExpression: condition,
          ExpressionAttributeNames: names,
          ...(Object.keys(all).length > 0 && { ExpressionAttributeValues: marshall(all, options) }),
        }),
      ),
    );
  };
  const due = (pk: string, at: number | null) =>
    at === null ? { dueShard: null, dueAt: null } : { dueShard: dueShard(pk), dueAt: at };

  return {
    // --- claims

    async claimOf(key: OnboardingKey): Promise<Claim | null> {
      const item = await get(onboardingPk(key), "claim");
      return item ? ({ profile_id: null, creates: 0, ...item } as unknown as Claim) : null;
    },

    /** Takes a reference that nobody has, or that was released after `previous`. False: somebody was faster. */
    async claim(claim: Claim, startBy: number, previous: Claim | null): Promise<boolean> {
      const pk = onboardingPk(claim);
      const item = { pk, sk: "claim", ...claim, ...due(pk, startBy), schema_version: SCHEMA_VERSION };
      return previous
        ? put(withoutNulls(item), "released = :yes AND attempt = :attempt", {
            ":yes": true,
            ":attempt": previous.attempt,
          })
        : put(withoutNulls(item), "attribute_not_exists(pk)");
    },

    /** Lets go of a reference whose create the gateway refused, so that a corrected request can follow. */
    release: (claim: Claim): Promise<boolean> =>
      update(
        onboardingPk(claim),
        "claim",
        { released: true, lease_until: null, ...due("", null) },
        {
          condition: "#attempt = :attempt AND attribute_not_exists(#profile_id)",
          values: { ":attempt": claim.attempt },
        },
      ),

    /** The right to create for a while: one holder at a time. */
    lease: (claim: Claim, now: number, leaseMs: number): Promise<boolean> =>
      update(
        onboardingPk(claim),
        "claim",
        { lease_until: now + leaseMs },
        {
          condition:
            "#attempt = :attempt AND #released = :no AND attribute_not_exists(#profile_id) AND (attribute_not_exists(#lease_until) OR #lease_until < :now)",
          values: { ":attempt": claim.attempt, ":no": false, ":now": now },
          add: "creates",
        },
      ),

    /** Gives the right back before its time, after a create that failed without effect or with an unknown one. */
    unlease: (claim: Claim): Promise<boolean> =>
      update(onboardingPk(claim), "claim", { lease_until: null }, { condition: "attribute_exists(#pk)" }),

    /** The claim's execution runs, or its profile is known: the sweeper need not start it. */
    started: (claim: Claim): Promise<boolean> =>
      update(onboardingPk(claim), "claim", due("", null), {
        condition: "#attempt = :attempt",
        values: { ":attempt": claim.attempt },
      }),

    /** Puts a create off that kept failing: the sweeper starts the claim's next attempt at `at`. */
    defer(claim: Claim, at: number): Promise<boolean> {
      const attempt = claim.attempt + 1;
      const pk = onboardingPk(claim);
      return update(
        pk,
        "claim",
        { attempt, execution: nextExecution(claim.execution, attempt), lease_until: null, ...due(pk, at) },
        {
          condition: "#attempt = :attempt AND #released = :no AND attribute_not_exists(#profile_id)",
          values: { ":attempt": claim.attempt, ":no": false },
        },
      );
    },

    /** Binds a gateway profile to its claim and makes it findable for webhooks. */
    async bind(claim: Claim, profile_id: string): Promise<void> {
      const { account_id, reference_id } = claim;
      await put({ pk: profilePk(account_id, profile_id), sk: "id", reference_id });
      await update(
        onboardingPk(claim),
        "claim",
        { profile_id, lease_until: null },
        {
          condition: "attribute_exists(#pk)",
        },
      );
    },

    // --- the record

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
        Pick<ProfileRecord, "profile_id" | "config_id" | "execution" | "created_at" | "status">,
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

    // --- history

    /** Adds a line once: the same `id` again changes nothing and answers false. */
    record: (key: OnboardingKey, id: string, event: HistoryEvent): Promise<boolean> =>
      put({ pk: onboardingPk(key), sk: `event#${id}`, ...event }, "attribute_not_exists(pk)"),

    /** A webhook for a profile that we do not know yet: kept beside the profile's id, read with its history later. */
    recordUnknown: (
      account_id: string,
      profile_id: string,
      id: string,
      event: HistoryEvent,
    ): Promise<boolean> =>
      put(
        {
          pk: profilePk(account_id, profile_id),
          sk: `event#${id}`,
          ...event,
          ttl: Math.floor(event.at / 1000) + PARKED_WEBHOOK_SECONDS,
        },
        "attribute_not_exists(pk)",
      ),

    /** The timeline, oldest first. */
    async history(key: OnboardingKey, profile_id: string | null): Promise<HistoryEvent[]> {
      const pks = [onboardingPk(key), ...(profile_id ? [profilePk(key.account_id, profile_id)] : [])];
      const found: HistoryEvent[] = [];
      for (const pk of pks) {
        let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
        do {
          const answer: QueryCommandOutput = await dynamo.send(
            new QueryCommand({
              TableName,
              ConsistentRead: true,
              KeyConditionExpression: "pk = :pk AND begins_with(sk, :event)",
              ExpressionAttributeValues: marshall({ ":pk": pk, ":event": "event#" }),
              ...(ExclusiveStartKey && { ExclusiveStartKey }),
            }),
          );
          for (const item of answer.Items ?? []) {
            const { at, kind, by, detail } = unmarshall(item);
            found.push({ at, kind, by, detail } as HistoryEvent);
          }
          ExclusiveStartKey = answer.LastEvaluatedKey;
        } while (ExclusiveStartKey);
      }
      return found.sort((one, other) => one.at - other.at);
    },

    /** What was erased, when and on whose word. Written once and kept. */
    receipt: (key: OnboardingKey, receipt: Record<string, unknown>): Promise<boolean> =>
      put({ pk: onboardingPk(key), sk: "receipt", ...receipt }, "attribute_not_exists(pk)"),

    // --- due work

    /** What is due in a shard, oldest first, at most `limit`. */
    async due(
      shard: number,
      now: number,
      limit: number,
    ): Promise<{ key: OnboardingKey; kind: "profile" | "claim" }[]> {
      const { Items = [] } = await dynamo.send(
        new QueryCommand({
          TableName,
          IndexName: "due",
          KeyConditionExpression: "dueShard = :shard AND dueAt <= :now",
          ExpressionAttributeValues: marshall({ ":shard": `due#${shard}`, ":now": now }),
          Limit: limit,
        }),
      );
      return Items.map((item) => unmarshall(item)).flatMap(({ pk, sk }) => {
        const key = parseOnboardingPk(pk);
        return key ? [{ key, kind: sk as "profile" | "claim" }] : [];
      });
    },

    /** For tests and clean-up of a claim that never came to anything. */
    forget: async (key: OnboardingKey): Promise<void> => {
      await dynamo.send(
        new DeleteItemCommand({ TableName, Key: marshall({ pk: onboardingPk(key), sk: "claim" }) }),
      );
    },
  };
}

/** Reads the hot item; attributes that are absent have their resting value. */
export function readRecord(item: Record<string, unknown>): ProfileRecord {
  const { dueAt, ...rest } = item;
  return {
    reviewer_action: null,
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

/** Execution names end in their attempt; the rest stays for all of them. */
const nextExecution = (execution: string, attempt: number): string =>
  `${execution.slice(0, execution.lastIndexOf("-"))}-${attempt}`;

const withoutNulls = (item: object): object =>
  Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null));

/** True when the write happened, false when its condition did not hold; anything else is thrown. */
async function conditional(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
