import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";

const dynamo = new DynamoDBClient({});

/** The least that a function of this orchestrator can do: one read of the table with the AWS SDK, and nothing else. */
export const handler = async (): Promise<unknown> => {
  await dynamo.send(
    new GetItemCommand({
      TableName: "profiles",
      Key: { pk: { S: "a" }, sk: { S: "b" } },
      ConsistentRead: true,
    }),
  );
  return { statusCode: 200 };
};
