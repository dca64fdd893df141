import { type App, CfnOutput, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Rule, RuleTargetInput, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction as LambdaTarget, SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type Function as LambdaFunction,
  StartingPosition,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import {
  type CfnStateMachine,
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from "aws-cdk-lib/aws-stepfunctions";
import type { Grant } from "../../functions/grants.ts";
import { grants as intakeGrants } from "../../functions/intake/intake.ts";
import { grants as resumeGrants } from "../../functions/resume/resume.ts";
import type { StepName } from "../../functions/step.ts";
import { steps } from "../../functions/steps/index.ts";
import { grants as sweepGrants } from "../../functions/sweep/sweep.ts";
import { grants as watchGrants } from "../../functions/watch/watch.ts";
import { type Stage, stateMachineName } from "../config.ts";
import { type Resources, stateMachineArn } from "../grants.ts";
import { orchestratorFunction } from "../orchestrator-function.ts";
import { onboardingDefinition } from "../workflow/onboarding.ts";
import { dataPolicy } from "./data-policy.ts";
import type { StateStack } from "./state.ts";
import { deadLettersOf, workOff, workQueue } from "./work-queue.ts";

export interface OnboardingStackProps {
  stage: Stage;
  state: StateStack;
}

const TIMEOUT_SECONDS = 60;
/** A message is hidden for six times as long as a function may take with it, as Lambda's pollers ask for. */
const VISIBILITY_SECONDS = 6 * TIMEOUT_SECONDS;
/** Steps and looks wait for the gateway most of their time, which is paid by the megabyte; so much their code needs. */
const WAITING_MEMORY_MB = 256;
/**
 * Signals that are acted on at the same time: this many of a batch, in this many batches of each of the stream's shards.
 * Those of one onboarding keep their order: they share a partition key, and a look waits for the one before.
 */
const SIGNALS_IN_BATCH = 10;
const BATCHES_PER_SHARD = 10;
/** A whole profile is up to 8 MB of JSON, and Retain copies files of 10 MB, four at a time. */
const WHOLE_PROFILE_MEMORY_MB = 512;
const readWholeProfiles: readonly StepName[] = ["Review", "Retain"];
/** Standard executions end at one year. */
const EXECUTION_DAYS = 364;
const STATE_MACHINE_ID = "OnboardingStateMachine";

/** The state machine, and the functions that start, resume and remind it. */
export class OnboardingStack extends Stack {
  readonly resources: Resources;
  readonly stateMachine: StateMachine;
  readonly resume: LambdaFunction;
  readonly sweep: LambdaFunction;
  readonly watch: LambdaFunction;
  readonly intake: LambdaFunction;
  readonly looks: Queue;
  readonly deadLetters: Readonly<Record<"intake" | "looks" | "signals", Queue>>;

  constructor(scope: App, id: string, { stage, state }: OnboardingStackProps) {
    super(scope, id, {
      stackName: `onboarding-${stage.name}-onboarding`,
      description: `State machine of the stage ${stage.name}, its steps, intake, resume and sweep`,
      env: { account: stage.account, region: stage.region },
    });

    // Requests hold personal data, so their queue and its dead letters have a key; looks and signals are ids.
    const key = new Key(this, "IntakeKey", {
      description: `Onboarding requests in the intake queue of the stage ${stage.name}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const named = (name: string) => ({
      queueName: `onboarding-${stage.name}-${name}`,
      visibilitySeconds: VISIBILITY_SECONDS,
    });
    const intake = workQueue(this, "Intake", { ...named("intake"), key });
    const looks = workQueue(this, "Look", named("looks"));
    const signals = deadLettersOf(this, "Signal");
    this.looks = looks.queue;
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
        make(
          name,
          `functions/steps/${file}.ts`,
          grants,
          readWholeProfiles.includes(name) ? WHOLE_PROFILE_MEMORY_MB : WAITING_MEMORY_MB,
        ),
      ]),
    ) as Record<StepName, LambdaFunction>;
    const role = stateMachineRole(this, Object.values(functions));
    this.stateMachine = new StateMachine(this, "StateMachine", {
      role: role.withoutPolicyUpdates(),
      stateMachineName: stateMachineName(stage),
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromChainable(onboardingDefinition(this, functions)),
      timeout: Duration.days(EXECUTION_DAYS),
      tracingEnabled: false,
      removalPolicy: dataPolicy(stage),
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

    // Executions wait in it for months: no rearranging of this file may replace it under another id.
    (this.stateMachine.node.defaultChild as CfnStateMachine).overrideLogicalId(STATE_MACHINE_ID);
    // Creating it is refused while its role may not deliver logs yet.
    this.stateMachine.node.addDependency(role);

    this.resume = make("Resume", "functions/resume/resume.ts", resumeGrants, WAITING_MEMORY_MB);
    this.sweep = make("Sweep", "functions/sweep/sweep.ts", sweepGrants);
    this.watch = make("Watch", "functions/watch/watch.ts", watchGrants);
    this.intake = make("Intake", "functions/intake/intake.ts", intakeGrants);

    workOff(this.intake, intake);
    // The concurrency of looks is the pace at which the gateway is asked: a batch is one, whatever hangs hangs alone.
    workOff(this.resume, looks, { batchSize: 1, atOnce: stage.looksAtOnce });
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
    // The next minute is the retry: neither the rule nor Lambda repeats a sweep, or keeps one for later.
    const minute = Duration.minutes(1);
    // Rules by names of ours: somebody has to type them (docs/runbook.md).
    new Rule(this, "EveryMinute", {
      ruleName: `onboarding-${stage.name}-every-minute`,
      description: "Looks for what is due",
      schedule: Schedule.rate(minute),
      targets: [new LambdaTarget(this.sweep, { retryAttempts: 0 })],
    });
    this.sweep.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: minute });
    // Likewise the next hour, before which Lambda tries a census twice more.
    const hour = Duration.hours(1);
    new Rule(this, "EveryHour", {
      ruleName: `onboarding-${stage.name}-every-hour`,
      description: "Counts what waits, and looks how old the keys are",
      schedule: Schedule.rate(hour),
      targets: [new LambdaTarget(this.watch, { retryAttempts: 0 })],
    });
    this.watch.configureAsyncInvoke({ retryAttempts: 2, maxEventAge: hour });

    new CfnOutput(this, "StateMachineArn", { value: this.stateMachine.stateMachineArn });
    new CfnOutput(this, "SweepFunctionName", { value: this.sweep.functionName });
    new CfnOutput(this, "WatchFunctionName", { value: this.watch.functionName });
    new CfnOutput(this, "IntakeQueueUrl", { value: intake.queue.queueUrl });
    new CfnOutput(this, "IntakeDeadLettersUrl", { value: intake.deadLetters.queueUrl });
    new CfnOutput(this, "LookQueueUrl", { value: looks.queue.queueUrl });
    new CfnOutput(this, "LookDeadLettersUrl", { value: looks.deadLetters.queueUrl });
    new CfnOutput(this, "SignalDeadLettersUrl", { value: signals.queueUrl });
    new CfnOutput(this, "IntakeKeyArn", { value: key.keyArn });
  }

  /**
   * Changed profiles that a signal was raised on while a step is parked. A mapping of our own: the ready-made
   * event source lets its function list the streams of every table, and look its dead letters up.
   */
  private feedSignals({ table, key }: StateStack, deadLetters: Queue): void {
    const streamArn = table.tableStreamArn;
    if (!streamArn) throw new Error("the table has no stream");
    const allow = (actions: string[], resource: string) =>
      this.resume.addToRolePolicy(new PolicyStatement({ actions, resources: [resource] }));
    allow(
      ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"],
      streamArn,
    );
    // Lambda reads the stream in the role's name; through which service is documented nowhere.
    allow(["kms:Decrypt"], key.keyArn);
    allow(["sqs:SendMessage"], deadLetters.queueArn);
    const mapping = new EventSourceMapping(this, "Signals", {
      target: this.resume,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: SIGNALS_IN_BATCH,
      parallelizationFactor: BATCHES_PER_SHARD,
      maxBatchingWindow: Duration.seconds(0),
      retryAttempts: 10,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.isEqual("MODIFY"),
          dynamodb: {
            NewImage: {
              sk: { S: FilterRule.isEqual("profile") },
              last_write: { S: FilterRule.isEqual("signal") },
              // What is parked is in the index, and nothing else of this kind.
              dueShard: { S: FilterRule.exists() },
            },
          },
        }),
      ],
    });
    // Creating the mapping is refused while the role may not read the stream yet.
    if (this.resume.role) mapping.node.addDependency(this.resume.role);
  }
}

/** A role of our own: the one that a state machine makes may invoke every version of its functions. */
function stateMachineRole(scope: Stack, functions: readonly LambdaFunction[]): Role {
  const role = new Role(scope, "StateMachineRole", {
    assumedBy: new ServicePrincipal("states.amazonaws.com"),
  });
  role.addToPolicy(
    new PolicyStatement({
      actions: ["lambda:InvokeFunction"],
      resources: functions.map(({ functionArn }) => functionArn),
    }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: [
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
      ],
      resources: ["*"],
    }),
  );
  return role;
}
