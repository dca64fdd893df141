import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { dynamoStore } from "../../../functions/sandbox/dynamo-store.ts";
import type { ProfileRecord } from "../../../functions/sandbox/profile-record.ts";
import { emptySwitchboard } from "../../../functions/sandbox/switchboard.ts";

const record = { profile_id: "p", account_id: "acme/1", version: 5, outbox: [] } as unknown as ProfileRecord;

/** A store whose table answers with `answer`, and what it is sent. */
function storeOn(answer: () => unknown) {
  const sent: unknown[] = [];
  const send = async (command: unknown) => {
    sent.push(command);
    return answer();
  };
  return { store: dynamoStore({ send } as unknown as DynamoDBClient, "table"), sent };
}

const about = { message: "no", $metadata: {} };
const cancelled = (...codes: string[]) =>
  new TransactionCanceledException({ ...about, CancellationReasons: codes.map((Code) => ({ Code })) });

describe("replacing a profile", () => {
  test("alone is one conditional write", async () => {
    const { store, sent } = storeOn(() => ({}));
    expect(await store.replace(record)).toBe(true);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toBeInstanceOf(PutItemCommand);
    expect((sent[0] as PutItemCommand).input).toMatchObject({
      ConditionExpression: "version = :before",
      ExpressionAttributeValues: { ":before": { N: "4" } },
    });
  });

  test("with the switchboard is one transaction, each on the version that was read", async () => {
    const { store, sent } = storeOn(() => ({}));
    expect(await store.replace(record, { version: 9, lines: {} })).toBe(true);
    expect(await store.replace(record, { version: 1, lines: {} })).toBe(true);
    for (const command of sent) expect(command).toBeInstanceOf(TransactWriteItemsCommand);
    const [later, first] = sent.map(
      (command) => (command as TransactWriteItemsCommand).input.TransactItems?.map(({ Put }) => Put) ?? [],
    );
    expect(later).toMatchObject([
      { ConditionExpression: "version = :before", ExpressionAttributeValues: { ":before": { N: "4" } } },
      {
        ConditionExpression: "version = :before",
        ExpressionAttributeValues: { ":before": { N: "8" } },
        Item: { version: { N: "9" } },
      },
    ]);
    expect(first?.[1]).toMatchObject({ ConditionExpression: "attribute_not_exists(pk)" });
    expect(later?.[0]?.Item?.["pk"]).not.toEqual(later?.[1]?.Item?.["pk"]);
  });

  test.each([
    ["a condition that does not hold", new ConditionalCheckFailedException(about)],
    ["a transaction under way", new TransactionConflictException(about)],
    ["another version of the profile", cancelled("ConditionalCheckFailed", "None")],
    ["another version of the switchboard", cancelled("None", "ConditionalCheckFailed")],
    ["two transactions at once", cancelled("TransactionConflict", "None")],
    ["both", cancelled("ConditionalCheckFailed", "TransactionConflict")],
  ])("is overtaken by %s", async (_, thrown) => {
    const { store } = storeOn(() => {
      throw thrown;
    });
    expect(await store.replace(record, { version: 9, lines: {} })).toBe(false);
  });

  test.each([
    ["an item that is too large", cancelled("None", "ValidationError")],
    ["a busy table, whatever else", cancelled("ConditionalCheckFailed", "ThrottlingError")],
    ["no reason", cancelled("None", "None")],
    ["unknown reasons", new TransactionCanceledException(about)],
    ["a broken connection", new Error("no network")],
  ])("fails with %s", async (_, thrown) => {
    const { store } = storeOn(() => {
      throw thrown;
    });
    await expect(store.replace(record, { version: 9, lines: {} })).rejects.toBe(thrown);
  });
});

test("an account without calls has an empty switchboard", async () => {
  const { store } = storeOn(() => ({}));
  expect(await store.switchboard("acme/1")).toEqual(emptySwitchboard);
});
