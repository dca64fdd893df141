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

export const SCHEMA_VERSION = 1;

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
  /** Keys and times of what is due in a shard of the sparse index, oldest first, at most `limit`. */
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
    return Items.map((item) => unmarshall(item) as { pk: string; sk: string; dueAt: number });
  };
  return { put, get, update, query, queryDue };
}

/** DynamoDB's longest partition key. */
const MAX_KEY_BYTES = 2_048;

/** Whether anything can have this partition key: the database refuses even to look for others. */
export const isKey = (pk: string): boolean => pk.isWellFormed() && Buffer.byteLength(pk) <= MAX_KEY_BYTES;

/** The table for keys that callers had a hand in. What nothing can have for a key is not there. */
export const forAnyKey = ({ put, get, update, query, queryDue }: Table): Table => ({
  put,
  get: async (pk, sk) => (isKey(pk) ? get(pk, sk) : undefined),
  update: async (pk, sk, set, more) => isKey(pk) && update(pk, sk, set, more),
  query: async (pk, prefix) => (isKey(pk) ? query(pk, prefix) : []),
  queryDue,
});

/** The index attributes of an item that is due `at`, in epoch milliseconds; `null` takes it out of the index. */
export const due = (pk: string, at: number | null) =>
  at === null ? { dueShard: null, dueAt: null } : { dueShard: dueShard(pk), dueAt: at };

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
