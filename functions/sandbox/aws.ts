import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Logger } from "@aws-lambda-powertools/logger";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { cachedSecret } from "../../shared/store/secret-cache.ts";
import { sandboxSecretSchema } from "../../shared/store/secrets.ts";
import { once } from "../environment.ts";
import { authenticateBy, cipherBy } from "./accounts.ts";
import { dynamoStore } from "./dynamo-store.ts";
import type { Post, Sandbox } from "./sandbox.ts";
import { sqsSchedule } from "./schedule.ts";
import { type Settings, settingsFile } from "./settings.ts";

/** The settings that were deployed beside the bundle. */
const readSettings = (): Settings =>
  JSON.parse(readFileSync(join(environment("LAMBDA_TASK_ROOT"), settingsFile), "utf8")) as Settings;

export function environment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} is missing`);
  return value;
}

const notHere = (what: string) => async (): Promise<never> => {
  throw new Error(`this function does not ${what}`);
};

/** Who may call the sandbox, and with which keys. */
export const accountsSecret = once(() =>
  cachedSecret(new SecretsManagerClient({}), environment("SANDBOX_SECRET"), sandboxSecretSchema),
);

/** The sandbox on AWS services. Only one of its functions posts webhooks. */
export function awsSandbox(post: Post = notHere("post")): Sandbox {
  const logger = new Logger({ serviceName: "sandbox" });
  return {
    settings: readSettings(),
    store: dynamoStore(new DynamoDBClient({}), environment("SANDBOX_TABLE")),
    schedule: sqsSchedule(new SQSClient({}), {
      journey: environment("JOURNEY_QUEUE_URL"),
      deliver: environment("DELIVER_QUEUE_URL"),
    }),
    clock: { now: () => Date.now(), sleep: (milliseconds) => sleep(milliseconds) },
    ids: { profileId: () => randomUUID(), token: () => randomBytes(12).toString("base64url") },
    authenticate: (keyHash, accountId) => authenticateBy(accountsSecret())(keyHash, accountId),
    cipherOf: (accountId) => cipherBy(accountsSecret(), () => Date.now())(accountId),
    post,
    log: ({ what, ...facts }) => logger.info(what, facts),
  };
}
