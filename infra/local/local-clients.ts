import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SQSClient } from "@aws-sdk/client-sqs";
import { dummyCredentials } from "./child-environment.ts";
import { requireLoopback } from "./loopback.ts";

/**
 * The SDK settings for the local cloud: endpoint and credentials are explicit, so nothing of the caller's environment
 * is looked at. Throws `CommandFailed` when the endpoint is not on this machine.
 */
export function localClientConfig(endpoint: string, region: string) {
  return { endpoint: requireLoopback(endpoint), region, credentials: dummyCredentials };
}

/** Clients of every service that tests and commands use on the local cloud. */
export function localClients({ awsEndpoint, region }: { awsEndpoint: string; region: string }) {
  const config = localClientConfig(awsEndpoint, region);
  return {
    cloudformation: new CloudFormationClient(config),
    dynamodb: new DynamoDBClient(config),
    eventbridge: new EventBridgeClient(config),
    lambda: new LambdaClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    secrets: new SecretsManagerClient(config),
    sfn: new SFNClient(config),
    sqs: new SQSClient({ ...config, useQueueUrlAsEndpoint: false }),
  };
}
export type LocalClients = ReturnType<typeof localClients>;
