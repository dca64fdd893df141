import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { gatewaySecretSchema } from "../../shared/store/secrets.ts";

const secrets = new SecretsManagerClient({});
const dynamo = new DynamoDBClient({});

/** What most functions cannot do without: a secret that is read and checked with zod, and one read of the table. */
export const handler = async (): Promise<unknown> => {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: "gateway" }));
  gatewaySecretSchema.parse(JSON.parse(SecretString ?? ""));
  await dynamo.send(
    new GetItemCommand({
      TableName: "profiles",
      Key: { pk: { S: "a" }, sk: { S: "b" } },
      ConsistentRead: true,
    }),
  );
  return { statusCode: 200 };
};
