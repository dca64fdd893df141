import { type CloudFormationClient, paginateListStackResources } from "@aws-sdk/client-cloudformation";
import {
  DeleteTableCommand,
  DynamoDBClient,
  UpdateTableCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { KMSClient, ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";
import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { DeleteSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { stateMachineName } from "../config.ts";
import { CommandFailed } from "./command-failed.ts";
import { stackParts } from "./stage-outputs.ts";
import { deleteStateMachine, findStateMachine } from "./state-machines.ts";

const machineType = "AWS::StepFunctions::StateMachine";

/** Kinds of resources that hold data, in the order of their deletion: keys after what they encrypt. */
const dataTypes = [
  machineType,
  "AWS::DynamoDB::Table",
  "AWS::DynamoDB::GlobalTable",
  "AWS::S3::Bucket",
  "AWS::SecretsManager::Secret",
  "AWS::KMS::Key",
] as const;

/** A resource that may outlive its stack. */
export interface Retained {
  type: (typeof dataTypes)[number];
  id: string;
}

/**
 * What of a deployed stage holds data. Of stacks that are gone only the state machine can be told, by its name;
 * throws `CommandFailed` when there is neither.
 */
export async function findRetained(
  cloudformation: CloudFormationClient,
  sfn: SFNClient,
  stage: string,
): Promise<Retained[]> {
  const found: Retained[] = [];
  let stacks = 0;
  for (const part of stackParts) {
    const resources = await dataIn(cloudformation, `onboarding-${stage}-${part}`);
    if (resources) stacks++;
    found.push(...(resources ?? []));
  }
  // Its stack may be gone already, in a removal that broke off.
  if (!found.some(({ type }) => type === machineType)) {
    const machine = await findStateMachine(sfn, stateMachineName({ name: stage }));
    if (machine) found.push({ type: machineType, id: machine });
  }
  if (stacks === 0 && found.length === 0)
    throw new CommandFailed(
      `stage ${stage} is not deployed, so nothing says which data was its: delete it in the console`,
    );
  return found.sort((one, other) => dataTypes.indexOf(one.type) - dataTypes.indexOf(other.type));
}

/** The vault of a deployed stage; none once its stack is gone. */
export async function findVaults(cloudformation: CloudFormationClient, stage: string): Promise<string[]> {
  const resources = (await dataIn(cloudformation, `onboarding-${stage}-state`)) ?? [];
  return resources.filter(({ type }) => type === "AWS::S3::Bucket").map(({ id }) => id);
}

/** What of a stack holds data; `null` where there is no such stack. */
async function dataIn(cloudformation: CloudFormationClient, StackName: string): Promise<Retained[] | null> {
  const found: Retained[] = [];
  try {
    for await (const page of paginateListStackResources({ client: cloudformation }, { StackName }))
      for (const { ResourceType, PhysicalResourceId } of page.StackResourceSummaries ?? []) {
        const type = dataTypes.find((known) => known === ResourceType);
        if (type && PhysicalResourceId) found.push({ type, id: PhysicalResourceId });
      }
    return found;
  } catch (error) {
    if (/does not exist/i.test(String(error))) return null;
    throw error;
  }
}

/** Deletes one resource for good, and says in a few words that it did. One that is gone already is fine. */
export async function deleteRetained({ type, id }: Retained, config: { region?: string }): Promise<string> {
  try {
    switch (type) {
      case machineType:
        return await deleteStateMachine(new SFNClient(config), id);
      case "AWS::DynamoDB::Table":
      case "AWS::DynamoDB::GlobalTable":
        return await deleteTable(new DynamoDBClient(config), id);
      case "AWS::S3::Bucket":
        return await deleteBucket(new S3Client(config), id);
      case "AWS::SecretsManager::Secret":
        await new SecretsManagerClient(config).send(
          new DeleteSecretCommand({ SecretId: id, ForceDeleteWithoutRecovery: true }),
        );
        return `secret ${id} deleted`;
      case "AWS::KMS::Key":
        // Seven days is the shortest that KMS allows.
        await new KMSClient(config).send(
          new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }),
        );
        return `key ${id} will be deleted in 7 days`;
    }
  } catch (error) {
    if (isGone(error)) return `${id} was gone already`;
    throw error;
  }
}

async function deleteTable(dynamodb: DynamoDBClient, TableName: string): Promise<string> {
  await dynamodb.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 120, minDelay: 2 }, { TableName });
  await dynamodb.send(new DeleteTableCommand({ TableName }));
  return `table ${TableName} deleted`;
}

async function deleteBucket(s3: S3Client, Bucket: string): Promise<string> {
  const objects = await emptyBucket(s3, Bucket);
  await s3.send(new DeleteBucketCommand({ Bucket }));
  return `bucket ${Bucket} deleted with ${objects} objects`;
}

/** Empties a vault that its stack is going to delete, and says so in a few words. One that is gone already is fine. */
export async function emptyVault(s3: S3Client, Bucket: string): Promise<string> {
  try {
    return `vault ${Bucket} emptied of ${await emptyBucket(s3, Bucket)} objects`;
  } catch (error) {
    if (isGone(error)) return `${Bucket} was gone already`;
    throw error;
  }
}

/**
 * Deletes every object of a bucket, and tells how many those were. By their versions: the vault is deployed without, but
 * should somebody have turned them on, what is left of a deleted object keeps its bucket from being deleted.
 */
async function emptyBucket(s3: S3Client, Bucket: string): Promise<number> {
  let objects = 0;
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) return objects;
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
    );
    if (Errors.length > 0)
      throw new CommandFailed(
        `bucket ${Bucket}: ${Errors.length} objects could not be deleted (${Errors[0]?.Code})`,
      );
    objects += Objects.length;
  }
}

function isGone(error: unknown): boolean {
  const name = error instanceof Error ? error.name : "";
  return [
    "ResourceNotFoundException",
    "NoSuchBucket",
    "NotFoundException",
    "KMSInvalidStateException",
    "StateMachineDoesNotExist",
  ].includes(name);
}
