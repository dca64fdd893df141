import type { Stack } from "aws-cdk-lib";
import { type NagPackSuppression, NagSuppressions } from "cdk-nag";

const allExecutions: NagPackSuppression = {
  id: "AwsSolutions-IAM5",
  reason:
    "Executions are named after what they drive: the grant is on all executions of this one state machine.",
  appliesTo: [{ regex: "/^Resource::arn:.*:states:.*:execution:onboarding-.*:\\*$/" }],
};

/** Where we do other than the rules of AwsSolutions, by the last part of the stack's name, and why. */
const explained: Record<string, NagPackSuppression[]> = {
  state: [
    {
      id: "AwsSolutions-S1",
      reason:
        "Access logs would be a second place that names profiles, and would outlive their purge. CloudTrail data events can be switched on by whoever needs them.",
    },
    {
      id: "AwsSolutions-SMG4",
      reason:
        "Gateway keys are rotated by the provider; caller keys and webhook tokens by setup, which keeps two valid at a time.",
    },
  ],
  onboarding: [
    allExecutions,
    {
      id: "AwsSolutions-IAM5",
      reason:
        "The objects of the vault have generated names: the grant is on all objects of this one bucket.",
      appliesTo: [{ regex: "/^Resource::<?.*(Vault|ImportValue).*\\/\\*$/" }],
    },
    {
      id: "AwsSolutions-IAM5",
      reason: "Log delivery has no resource-level permissions.",
      appliesTo: ["Resource::*"],
    },
    {
      id: "AwsSolutions-SQS3",
      reason: "SignalDeadLetters is the dead-letter queue of the table's stream, which nag does not see.",
    },
    {
      id: "AwsSolutions-SF1",
      reason:
        "Only errors are logged: the execution history tells the rest, and ALL costs more than the steps.",
    },
    {
      id: "AwsSolutions-SF2",
      reason: "Executions last for months; a trace does not span their waits.",
    },
  ],
  api: [
    {
      id: "AwsSolutions-APIG4",
      reason:
        "The functions check api-key and account-id: an authorizer could not answer the gateway's bodies. A stage with jwt has an authorizer on everything but the API's own description.",
    },
    {
      id: "AwsSolutions-IAM5",
      reason:
        "The objects of the vault have generated names: the grant is on all objects of this one bucket.",
      appliesTo: [{ regex: "/^Resource::<?.*(Vault|ImportValue).*\\/\\*(\\/reason-\\*)?$/" }],
    },
    allExecutions,
  ],
  webhooks: [
    {
      id: "AwsSolutions-APIG4",
      reason: "The gateway signs nothing: the unguessable part of the URL is checked by the function.",
    },
  ],
  operations: [],
  sandbox: [
    {
      id: "AwsSolutions-APIG4",
      reason: "The function checks api-key and account-id, as the gateway that it stands for does.",
    },
    {
      id: "AwsSolutions-DDB3",
      reason: "Test data of scripted customers: nothing to recover.",
    },
    {
      id: "AwsSolutions-SMG4",
      reason: "Hashes of the keys of test accounts; setup writes them.",
    },
  ],
};

/** Tells cdk-nag what we have decided otherwise. Used by the tests: a synth does not need it. */
export function explainToNag(stack: Stack): void {
  const part = stack.stackName.split("-").at(-1) ?? "";
  NagSuppressions.addStackSuppressions(stack, explained[part] ?? []);
}

/** Every explanation, for a test that none of them is stale. */
export const explanations = explained;
