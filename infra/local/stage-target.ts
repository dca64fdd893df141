import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { readEndpoints } from "./endpoints.ts";
import { localClients } from "./local-clients.ts";
import { readStage } from "./stage-config.ts";
import { readStageOutputs, type StageOutputs } from "./stage-outputs.ts";

/** Where a deployed stage keeps its secrets, and where its endpoints are; URLs without a trailing slash. */
export interface StageTarget {
  secrets: SecretsManagerClient;
  callersSecret: string;
  gatewaySecret: string;
  webhooksSecret: string;
  webhooksUrl: string;
  /** Only for a stage with the sandbox gateway. */
  sandbox?: { secret: string; url: string };
}

/** The target that a stage's stacks name. */
export function targetOf(
  secrets: SecretsManagerClient,
  { state, webhooks, sandbox }: Pick<StageOutputs, "state" | "webhooks" | "sandbox">,
): StageTarget {
  return {
    secrets,
    callersSecret: state.CallersSecretName,
    gatewaySecret: state.GatewaySecretName,
    webhooksSecret: state.WebhooksSecretName,
    webhooksUrl: withoutSlash(webhooks.ApiUrl),
    ...(sandbox && { sandbox: { secret: sandbox.SandboxSecretName, url: withoutSlash(sandbox.ApiUrl) } }),
  };
}

/** Finds a deployed stage: in AWS, or in the local cloud for `local`. Throws `CommandFailed` when it is not there. */
export async function findTarget(name: string): Promise<StageTarget> {
  const stage = readStage(name);
  const hasSandbox = stage.sandbox !== undefined;
  if (name === "local") {
    const endpoints = await readEndpoints();
    const { cloudformation, secrets } = localClients(endpoints);
    const { sandbox, ...target } = targetOf(
      secrets,
      await readStageOutputs(cloudformation, name, hasSandbox),
    );
    return {
      ...target,
      // The emulator's outputs have host names of its own.
      webhooksUrl: endpoints.webhooks,
      ...(sandbox && { sandbox: { ...sandbox, url: endpoints.sandbox } }),
    };
  }
  const config = stage.region ? { region: stage.region } : {};
  const outputs = await readStageOutputs(new CloudFormationClient(config), name, hasSandbox);
  return targetOf(new SecretsManagerClient(config), outputs);
}

export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
