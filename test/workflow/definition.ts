import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { DefinitionBody, StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { StepName } from "../../functions/step.ts";
import { steps } from "../../functions/steps/index.ts";
import { onboardingDefinition } from "../../infra/workflow/onboarding.ts";

export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds: number;
  MaxAttempts: number;
  BackoffRate: number;
  MaxDelaySeconds: number;
  JitterStrategy: string;
}

export interface State {
  Type: "Task" | "Choice" | "Wait" | "Succeed";
  Resource?: string;
  Parameters?: Record<string, unknown>;
  TimeoutSeconds?: number;
  Seconds?: number;
  Retry?: Retrier[];
  Catch?: { ErrorEquals: string[]; Next: string; ResultPath: string | null }[];
  Choices?: { Variable: string; StringEquals: string; Next: string }[];
  Default?: string;
  Next?: string;
  End?: boolean;
  OutputPath?: string;
}

export interface Definition {
  StartAt: string;
  States: Record<string, State>;
}

const arn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

/** The state machine as Step Functions gets it, over functions that do not exist. */
export function synthesizedDefinition(): Definition {
  const stack = new Stack(new App(), "Workflow");
  const functions = Object.fromEntries(
    Object.keys(steps).map((name) => [
      name,
      LambdaFunction.fromFunctionArn(stack, `${name}Function`, arn(name)),
    ]),
  ) as Record<StepName, ReturnType<typeof LambdaFunction.fromFunctionArn>>;
  new StateMachine(stack, "StateMachine", {
    definitionBody: DefinitionBody.fromChainable(onboardingDefinition(stack, functions)),
  });
  const [machine] = Object.values(
    Template.fromStack(stack).findResources("AWS::StepFunctions::StateMachine"),
  );
  return JSON.parse(plainText(machine?.["Properties"].DefinitionString)) as Definition;
}

/** `Fn::Join` written out. The only thing that a definition over literal ARNs leaves open is the partition. */
function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  const { Ref, "Fn::Join": join } = value as { Ref?: string; "Fn::Join"?: [string, unknown[]] };
  if (join) return join[1].map(plainText).join(join[0]);
  if (Ref === "AWS::Partition") return "aws";
  throw new Error(`the definition has a ${JSON.stringify(value)}`);
}
