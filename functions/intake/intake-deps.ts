import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { dynamoRecords, type Records } from "../../shared/store/records.ts";
import { s3Vault, type Vault } from "../../shared/store/vault.ts";
import { resource, type Sleep, sleep, type WorkflowOf, workflowsFromSettings } from "../environment.ts";
import { type Executions, stepFunctions } from "../executions.ts";
import type { Grant } from "../grants.ts";

/** What every entry point needs: claim, vault, start. */
export interface IntakeDeps {
  records: Records;
  vault: Vault;
  executions: Executions;
  workflowOf: WorkflowOf;
  now: () => number;
  sleep: Sleep;
}
export const intakeGrants: readonly Grant[] = [
  "callers:read",
  "records:read",
  "records:write",
  "vault:write",
  "executions:start",
];
export const intakeDeps = (): IntakeDeps => ({
  records: dynamoRecords(new DynamoDBClient({}), resource("records:write")),
  vault: s3Vault(new S3Client({}), resource("vault:write")),
  executions: stepFunctions(resource("executions:start")),
  workflowOf: workflowsFromSettings(),
  now: () => Date.now(),
  sleep,
});
