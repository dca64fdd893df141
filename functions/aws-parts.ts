import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { S3Client } from "@aws-sdk/client-s3";
import { type Publish, publishOn } from "../shared/events/bus.ts";
import { s3Vault, type Vault } from "../shared/store/vault.ts";
import { late, once, resource } from "./environment.ts";
import { type Executions, stepFunctions } from "./executions.ts";

/**
 * What only some functions have, on AWS, to be spread into their dependencies. Each is a function of its own and is
 * made on first use: what is not called a bundler leaves out, and what is not used takes no time of a start.
 */
export const withVault = (): { vault: Vault } => ({
  // One name for all grants that reach into the vault; the same below.
  vault: late(() => s3Vault(new S3Client({}), resource("vault:read"))),
});

export const withExecutions = (): { executions: Executions } => ({
  executions: late(() => stepFunctions(resource("executions:start"))),
});

export const withPublish = (): { publish: Publish } => {
  const publish = once(() => publishOn(new EventBridgeClient({}), resource("events:publish")));
  return { publish: (type, detail) => publish()(type, detail) };
};
