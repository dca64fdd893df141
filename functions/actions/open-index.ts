import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoRecords, type Records } from "../../shared/store/records.ts";
import { resource } from "../environment.ts";
import type { Grant } from "../grants.ts";

/** What an action needs that reads what is open: of the table the index alone. */
export interface OpenDeps {
  records: Pick<Records, "open">;
  now: () => number;
}
export const openGrants: readonly Grant[] = ["callers:read", "records:due"];
export const openDeps = (): OpenDeps => ({
  records: dynamoRecords(new DynamoDBClient({}), resource("records:due")),
  now: () => Date.now(),
});
