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
import { type Stage, stateMachineName } from "./config.ts";

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

/** Formatted from the name: the machine's functions may start and resume the machine that invokes them. */
export function stateMachineArn(scope: Construct, stage: Stage): string {
  return Stack.of(scope).formatArn({
    service: "states",
    resource: "stateMachine",
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    resourceName: stateMachineName(stage),
  });
}

interface Reach {
  actions: string[];
  resources: string[];
  /** Key actions: what this service does on our behalf, nothing that we ask of KMS ourselves. */
  via?: "dynamodb" | "s3" | "secretsmanager";
}

function reaches(grant: Grant, on: Resources): Reach[] {
  const { tableArn } = on.table;
  const { bucketArn } = on.vault;
  const objects = on.vault.arnForObjects("*");
  const key = (via: Reach["via"], ...actions: string[]): Reach => ({
    actions: actions.map((action) => `kms:${action}`),
    resources: [on.key.keyArn],
    via,
  });
  const executions = `${on.stateMachineArn.replace(":stateMachine:", ":execution:")}:*`;
  const reading = key("dynamodb", "Decrypt", "DescribeKey");
  const secret = ({ secretArn }: ISecret): Reach[] => [
    { actions: ["secretsmanager:GetSecretValue"], resources: [secretArn] },
    key("secretsmanager", "Decrypt"),
  ];
  switch (grant) {
    case "records:read":
      return [{ actions: ["dynamodb:GetItem"], resources: [tableArn] }, reading];
    case "records:history":
      return [{ actions: ["dynamodb:Query"], resources: [tableArn] }, reading];
    case "records:due":
      return [{ actions: ["dynamodb:Query"], resources: [`${tableArn}/index/${DUE_INDEX}`] }, reading];
    case "records:write":
      return [
        { actions: ["dynamodb:PutItem", "dynamodb:UpdateItem"], resources: [tableArn] },
        key("dynamodb", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey"),
      ];
    // Without ListBucket, S3 answers 403 for an object that is not there.
    case "vault:read":
      return [
        { actions: ["s3:GetObject"], resources: [objects] },
        { actions: ["s3:ListBucket"], resources: [bucketArn] },
        key("s3", "Decrypt"),
      ];
    // The reasons that operators gave, and nothing else of a customer. One that is not there is not asked for.
    case "vault:reasons":
      return [
        { actions: ["s3:GetObject"], resources: [on.vault.arnForObjects("*/reason-*")] },
        key("s3", "Decrypt"),
      ];
    case "vault:note":
      return [
        { actions: ["s3:PutObject"], resources: [on.vault.arnForObjects("*/reason-*")] },
        key("s3", "Decrypt", "GenerateDataKey"),
      ];
    // S3 may decrypt a key of the bucket's before it encrypts; for whoever has no GetObject it decrypts nothing else.
    case "vault:write":
      return [{ actions: ["s3:PutObject"], resources: [objects] }, key("s3", "Decrypt", "GenerateDataKey")];
    case "vault:delete":
      return [{ actions: ["s3:DeleteObject"], resources: [objects] }];
    // What is to be erased has to be found first.
    case "vault:erase":
      return [
        { actions: ["s3:DeleteObject"], resources: [objects] },
        { actions: ["s3:ListBucket"], resources: [bucketArn] },
      ];
    case "callers:read":
      return secret(on.callers);
    case "gateway:call":
      return secret(on.gateway);
    case "webhooks:read":
      return secret(on.webhooks);
    case "events:publish":
      return [{ actions: ["events:PutEvents"], resources: [on.eventBus.eventBusArn] }];
    // The name of an execution says nothing to whoever may not ask for more.
    case "executions:name":
      return [];
    case "executions:look":
      return [{ actions: ["states:DescribeExecution"], resources: [executions] }];
    case "executions:read":
      return [{ actions: ["states:GetExecutionHistory"], resources: [executions] }];
    case "executions:start":
      return [{ actions: ["states:StartExecution"], resources: [on.stateMachineArn] }];
    case "executions:resume":
      return [
        {
          actions: ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"],
          resources: [on.stateMachineArn],
        },
      ];
    case "looks:send":
      return [{ actions: ["sqs:SendMessage"], resources: [on.lookQueue.queueArn] }];
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

/** The condition under which a key works for a service in our name, and not for us. */
export const onlyVia = (scope: Construct, service: string) => ({
  StringEquals: { "kms:ViaService": `${service}.${Stack.of(scope).region}.amazonaws.com` },
});

/** Lets a function do what its grants say, and tells it the names of the resources that they reach. */
export function applyGrants(target: LambdaFunction, grants: readonly Grant[], on: Resources): void {
  for (const grant of new Set(grants)) {
    for (const { actions, resources, via } of reaches(grant, on))
      target.addToRolePolicy(
        new PolicyStatement({ actions, resources, ...(via && { conditions: onlyVia(target, via) }) }),
      );
    const variable = environmentOf[grant];
    const name = names[variable];
    if (!name) throw new Error(`infra/grants.ts does not know what ${variable} names`);
    target.addEnvironment(variable, name(on));
  }
}
