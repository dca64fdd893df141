import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import type { Stage } from "../config.ts";
import { stageMetrics } from "../stage-metrics.ts";
import type { ApiStack } from "./api.ts";
import type { OnboardingStack } from "./onboarding.ts";
import type { WebhooksStack } from "./webhooks.ts";

export interface Watched {
  stage: Stage;
  onboarding: Pick<OnboardingStack, "looks" | "deadLetters" | "stateMachine" | "resume" | "sweep" | "intake">;
  api: Pick<ApiStack, "httpApi">;
  webhooks: Pick<WebhooksStack, "ingest" | "httpApi">;
}

/** Something that somebody is woken for. Its entry in the runbook has its name, unless several share one. */
interface AlarmSpec {
  name: string;
  /** What it means, in a sentence. */
  says: string;
  metric: Metric;
  /** Over one period of the metric. */
  atLeast?: number;
  /** What no data means: nothing happened, the thing itself is missing, or nobody has looked again yet. */
  noData?: "good" | "bad" | "as before";
  entry?: string;
}

const minutes = (count: number) => ({ period: Duration.minutes(count) });
const hours = (count: number) => ({ period: Duration.hours(count) });

/** Everything that wakes somebody. */
function alarmSpecs({ stage, onboarding, api, webhooks }: Watched): AlarmSpec[] {
  const { counted, measured } = stageMetrics(stage);
  const { looks, deadLetters, stateMachine, resume, sweep, intake } = onboarding;
  const sum = { ...minutes(5), statistic: "Sum" };
  const most = { ...minutes(5), statistic: "Maximum" };
  const waiting = (queue: keyof typeof deadLetters) =>
    deadLetters[queue].metricApproximateNumberOfMessagesVisible(most);
  // Of the hourly census: an hour in which none fell says nothing.
  const census = { noData: "as before" } as const;
  const keys = { ...census, atLeast: stage.maxKeyAgeDays };
  const crash = { entry: "FunctionErrors" };
  return [
    {
      name: "ExecutionsFailed",
      says: "An onboarding failed although every fault should end in Attention: nothing goes on with it, and nobody will purge it.",
      metric: stateMachine.metricFailed(sum),
    },
    {
      name: "ExecutionsTimedOut",
      says: "An onboarding outlived its year: nothing goes on with it, and nobody will purge it.",
      metric: stateMachine.metricTimedOut(sum),
    },
    {
      name: "ExecutionsAborted",
      says: "Somebody stopped the execution of an onboarding: nothing goes on with it, and nobody will purge it.",
      metric: stateMachine.metricAborted(sum),
    },
    {
      name: "TokenSpent",
      says: "An onboarding waits for an execution that is gone: whatever its customer does, nothing happens.",
      metric: counted("TokenSpent").with(hours(1)),
    },
    {
      name: "AttentionNeeded",
      says: "An onboarding cannot go on by itself.",
      metric: counted("EventPublished", { type: "AttentionNeeded" }).with(minutes(5)),
    },
    {
      name: "Stuck",
      says: "Onboardings wait in Attention, past their deadline, or for a profile that the gateway does not create.",
      metric: measured("Stuck").with(hours(1)),
      ...census,
    },
    {
      name: "PurgeOverdue",
      says: "Data of customers is kept an hour or more beyond its retention date, or cannot be erased, and nobody holds it.",
      metric: measured("PurgeOverdue").with(hours(1)),
      ...census,
    },
    {
      name: "IntakeDeadLetters",
      says: "Requests that could not be taken in. They are gone four days later.",
      metric: waiting("intake"),
    },
    {
      name: "LookDeadLetters",
      says: "Looks that failed again and again; the sweeper repeats them.",
      metric: waiting("looks"),
    },
    {
      name: "SignalDeadLetters",
      says: "Signals that could not be acted on; the sweeper finds the profiles later.",
      metric: waiting("signals"),
    },
    {
      name: "IntakeRefused",
      says: "Requests from the queue are not taken in; after five tries they are dead letters.",
      metric: counted("IntakeRefused").with(minutes(15)),
    },
    {
      name: "WebhooksRefused",
      says: "Webhooks are refused: onboardings hear of their customers at their next check only.",
      metric: counted("WebhookRefused").with(minutes(15)),
      atLeast: 10,
    },
    {
      name: "WebhooksFailed",
      says: "Webhooks are answered with our error: the provider repeats them, for a while.",
      metric: counted("WebhookFailed").with(minutes(5)),
    },
    {
      name: "GatewayFailing",
      says: "The gateway does not answer, or with faults: nothing moves until it does.",
      metric: counted("GatewayFailed").with(minutes(15)),
      atLeast: 5,
    },
    {
      name: "GatewayRefusesCredentials",
      says: "The gateway refuses our credentials: nothing moves until it is given others.",
      metric: counted("GatewayRefusedCredentials").with(minutes(5)),
    },
    {
      name: "UnknownStatus",
      says: "The gateway has a status that this version does not know, or a profile of ours no more: it waits for its deadline.",
      metric: counted("UnknownStatus").with(hours(1)),
    },
    {
      name: "LinkRefused",
      says: "A capture link is on a host that customers are not sent to: they get none.",
      metric: counted("LinkRefused").with(minutes(15)),
    },
    {
      name: "StepsFailing",
      says: "Steps of onboardings fail; each is tried five times more and then waits in Attention.",
      metric: counted("StepFailed").with(minutes(15)),
      atLeast: 5,
    },
    {
      name: "RequestsFailing",
      says: "Callers are answered 500.",
      metric: counted("RequestFailed").with(minutes(5)),
      atLeast: 5,
    },
    {
      // Also what none of our functions lives to count: time-outs, crashes, those that are not started.
      name: "ApiFailing",
      says: "The API answers callers with server errors.",
      metric: api.httpApi.metricServerError(sum),
      atLeast: 5,
    },
    {
      name: "WebhookApiFailing",
      says: "The API of the webhooks answers the provider with server errors.",
      metric: webhooks.httpApi.metricServerError(sum),
      atLeast: 5,
      entry: "ApiFailing",
    },
    {
      // One that fails is hidden for six minutes at a time, and counts no more once it was tried four times.
      name: "LooksLate",
      says: "What is due waits for twenty minutes until it is looked at: checks, deadlines, purges.",
      metric: looks.metricApproximateAgeOfOldestMessage(most),
      atLeast: 1_200,
    },
    {
      name: "SignalsLate",
      says: "News of onboardings waits for ten minutes until it is acted on.",
      // In milliseconds.
      metric: resume.metric("IteratorAge", most),
      atLeast: 600_000,
      entry: "LooksLate",
    },
    {
      name: "SweepsMissing",
      says: "The sweeper does not run: nothing that is due is looked at.",
      metric: sweep.metricInvocations(sum),
      noData: "bad",
    },
    {
      name: "SweepLate",
      says: "What is due is found a quarter of an hour late or more: checks, deadlines, purges.",
      metric: measured("SweepLagSeconds").with(minutes(5)),
      atLeast: 900,
    },
    {
      name: "WatchMissing",
      says: "Nobody has counted for three hours what waits: Stuck, PurgeOverdue and the ages of keys say nothing.",
      // What the hourly function says last: by then it has said everything.
      metric: measured("OldestKeyDays", { kind: "content" }).with({ ...hours(3), statistic: "SampleCount" }),
      noData: "bad",
    },
    {
      name: "CallerKeysOld",
      says: "A caller's key is older than this stage allows.",
      metric: measured("OldestKeyDays", { kind: "caller" }).with(hours(1)),
      ...keys,
    },
    {
      name: "WebhookUrlsOld",
      says: "A webhook URL is older than this stage allows.",
      metric: measured("OldestKeyDays", { kind: "webhook" }).with(hours(1)),
      ...keys,
    },
    {
      name: "ContentKeysOld",
      says: "A content key is older than this stage allows.",
      metric: measured("OldestKeyDays", { kind: "content" }).with(hours(1)),
      ...keys,
    },
    // A function's own errors are crashes and time-outs only; what it handles itself is counted above.
    {
      name: "ResumeErrors",
      says: "Looking at onboardings crashes: what has news stays parked.",
      metric: resume.metricErrors(sum),
      ...crash,
    },
    {
      name: "WebhookErrors",
      says: "Taking webhooks in crashes.",
      metric: webhooks.ingest.metricErrors(sum),
      ...crash,
    },
    {
      name: "SweepErrors",
      says: "Sweeps fail: some of what is due is not looked at.",
      metric: sweep.metricErrors(sum),
      ...crash,
    },
    {
      name: "IntakeErrors",
      says: "Taking requests in from the queue crashes.",
      metric: intake.metricErrors(sum),
      ...crash,
    },
  ];
}

/** What no data means to CloudWatch. `as before`: whatever state the alarm is in, it stays in. */
const treatments = {
  good: TreatMissingData.NOT_BREACHING,
  bad: TreatMissingData.BREACHING,
  "as before": TreatMissingData.IGNORE,
} as const;

/** The alarms, each with a sentence and the place in the runbook that says what to type. */
export const stageAlarms = (scope: Construct, watched: Watched): Alarm[] =>
  alarmSpecs(watched).map(
    ({ name, says, metric, atLeast = 1, noData = "good", entry = name }) =>
      new Alarm(scope, name, {
        alarmName: `onboarding-${watched.stage.name}-${name}`,
        alarmDescription: `${says} ${watched.stage.runbookUrl}#${entry.toLowerCase()}`,
        metric,
        threshold: atLeast,
        evaluationPeriods: 1,
        comparisonOperator:
          noData === "bad"
            ? ComparisonOperator.LESS_THAN_THRESHOLD
            : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: treatments[noData],
      }),
  );
