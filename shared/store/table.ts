import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandOutput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { dueShard } from "./keys.ts";

/** Of what is written; readers also take what version 1 left. */
export const SCHEMA_VERSION = 2;

/**
 * What the index of due work has of an item beside its keys: what a list of onboardings shows, and what plans the next
 * look. A write that changes one of these attributes rewrites the entry, at a write unit of its own for each KB, but so
 * does every new `dueAt`. So they cost nothing as long as only those writes change them that park, settle, put off or
 * start something anyway (a hold is the exception), an entry stays below 1 KB, and nothing that changes with a signal, a
 * booked slot or a lease is among them.
 */
export const dueProjection = [
  "attempt",
  "checks",
  "config_id",
  "created_at",
  "deadline_at",
  "held",
  "link_ready",
  "notice_at",
  "parked_at",
  "profile_id",
  "reason",
  "state",
  "status",
] as const;

/** What stands for a status in the entry of a claim that is released: nothing is open of it. */
export const RELEASED = "released";

/** An entry of the index: keys, and as much of `dueProjection` as the item has. */
export type DueEntry = DuePosition & Record<string, unknown>;

/** Where a walk through a shard of the index has come: the keys of the entry that it saw last. */
export interface DuePosition {
  pk: string;
  sk: string;
  dueAt: number;
}

/** The reads and conditional writes that everything in the table is made of. */
export type Table = ReturnType<typeof dynamoTable>;

export function dynamoTable(dynamo: DynamoDBClient, TableName: string) {
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

  /** All items of a partition whose sort key begins with `prefix`. */
  const query = async (pk: string, prefix: string): Promise<Record<string, unknown>[]> => {
    const found: Record<string, unknown>[] = [];
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const answer: QueryCommandOutput = await dynamo.send(
        new QueryCommand({
          TableName,
          ConsistentRead: true,
          KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
          ExpressionAttributeValues: marshall({ ":pk": pk, ":prefix": prefix }),
          ...(ExclusiveStartKey && { ExclusiveStartKey }),
        }),
      );
      found.push(...(answer.Items ?? []).map((item) => unmarshall(item)));
      ExclusiveStartKey = answer.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return found;
  };
  /** What is due in a shard of the sparse index, oldest first, at most `limit`. */
  const queryDue = async (shard: number, now: number, limit: number) => {
    const { Items = [] } = await dynamo.send(
      new QueryCommand({
        TableName,
        IndexName: "due",
        KeyConditionExpression: "dueShard = :shard AND dueAt <= :now",
        ExpressionAttributeValues: marshall({ ":shard": `due#${shard}`, ":now": now }),
        Limit: limit,
      }),
    );
    return Items.map((item) => unmarshall(item) as DueEntry);
  };
  /**
   * What is in a shard of the index, due or not, soonest first: at most `limit` entries after a position, with their
   * keys and `dueProjection`. `next` is where to go on, `null` at the end. Eventually consistent, as the index is.
   */
  const pageDue = async (
    shard: number,
    limit: number,
    after: DuePosition | null,
  ): Promise<{ entries: DueEntry[]; next: DuePosition | null }> => {
    const dueShard = `due#${shard}`;
    const { Items = [], LastEvaluatedKey } = await dynamo.send(
      new QueryCommand({
        TableName,
        IndexName: "due",
        KeyConditionExpression: "dueShard = :shard",
        ExpressionAttributeValues: marshall({ ":shard": dueShard }),
        Limit: limit,
        ...(after && { ExclusiveStartKey: marshall({ dueShard, ...after }) }),
      }),
    );
    const last = LastEvaluatedKey && (unmarshall(LastEvaluatedKey) as DuePosition);
    return {
      entries: Items.map((item) => unmarshall(item) as DueEntry),
      next: last ? { pk: last.pk, sk: last.sk, dueAt: last.dueAt } : null,
    };
  };
  return { put, get, update, query, queryDue, pageDue };
}

/** DynamoDB's longest partition key. */
const MAX_KEY_BYTES = 2_048;

/** Whether anything can have this partition key: the database refuses even to look for others. */
export const isKey = (pk: string): boolean => pk.isWellFormed() && Buffer.byteLength(pk) <= MAX_KEY_BYTES;

/** The table for keys that callers had a hand in. What nothing can have for a key is not there. */
export const forAnyKey = ({ put, get, update, query, queryDue, pageDue }: Table): Table => ({
  put,
  get: async (pk, sk) => (isKey(pk) ? get(pk, sk) : undefined),
  update: async (pk, sk, set, more) => isKey(pk) && update(pk, sk, set, more),
  query: async (pk, prefix) => (isKey(pk) ? query(pk, prefix) : []),
  queryDue,
  pageDue,
});

/** The index attributes of an item that is due `at`, in epoch milliseconds; `null` takes it out of the index. */
export const due = (pk: string, at: number | null) =>
  at === null ? { dueShard: null, dueAt: null } : { dueShard: dueShard(pk), dueAt: at };

/** As an item is put: what is `null` is not there. */
export const withoutNulls = (item: object): object =>
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
