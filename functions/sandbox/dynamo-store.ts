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
  TransactionConflictException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { noFaults } from "./faults.ts";
import type { ProfileRecord } from "./profile-record.ts";
import { KEEP_DAYS } from "./settings.ts";
import type { AccountSetup, DeadLetter, Delivery, DeskSession, Store } from "./store.ts";
import { emptySwitchboard, type Switchboard } from "./switchboard.ts";
import { noWebhooks } from "./webhook-targets.ts";

type Key = { pk: { S: string }; sk: { S: string } };

/** Free strings become hashes: they may be longer than a key, and tokens are not kept in clear twice. */
const hash = (...parts: string[]): string => createHash("sha256").update(JSON.stringify(parts)).digest("hex");
const key = (pk: string, sk = "#"): Key => ({ pk: { S: pk }, sk: { S: sk } });
const keys = {
  profile: (profileId: string) => key(`PROFILE#${hash(profileId)}`),
  reference: (accountId: string, referenceId: string) => key(`REFERENCE#${hash(accountId, referenceId)}`),
  switchboard: (accountId: string) => key(`SWITCHBOARD#${hash(accountId)}`),
  link: (token: string) => key(`LINK#${hash(token)}`),
  delivery: (noticeId: string) => key(`DELIVERY#${noticeId}`),
  setup: (accountId: string, what: "webhooks" | "faults" | "requests") =>
    key(`ACCOUNT#${hash(accountId)}`, what),
  newest: (accountId: string, createdAt = "", profileId = "") =>
    key(`PROFILES#${hash(accountId)}`, `${createdAt}#${profileId}`),
  request: (profileId: string) => key(`REQUEST#${hash(profileId)}`, ""),
  upload: (profileId: string, name = "") => key(`UPLOAD#${hash(profileId)}`, name && `${name}#`),
  deskSession: (token: string) => key(`DESK-SESSION#${hash(token)}`),
  dead: (accountId: string, letter = "") => key(`DEAD#${hash(accountId)}`, letter),
};

/** An item may have 400 KB; a request or an upload may have megabytes. */
const CHUNK_BYTES = 350_000;
/** What one batch takes: 25 items, 16 MB. */
const BATCH_ITEMS = 25;
const DEAD_LETTERS = 200;
const NEWEST_PROFILES = 100;

const text = (item: Record<string, AttributeValue> | undefined, name = "body"): string | null =>
  item?.[name]?.S ?? null;

/** Whether another writer came first, and nothing else was wrong. */
function wasOvertaken(thrown: unknown): boolean {
  if (thrown instanceof ConditionalCheckFailedException) return true;
  if (thrown instanceof TransactionConflictException) return true;
  if (!(thrown instanceof TransactionCanceledException)) return false;
  const codes = thrown.CancellationReasons?.flatMap(({ Code = "None" }) => (Code === "None" ? [] : [Code]));
  return (
    codes !== undefined &&
    codes.length > 0 &&
    codes.every((code) => code === "ConditionalCheckFailed" || code === "TransactionConflict")
  );
}

/** Everything in one table. Requests and uploads, which may be large, are compressed and cut into items. */
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
  /** All items of a partition in descending order; with `limit`, the last so many; with `from`, those it begins. */
  const query = async (pk: string, { limit, from }: { limit?: number; from?: string } = {}) => {
    const found: Record<string, AttributeValue>[] = [];
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const answer = await dynamo.send(
        new QueryCommand({
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: from ? "pk = :pk AND begins_with(sk, :from)" : "pk = :pk",
          ExpressionAttributeValues: { ":pk": { S: pk }, ...(from && { ":from": { S: from } }) },
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
  /** A write of version `version`, on condition that what is there is the one before; before 1 there is nothing. */
  const replacing = (Item: Record<string, AttributeValue>, version: number) => ({
    TableName: table,
    Item,
    ...(version === 1
      ? { ConditionExpression: "attribute_not_exists(pk)" }
      : {
          ConditionExpression: "version = :before",
          ExpressionAttributeValues: { ":before": { N: String(version - 1) } },
        }),
  });
  /** Runs a conditional write; `false` if its condition did not hold, or another transaction was under way. */
  const wins = async (write: () => Promise<unknown>): Promise<boolean> => {
    try {
      await write();
      return true;
    } catch (thrown) {
      if (wasOvertaken(thrown)) return false;
      throw thrown;
    }
  };
  /** Items whose sort keys are that of `itemKey` and a number. */
  const saveChunks = ({ pk, sk }: Key, content: string | Uint8Array) => {
    const bytes = gzipSync(content);
    const chunks = Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, index) =>
      bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
    );
    return batch(
      chunks.map((B, index) => ({
        PutRequest: {
          Item: { pk, sk: { S: `${sk.S}${String(index).padStart(4, "0")}` }, body: { B }, ttl: ttl() },
        },
      })),
    );
  };
  const readChunks = async ({ pk, sk }: Key): Promise<Buffer | null> => {
    const chunks = (await query(pk.S, { from: sk.S })).reverse();
    if (chunks.length === 0) return null;
    return gunzipSync(Buffer.concat(chunks.map(({ body }) => body?.B ?? new Uint8Array())));
  };
  const eraseAll = async ({ pk: { S }, sk }: Key) => {
    const found = await query(S, { from: sk.S });
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
      await saveChunks(keys.request(profile_id), JSON.stringify(request));
      const claim = {
        TableName: table,
        Item: item(keys.reference(account_id, reference_id), profile_id),
        ...(!again && { ConditionExpression: "attribute_not_exists(pk)" }),
      };
      const others = [
        profileItem(record),
        item(keys.newest(account_id, record.created_at, profile_id), profile_id),
        ...(link ? [item(keys.link(link.token), profile_id)] : []),
      ];
      const TransactItems = [{ Put: claim }, ...others.map((Item) => ({ Put: { TableName: table, Item } }))];
      try {
        await dynamo.send(new TransactWriteItemsCommand({ TransactItems }));
        return true;
      } catch (thrown) {
        await eraseAll(keys.request(profile_id));
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

    async switchboard(accountId) {
      const body = text(await get(keys.switchboard(accountId)));
      return body === null ? emptySwitchboard : (JSON.parse(body) as Switchboard);
    },

    replace(record, switchboard) {
      const profile = replacing(profileItem(record), record.version);
      if (!switchboard) return wins(() => dynamo.send(new PutItemCommand(profile)));
      const { version } = switchboard;
      const board = replacing(
        item(keys.switchboard(record.account_id), switchboard, { version: { N: String(version) } }),
        version,
      );
      const TransactItems = [{ Put: profile }, { Put: board }];
      return wins(() => dynamo.send(new TransactWriteItemsCommand({ TransactItems })));
    },

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

    async newestProfiles(accountId) {
      const { pk } = keys.newest(accountId);
      const found = await query(pk.S, { limit: NEWEST_PROFILES });
      return found.map((one) => JSON.parse(text(one) ?? "null") as string);
    },

    async request(profileId) {
      const bytes = await readChunks(keys.request(profileId));
      return bytes && (JSON.parse(bytes.toString("utf8")) as CreateRequest);
    },

    saveUpload: (profileId, name, bytes) => saveChunks(keys.upload(profileId, name), bytes),
    upload: (profileId, name) => readChunks(keys.upload(profileId, name)),
    eraseUpload: (profileId, name) => eraseAll(keys.upload(profileId, name)),

    async erase(profileId) {
      await Promise.all([eraseAll(keys.request(profileId)), eraseAll(keys.upload(profileId))]);
    },

    async saveDeskSession(token, session) {
      const expires = Math.ceil(Date.parse(session.expires_at) / 1000);
      await put(item(keys.deskSession(token), session, { ttl: { N: String(expires) } }));
    },

    async deskSession(token) {
      const body = text(await get(keys.deskSession(token)));
      return body === null ? null : (JSON.parse(body) as DeskSession);
    },

    async endDeskSession(token) {
      await batch([{ DeleteRequest: { Key: keys.deskSession(token) } }]);
    },

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
      const found = await query(keys.dead(accountId).pk.S, { limit: DEAD_LETTERS });
      return found.flatMap((one) => {
        const body = text(one);
        return body === null ? [] : [JSON.parse(body) as DeadLetter];
      });
    },
  };
}
