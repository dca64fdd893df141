import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoRecords, type Records } from "../../shared/store/records.ts";
import type { Vault } from "../../shared/store/vault.ts";
import { withExecutions, withVault } from "../aws-parts.ts";
import { resource, type Sleep, sleep, type WorkflowOf, workflowsFromSettings } from "../environment.ts";
import type { Executions } from "../executions.ts";
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
  ...withVault(),
  ...withExecutions(),
  workflowOf: workflowsFromSettings(),
  now: () => Date.now(),
  sleep,
});
