import { type App, CfnOutput, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Rule, RuleTargetInput, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction as LambdaTarget, SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type Function as LambdaFunction,
  StartingPosition,
} from "aws-cdk-lib/aws-lambda";
import { SqsDlq, SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Queue, QueueEncryption, type QueueProps } from "aws-cdk-lib/aws-sqs";
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from "aws-cdk-lib/aws-stepfunctions";
import type { Grant } from "../../functions/grants.ts";
import { grants as intakeGrants } from "../../functions/intake/intake.ts";
import { grants as resumeGrants } from "../../functions/resume/resume.ts";
import type { StepName } from "../../functions/step.ts";
import { steps } from "../../functions/steps/index.ts";
import { grants as sweepGrants } from "../../functions/sweep/sweep.ts";
import type { Stage } from "../config.ts";
import { type Resources, stateMachineArn, stateMachineName } from "../grants.ts";
import { orchestratorFunction } from "../orchestrator-function.ts";
import { onboardingDefinition } from "../workflow/onboarding.ts";
import type { StateStack } from "./state.ts";

export interface OnboardingStackProps {
  stage: Stage;
  state: StateStack;
}

const TIMEOUT_SECONDS = 60;
/** A message is hidden for six times as long as a function may take with it, as Lambda's pollers ask for. */
const VISIBILITY_SECONDS = 6 * TIMEOUT_SECONDS;
const STEP_MEMORY_MB = 1024;
/** A message is tried so often before it is a dead letter. */
const MAX_RECEIVES = 5;
const DEAD_LETTER_DAYS = 4;
/** Standard executions end at one year. */
const EXECUTION_DAYS = 364;

/** The state machine, and the functions that start, resume and remind it. */
export class OnboardingStack extends Stack {
  readonly resources: Resources;
  readonly stateMachine: StateMachine;
  readonly resume: LambdaFunction;
  readonly sweep: LambdaFunction;
  readonly intake: LambdaFunction;
  readonly deadLetters: Readonly<Record<"intake" | "looks" | "signals", Queue>>;

  constructor(scope: App, id: string, { stage, state }: OnboardingStackProps) {
    super(scope, id, {
      stackName: `onboarding-${stage.name}-onboarding`,
      description: `State machine of the stage ${stage.name}, its steps, intake, resume and sweep`,
      env: { account: stage.account, region: stage.region },
    });

    // Requests hold personal data, so these two queues have a key; looks and signals are ids.
    const key = new Key(this, "IntakeKey", {
      description: `Onboarding requests in the intake queue of the stage ${stage.name}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const withKey = { encryption: QueueEncryption.KMS, encryptionMasterKey: key };
    const withoutKey = { encryption: QueueEncryption.SQS_MANAGED };
    const intake = this.queue("Intake", withKey);
    const looks = this.queue("Look", withoutKey);
    const signals = this.deadLetterQueue("Signal", withoutKey);
    this.deadLetters = { intake: intake.deadLetters, looks: looks.deadLetters, signals };

    this.resources = {
      key: state.key,
      table: state.table,
      vault: state.vault,
      eventBus: state.eventBus,
      callers: state.callers,
      gateway: state.gateway,
      webhooks: state.webhooks,
      lookQueue: looks.queue,
      stateMachineArn: stateMachineArn(this, stage),
    };
    const make = (name: string, entry: string, grants: readonly Grant[], memoryMb?: number) =>
      orchestratorFunction(this, `${name}Function`, {
        stage,
        resources: this.resources,
        entry,
        grants,
        timeoutSeconds: TIMEOUT_SECONDS,
        ...(memoryMb && { memoryMb }),
      });

    const functions = Object.fromEntries(
      Object.values(steps).map(({ name, file, grants }) => [
        name,
        make(name, `functions/steps/${file}.ts`, grants, STEP_MEMORY_MB),
      ]),
    ) as Record<StepName, LambdaFunction>;
    this.stateMachine = new StateMachine(this, "StateMachine", {
      stateMachineName: stateMachineName(stage),
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromChainable(onboardingDefinition(this, functions)),
      timeout: Duration.days(EXECUTION_DAYS),
      tracingEnabled: false,
      logs: {
        destination: new LogGroup(this, "StateMachineLog", {
          logGroupName: `/aws/vendedlogs/states/onboarding-${stage.name}`,
          retention: stage.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ERROR,
        includeExecutionData: false,
      },
    });

    this.resume = make("Resume", "functions/resume/resume.ts", resumeGrants);
    this.sweep = make("Sweep", "functions/sweep/sweep.ts", sweepGrants);
    this.intake = make("Intake", "functions/intake/intake.ts", intakeGrants);

    const consumed = { batchSize: 10, reportBatchItemFailures: true, maxConcurrency: 5 };
    this.intake.addEventSource(new SqsEventSource(intake.queue, consumed));
    // The concurrency of looks is the pace at which the gateway is asked.
    this.resume.addEventSource(new SqsEventSource(looks.queue, consumed));
    this.feedSignals(state, signals);

    new Rule(this, "OnboardingRequested", {
      description: "Requests on our bus go to the intake queue",
      eventBus: state.eventBus,
      eventPattern: { detailType: ["OnboardingRequested"] },
      targets: [
        new SqsQueue(intake.queue, {
          message: RuleTargetInput.fromEventPath("$.detail"),
          deadLetterQueue: intake.deadLetters,
        }),
      ],
    });
    new Rule(this, "EveryMinute", {
      description: "Looks for what is due",
      schedule: Schedule.rate(Duration.minutes(1)),
      // The next minute is the retry.
      targets: [new LambdaTarget(this.sweep, { retryAttempts: 0 })],
    });

    new CfnOutput(this, "StateMachineArn", { value: this.stateMachine.stateMachineArn });
    new CfnOutput(this, "SweepFunctionName", { value: this.sweep.functionName });
    new CfnOutput(this, "IntakeQueueUrl", { value: intake.queue.queueUrl });
  }

  /**
   * Changed profiles that a signal was raised on while a step is parked. A mapping of our own: the ready-made
   * event source lets its function list the streams of every table.
   */
  private feedSignals({ table, key }: StateStack, deadLetters: Queue): void {
    const streamArn = table.tableStreamArn;
    if (!streamArn) throw new Error("the table has no stream");
    const allow = (actions: string[], resource: string) =>
      this.resume.addToRolePolicy(new PolicyStatement({ actions, resources: [resource] }));
    allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], streamArn);
    allow(["dynamodb:ListStreams"], `${table.tableArn}/stream/*`);
    allow(["kms:Decrypt"], key.keyArn);
    const mapping = new EventSourceMapping(this, "Signals", {
      target: this.resume,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 25,
      maxBatchingWindow: Duration.seconds(0),
      retryAttempts: 10,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      onFailure: new SqsDlq(deadLetters),
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.isEqual("MODIFY"),
          dynamodb: {
            NewImage: {
              sk: { S: FilterRule.isEqual("profile") },
              last_write: { S: FilterRule.isEqual("signal") },
              task_token: { S: FilterRule.exists() },
            },
          },
        }),
      ],
    });
    // Creating the mapping is refused while the role may not read the stream yet.
    if (this.resume.role) mapping.node.addDependency(this.resume.role);
  }

  private queue(name: string, encryption: QueueProps): { queue: Queue; deadLetters: Queue } {
    const deadLetters = this.deadLetterQueue(name, encryption);
    const queue = new Queue(this, `${name}Queue`, {
      ...encryption,
      enforceSSL: true,
      retentionPeriod: Duration.days(DEAD_LETTER_DAYS),
      visibilityTimeout: Duration.seconds(VISIBILITY_SECONDS),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: MAX_RECEIVES },
    });
    return { queue, deadLetters };
  }

  private deadLetterQueue(name: string, encryption: QueueProps): Queue {
    return new Queue(this, `${name}DeadLetters`, {
      ...encryption,
      enforceSSL: true,
      retentionPeriod: Duration.days(DEAD_LETTER_DAYS),
    });
  }
}
