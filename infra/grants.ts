import { ArnFormat, Stack } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IEventBus } from "aws-cdk-lib/aws-events";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { environmentOf, type Grant } from "../functions/grants.ts";
import type { Stage } from "./config.ts";

/** The index that the sweeper reads. */
export const DUE_INDEX = "due";

/** What grants reach. */
export interface Resources {
  key: IKey;
  table: ITable;
  vault: IBucket;
  eventBus: IEventBus;
  callers: ISecret;
  gateway: ISecret;
  webhooks: ISecret;
  lookQueue: IQueue;
  stateMachineArn: string;
}

/** The fixed name of a stage's state machine. */
export const stateMachineName = (stage: Stage): string => `onboarding-${stage.name}`;

/** Formatted from the name: the machine's functions may start and resume the machine that invokes them. */
export function stateMachineArn(scope: Construct, stage: Stage): string {
  return Stack.of(scope).formatArn({
    service: "states",
    resource: "stateMachine",
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    resourceName: stateMachineName(stage),
  });
}

type Reach = [actions: string[], ...resources: string[]];

const keyReads = ["kms:Decrypt", "kms:DescribeKey"];
const keyWrites = [
  "kms:Decrypt",
  "kms:DescribeKey",
  "kms:Encrypt",
  "kms:GenerateDataKey",
  "kms:GenerateDataKeyWithoutPlaintext",
  "kms:ReEncryptFrom",
  "kms:ReEncryptTo",
];

function reaches(grant: Grant, on: Resources): Reach[] {
  const secret = ({ secretArn }: ISecret): Reach[] => [[["secretsmanager:GetSecretValue"], secretArn]];
  switch (grant) {
    case "records:read":
      return [
        [["dynamodb:GetItem"], on.table.tableArn],
        [["dynamodb:Query"], on.table.tableArn, `${on.table.tableArn}/index/${DUE_INDEX}`],
        [keyReads, on.key.keyArn],
      ];
    case "records:write":
      return [
        [["dynamodb:PutItem", "dynamodb:UpdateItem"], on.table.tableArn],
        [keyWrites, on.key.keyArn],
      ];
    // Without ListBucket, S3 answers 403 for an object that is not there.
    case "vault:read":
      return [
        [["s3:GetObject"], on.vault.arnForObjects("*")],
        [["s3:ListBucket"], on.vault.bucketArn],
        [["kms:Decrypt"], on.key.keyArn],
      ];
    case "vault:write":
      return [
        [["s3:PutObject"], on.vault.arnForObjects("*")],
        [["kms:GenerateDataKey", "kms:Decrypt"], on.key.keyArn],
      ];
    case "vault:delete":
      return [
        [["s3:DeleteObject"], on.vault.arnForObjects("*")],
        [["s3:ListBucket"], on.vault.bucketArn],
      ];
    case "callers:read":
      return secret(on.callers);
    case "gateway:call":
      return secret(on.gateway);
    case "webhooks:read":
      return secret(on.webhooks);
    case "events:publish":
      return [[["events:PutEvents"], on.eventBus.eventBusArn]];
    // The name of an execution says nothing to whoever may not ask for more.
    case "executions:name":
      return [];
    case "executions:start":
      return [[["states:StartExecution"], on.stateMachineArn]];
    case "executions:resume":
      return [[["states:SendTaskSuccess", "states:SendTaskFailure"], on.stateMachineArn]];
    case "looks:send":
      return [[["sqs:SendMessage"], on.lookQueue.queueArn]];
  }
}

const names: Record<string, (on: Resources) => string> = {
  PROFILE_TABLE: ({ table }) => table.tableName,
  VAULT_BUCKET: ({ vault }) => vault.bucketName,
  CALLERS_SECRET: ({ callers }) => callers.secretArn,
  GATEWAY_SECRET: ({ gateway }) => gateway.secretArn,
  WEBHOOKS_SECRET: ({ webhooks }) => webhooks.secretArn,
  EVENT_BUS: ({ eventBus }) => eventBus.eventBusName,
  STATE_MACHINE_ARN: ({ stateMachineArn: arn }) => arn,
  LOOK_QUEUE_URL: ({ lookQueue }) => lookQueue.queueUrl,
};

/** Lets a function do what its grants say, and tells it the names of the resources that they reach. */
export function applyGrants(target: LambdaFunction, grants: readonly Grant[], on: Resources): void {
  for (const grant of new Set(grants)) {
    for (const [actions, ...resources] of reaches(grant, on))
      target.addToRolePolicy(new PolicyStatement({ actions, resources }));
    const variable = environmentOf[grant];
    const name = names[variable];
    if (!name) throw new Error(`infra/grants.ts does not know what ${variable} names`);
    target.addEnvironment(variable, name(on));
  }
}
