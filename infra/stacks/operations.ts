import { type App, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Stage } from "../config.ts";
import type { OnboardingStack } from "./onboarding.ts";
import type { WebhooksStack } from "./webhooks.ts";

export interface OperationsStackProps {
  stage: Stage;
  onboarding: OnboardingStack;
  webhooks: WebhooksStack;
}

const PERIOD = Duration.minutes(5);

/** What wakes somebody, and the one page to look at then. */
export class OperationsStack extends Stack {
  constructor(scope: App, id: string, { stage, onboarding, webhooks }: OperationsStackProps) {
    super(scope, id, {
      stackName: `onboarding-${stage.name}-operations`,
      description: `Alarms and dashboard of the stage ${stage.name}`,
      env: { account: stage.account, region: stage.region },
    });

    const key = new Key(this, "AlarmKey", {
      description: `Alarm messages of the stage ${stage.name}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const forOurAlarms = {
      principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
      conditions: { StringEquals: { "aws:SourceAccount": this.account } },
    };
    key.addToResourcePolicy(
      new PolicyStatement({
        ...forOurAlarms,
        actions: ["kms:Decrypt", "kms:GenerateDataKey"],
        resources: ["*"],
      }),
    );
    const topic = new Topic(this, "Alarms", {
      displayName: `Onboarding ${stage.name}`,
      masterKey: key,
      enforceSSL: true,
    });
    // A policy that enforces TLS takes the place of the one that let the whole account publish.
    topic.addToResourcePolicy(
      new PolicyStatement({ ...forOurAlarms, actions: ["sns:Publish"], resources: [topic.topicArn] }),
    );
    for (const address of stage.alarmEmails) topic.addSubscription(new EmailSubscription(address));

    const alarm = (name: string, alarmDescription: string, metric: Metric, missing = false) =>
      new Alarm(this, name, {
        alarmName: `onboarding-${stage.name}-${name}`,
        alarmDescription,
        metric,
        threshold: 1,
        evaluationPeriods: 1,
        comparisonOperator: missing
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: missing ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      }).addAlarmAction(new SnsAction(topic));

    const { deadLetters, stateMachine, resume, sweep, intake } = onboarding;
    const waiting = (queue: keyof typeof deadLetters) =>
      deadLetters[queue].metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: "Maximum" });
    alarm(
      "IntakeDeadLetters",
      "Requests that could not be taken in. They are gone four days later.",
      waiting("intake"),
    );
    alarm(
      "LookDeadLetters",
      "Looks that failed again and again; the sweeper repeats them.",
      waiting("looks"),
    );
    alarm(
      "SignalDeadLetters",
      "Signals that could not be acted on; the sweeper finds the profiles later.",
      waiting("signals"),
    );
    const errors = { period: PERIOD, statistic: "Sum" };
    alarm(
      "ExecutionsFailed",
      "An onboarding failed although every fault should end in Attention. Nobody will purge it.",
      stateMachine.metricFailed(errors),
    );
    alarm("ExecutionsTimedOut", "An onboarding outlived its year.", stateMachine.metricTimedOut(errors));
    alarm("ResumeErrors", "Resuming fails: profiles with news stay parked.", resume.metricErrors(errors));
    alarm("WebhookErrors", "Webhooks are answered with an error.", webhooks.ingest.metricErrors(errors));
    alarm("SweepErrors", "Nothing that is due is looked at.", sweep.metricErrors(errors));
    alarm(
      "SweepsMissing",
      "The sweeper does not run: nothing that is due is looked at.",
      sweep.metricInvocations(errors),
      true,
    );
    alarm("IntakeErrors", "Requests from the queue cannot be taken in.", intake.metricErrors(errors));

    const graph = (title: string, left: Metric[]) => new GraphWidget({ title, left, width: 8 });
    new Dashboard(this, "Dashboard", {
      dashboardName: `onboarding-${stage.name}`,
      widgets: [
        [
          graph("Onboardings", [
            stateMachine.metricStarted(errors),
            stateMachine.metricSucceeded(errors),
            stateMachine.metricFailed(errors),
          ]),
          graph("Dead letters", [waiting("intake"), waiting("looks"), waiting("signals")]),
          graph("Function errors", [
            resume.metricErrors(errors),
            sweep.metricErrors(errors),
            intake.metricErrors(errors),
            webhooks.ingest.metricErrors(errors),
          ]),
        ],
        [
          graph("Webhooks", [webhooks.ingest.metricInvocations(errors)]),
          graph("Webhook duration (p99)", [
            webhooks.ingest.metricDuration({ period: PERIOD, statistic: "p99" }),
          ]),
          graph("Sweeps", [sweep.metricInvocations(errors)]),
        ],
      ],
    });
  }
}
