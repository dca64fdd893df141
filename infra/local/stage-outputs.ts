import { type CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import * as z from "zod";
import type { Stage } from "../config.ts";
import { CommandFailed } from "./command-failed.ts";

const text = z.string().min(1);
const api = z.object({ ApiId: text, ApiUrl: text });
const parts = {
  state: z.object({
    EventBusName: text,
    ProfileTableName: text,
    VaultBucketName: text,
    CallersSecretName: text,
    GatewaySecretName: text,
    WebhooksSecretName: text,
  }),
  onboarding: z.object({ StateMachineArn: text, SweepFunctionName: text, IntakeQueueUrl: text }),
  api,
  webhooks: api,
  sandbox: api.extend({ SandboxSecretName: text }),
};

/** The stacks of a stage that hold data or have outputs, by the last part of their names. */
export const stackParts = Object.keys(parts) as (keyof typeof parts)[];

/** Every stack of a stage, in the order of their dependencies. */
export const stackNames = ({ name, sandbox }: Pick<Stage, "name" | "sandbox">): string[] =>
  ["state", "onboarding", "api", "webhooks", "operations", ...(sandbox ? ["sandbox"] : [])].map(
    (part) => `onboarding-${name}-${part}`,
  );

/** What the stacks of a stage say of themselves; `sandbox` only where the stage has one. */
export interface StageOutputs {
  state: z.output<typeof parts.state>;
  onboarding: z.output<typeof parts.onboarding>;
  api: z.output<typeof parts.api>;
  webhooks: z.output<typeof parts.webhooks>;
  sandbox?: z.output<typeof parts.sandbox>;
}

/** Reads the outputs of the stacks `onboarding-<stage>-<part>`. Throws `CommandFailed` naming a stack that is not deployed. */
export async function readStageOutputs(
  cloudformation: CloudFormationClient,
  stage: string,
  hasSandbox: boolean,
): Promise<StageOutputs> {
  const read = <T>(part: keyof typeof parts, schema: z.ZodType<T>): Promise<T> =>
    readStackOutputs(cloudformation, stage, part, schema);
  const [state, onboarding, ownApi, webhooks, sandbox] = await Promise.all([
    read("state", parts.state),
    read("onboarding", parts.onboarding),
    read("api", parts.api),
    read("webhooks", parts.webhooks),
    hasSandbox ? read("sandbox", parts.sandbox) : undefined,
  ]);
  return { state, onboarding, api: ownApi, webhooks, ...(sandbox && { sandbox }) };
}

/** The same of one stack, of the wanted shape. */
export async function readStackOutputs<T>(
  cloudformation: CloudFormationClient,
  stage: string,
  part: keyof typeof parts,
  schema: z.ZodType<T>,
): Promise<T> {
  const parsed = schema.safeParse(await stackOutputs(cloudformation, stage, `onboarding-${stage}-${part}`));
  if (parsed.success) return parsed.data;
  const missing = parsed.error.issues.map(({ path }) => path.join(".")).join(", ");
  throw new CommandFailed(`stack onboarding-${stage}-${part} lacks the outputs ${missing}: deploy it again`);
}

async function stackOutputs(
  cloudformation: CloudFormationClient,
  stage: string,
  name: string,
): Promise<Record<string, string>> {
  try {
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: name }));
    return Object.fromEntries(
      (Stacks?.[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
    );
  } catch (error) {
    if (/does not exist/i.test(String(error)))
      throw new CommandFailed(`stack ${name} is not deployed: ${deployHint(stage)}`);
    throw error;
  }
}

function deployHint(stage: string): string {
  return stage === "local" ? "run `npm run up`" : `run \`npm run deploy -- --stage ${stage}\` first`;
}
