import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import {
  type AttributeValue,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { noFaults } from "./faults.ts";
import type { ProfileRecord } from "./profile-record.ts";
import { KEEP_DAYS } from "./settings.ts";
import type { AccountSetup, DeadLetter, Delivery, Store } from "./store.ts";
import { noWebhooks } from "./webhook-targets.ts";

type Key = { pk: { S: string }; sk: { S: string } };

/** Free strings become hashes: they may be longer than a key, and tokens are not kept in clear twice. */
const hash = (...parts: string[]): string => createHash("sha256").update(JSON.stringify(parts)).digest("hex");
const key = (pk: string, sk = "#"): Key => ({ pk: { S: pk }, sk: { S: sk } });
const keys = {
  profile: (profileId: string) => key(`PROFILE#${hash(profileId)}`),
  reference: (accountId: string, referenceId: string) => key(`REFERENCE#${hash(accountId, referenceId)}`),
  link: (token: string) => key(`LINK#${hash(token)}`),
  delivery: (noticeId: string) => key(`DELIVERY#${noticeId}`),
  setup: (accountId: string, what: "webhooks" | "faults" | "requests") =>
    key(`ACCOUNT#${hash(accountId)}`, what),
  request: (profileId: string, chunk = 0) =>
    key(`REQUEST#${hash(profileId)}`, String(chunk).padStart(4, "0")),
  dead: (accountId: string, letter = "") => key(`DEAD#${hash(accountId)}`, letter),
};

/** An item may have 400 KB; a request may have megabytes. */
const CHUNK_BYTES = 350_000;
/** What one batch takes: 25 items, 16 MB. */
const BATCH_ITEMS = 25;
const DEAD_LETTERS = 200;

const text = (item: Record<string, AttributeValue> | undefined, name = "body"): string | null =>
  item?.[name]?.S ?? null;

/** Everything in one table. Requests, which may be large, are compressed and cut into items of their own. */
export function dynamoStore(dynamo: DynamoDBClient, table: string): Store {
  const ttl = () => ({ N: String(Math.floor(Date.now() / 1000) + KEEP_DAYS * 86_400) });
  const item = (itemKey: Key, body: unknown, more: Record<string, AttributeValue> = {}) => ({
    ...itemKey,
    body: { S: JSON.stringify(body) },
    ttl: ttl(),
    ...more,
  });
  const profileItem = (record: ProfileRecord) =>
    item(keys.profile(record.profile_id), record, { version: { N: String(record.version) } });
  const get = async (itemKey: Key) =>
    (await dynamo.send(new GetItemCommand({ TableName: table, Key: itemKey, ConsistentRead: true }))).Item;
  const put = (Item: Record<string, AttributeValue>) =>
    dynamo.send(new PutItemCommand({ TableName: table, Item }));
  /** All items of a partition in descending order; with `limit`, the last so many. */
  const query = async (pk: string, limit?: number) => {
    const found: Record<string, AttributeValue>[] = [];
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const answer = await dynamo.send(
        new QueryCommand({
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: "pk = :pk",
          ExpressionAttributeValues: { ":pk": { S: pk } },
          ScanIndexForward: false,
          ...(limit !== undefined && { Limit: limit }),
          ...(ExclusiveStartKey && { ExclusiveStartKey }),
        }),
      );
      found.push(...(answer.Items ?? []));
      ExclusiveStartKey = answer.LastEvaluatedKey;
    } while (ExclusiveStartKey && (limit === undefined || found.length < limit));
    return found;
  };
  /** Writes or deletes any number of items, without any order. */
  const batch = async (writes: WriteRequest[]) => {
    let open = writes;
    while (open.length > 0) {
      const { UnprocessedItems } = await dynamo.send(
        new BatchWriteItemCommand({ RequestItems: { [table]: open.slice(0, BATCH_ITEMS) } }),
      );
      open = [...(UnprocessedItems?.[table] ?? []), ...open.slice(BATCH_ITEMS)];
    }
  };
  /** Runs a conditional write; `false` if its condition did not hold. */
  const wins = async (write: () => Promise<unknown>): Promise<boolean> => {
    try {
      await write();
      return true;
    } catch (thrown) {
      if (thrown instanceof ConditionalCheckFailedException) return false;
      throw thrown;
    }
  };
  const saveRequest = (profileId: string, request: CreateRequest) => {
    const bytes = gzipSync(JSON.stringify(request));
    const chunks = Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, index) =>
      bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
    );
    return batch(
      chunks.map((B, index) => ({
        PutRequest: { Item: { ...keys.request(profileId, index), body: { B }, ttl: ttl() } },
      })),
    );
  };
  const requestItems = (profileId: string) => query(keys.request(profileId).pk.S);
  const eraseRequest = async (profileId: string) => {
    const found = await requestItems(profileId);
    await batch(found.flatMap(({ pk, sk }) => (pk && sk ? [{ DeleteRequest: { Key: { pk, sk } } }] : [])));
  };

  return {
    async setup(accountId) {
      const found = await query(keys.setup(accountId, "faults").pk.S);
      const read = <Name extends keyof AccountSetup>(name: Name, none: AccountSetup[Name]) => {
        const body = text(found.find((one) => one["sk"]?.S === name));
        return body === null ? none : (JSON.parse(body) as AccountSetup[Name]);
      };
      return { webhooks: read("webhooks", noWebhooks), faults: read("faults", noFaults) };
    },

    async saveWebhooks(accountId, webhooks) {
      const { ttl: _, ...kept } = item(keys.setup(accountId, "webhooks"), webhooks);
      await put(kept);
    },

    async saveFaults(accountId, faults) {
      const { ttl: _, ...kept } = item(keys.setup(accountId, "faults"), faults);
      await put(kept);
      await put({ ...keys.setup(accountId, "requests"), count: { N: "0" } });
    },

    async countRequest(accountId) {
      const { Attributes } = await dynamo.send(
        new UpdateItemCommand({
          TableName: table,
          Key: keys.setup(accountId, "requests"),
          UpdateExpression: "ADD #count :one",
          ExpressionAttributeNames: { "#count": "count" },
          ExpressionAttributeValues: { ":one": { N: "1" } },
          ReturnValues: "UPDATED_NEW",
        }),
      );
      return Number(Attributes?.["count"]?.N ?? 1);
    },

    async create(record, request, again) {
      const { profile_id, account_id, reference_id, link } = record;
      await saveRequest(profile_id, request);
      const claim = {
        TableName: table,
        Item: item(keys.reference(account_id, reference_id), profile_id),
        ...(!again && { ConditionExpression: "attribute_not_exists(pk)" }),
      };
      const others = [profileItem(record), ...(link ? [item(keys.link(link.token), profile_id)] : [])];
      const TransactItems = [{ Put: claim }, ...others.map((Item) => ({ Put: { TableName: table, Item } }))];
      try {
        await dynamo.send(new TransactWriteItemsCommand({ TransactItems }));
        return true;
      } catch (thrown) {
        await eraseRequest(profile_id);
        if (!(thrown instanceof TransactionCanceledException)) throw thrown;
        if (thrown.CancellationReasons?.[0]?.Code === "ConditionalCheckFailed") return false;
        throw thrown;
      }
    },

    async read(profileId) {
      const body = text(await get(keys.profile(profileId)));
      return body === null ? null : (JSON.parse(body) as ProfileRecord);
    },

    async findByReference(accountId, referenceId) {
      const body = text(await get(keys.reference(accountId, referenceId)));
      return body === null ? null : (JSON.parse(body) as string);
    },

    async findByLink(token) {
      const body = text(await get(keys.link(token)));
      return body === null ? null : (JSON.parse(body) as string);
    },

    replace: (record) =>
      wins(() =>
        dynamo.send(
          new PutItemCommand({
            TableName: table,
            Item: profileItem(record),
            ConditionExpression: "version = :before",
            ExpressionAttributeValues: { ":before": { N: String(record.version - 1) } },
          }),
        ),
      ),

    async clearOutbox(record) {
      await wins(() =>
        dynamo.send(
          new PutItemCommand({
            TableName: table,
            Item: profileItem({ ...record, outbox: [] }),
            ConditionExpression: "version = :same",
            ExpressionAttributeValues: { ":same": { N: String(record.version) } },
          }),
        ),
      );
    },

    async request(profileId) {
      const chunks = (await requestItems(profileId)).reverse().map(({ body }) => body?.B ?? new Uint8Array());
      if (chunks.length === 0) return null;
      return JSON.parse(gunzipSync(Buffer.concat(chunks)).toString("utf8")) as CreateRequest;
    },

    eraseRequest,

    async delivery(noticeId) {
      const body = text(await get(keys.delivery(noticeId)));
      return body === null ? null : (JSON.parse(body) as Delivery);
    },

    async saveDelivery(noticeId, delivery) {
      await put(item(keys.delivery(noticeId), delivery));
    },

    async bury(accountId, letter) {
      await put(item(keys.dead(accountId, `${letter.at}#${letter.notice_id}`), letter));
    },

    async deadLetters(accountId) {
      const found = await query(keys.dead(accountId).pk.S, DEAD_LETTERS);
      return found.flatMap((one) => {
        const body = text(one);
        return body === null ? [] : [JSON.parse(body) as DeadLetter];
      });
    },
  };
}
