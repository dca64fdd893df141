import { Duration } from "aws-cdk-lib";
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type GraphWidgetProps,
  type Metric,
  TextWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { counts, waitStates } from "../../functions/metrics/metric-names.ts";
import { keyKinds } from "../../shared/store/key-ages.ts";
import { stageMetrics } from "../stage-metrics.ts";
import type { Watched } from "./alarms.ts";

/** How onboardings end, by the event that says so. */
const outcomes = [
  "OnboardingCompleted",
  "OnboardingRejected",
  "OnboardingCancelled",
  "OnboardingExpired",
  "OnboardingFailed",
] as const;

const fiveMinutes = Duration.minutes(5);
const hour = Duration.hours(1);

/** The one page to look at: what comes and goes, what waits, what the gateway and we ourselves are doing. */
export function stageDashboard(
  scope: Construct,
  { stage, onboarding, api, webhooks }: Watched,
  alarms: Alarm[],
): Dashboard {
  const { counted, measured } = stageMetrics(stage);
  const { looks, deadLetters, stateMachine, resume, sweep, intake } = onboarding;
  const { ingest } = webhooks;
  const functions = { resume, sweep, intake, ingest };
  const graph = (title: string, left: Metric[], more: Omit<GraphWidgetProps, "title" | "left"> = {}) =>
    new GraphWidget({ title, left, width: 8, leftYAxis: { min: 0 }, ...more });
  /** A metric of each of the functions, under its name. */
  const ofEach = (metric: (of: (typeof functions)[keyof typeof functions]) => Metric) =>
    Object.entries(functions).map(([label, of]) => metric(of).with({ label }));
  const sum = { period: fiveMinutes, statistic: "Sum" };
  const most = { period: fiveMinutes, statistic: "Maximum" };

  return new Dashboard(scope, "Dashboard", {
    dashboardName: `onboarding-${stage.name}`,
    widgets: [
      [
        new TextWidget({
          markdown: `# Onboardings of ${stage.name}\nWhat each alarm means and what to type: \`${stage.runbookUrl}\``,
          width: 24,
          height: 2,
        }),
      ],
      [new AlarmStatusWidget({ title: "Alarms", alarms, width: 24, height: 5 })],
      [
        graph("Started", [stateMachine.metricStarted(sum)]),
        graph(
          "Ended",
          outcomes.map((type) => counted("EventPublished", { type })),
          { stacked: true },
        ),
        graph(
          "Waiting",
          waitStates.map((state) => measured("OnboardingsWaiting", { state }).with({ period: hour })),
          {
            stacked: true,
          },
        ),
      ],
      [
        graph(
          "Longest wait (seconds)",
          waitStates.map((state) => measured("OldestWaitSeconds", { state }).with({ period: hour })),
        ),
        graph("Attention", [
          counted("EventPublished", { type: "AttentionNeeded" }),
          ...(["Stuck", "Held", "PurgeOverdue"] as const).map((name) =>
            measured(name).with({ period: hour }),
          ),
        ]),
        graph(
          "Steps that failed",
          counts.StepFailed.state.map((state) => counted("StepFailed", { state })),
          {
            stacked: true,
          },
        ),
      ],
      [
        graph("Webhooks", [ingest.metricInvocations(sum), counted("WebhookFailed")]),
        graph(
          "Webhooks refused",
          counts.WebhookRefused.reason.map((reason) => counted("WebhookRefused", { reason })),
          { stacked: true },
        ),
        graph("Webhook duration (p99)", [ingest.metricDuration({ period: fiveMinutes, statistic: "p99" })]),
      ],
      [
        graph("Gateway", [
          counted("GatewayFailed"),
          counted("GatewayRefusedCredentials"),
          counted("UnknownStatus"),
          counted("LinkRefused"),
        ]),
        graph("Sweep", [measured("SweepLagSeconds")], { right: [sweep.metricInvocations(sum)] }),
        graph(
          "Dead letters",
          Object.entries(deadLetters).map(([label, queue]) =>
            queue.metricApproximateNumberOfMessagesVisible({ ...most, label }),
          ),
        ),
      ],
      [
        graph("Answered with our error, not taken, not looked at", [
          counted("RequestFailed"),
          counted("IntakeRefused"),
          counted("LookFailed"),
          counted("TokenSpent"),
        ]),
        graph(
          "Crashes",
          ofEach((of) => of.metricErrors(sum)),
          {
            right: ofEach((of) => of.metricThrottles(sum)).map((metric) =>
              metric.with({ label: `${metric.label} throttled` }),
            ),
          },
        ),
        graph(
          "Oldest keys (days)",
          keyKinds.map((kind) => measured("OldestKeyDays", { kind }).with({ period: hour })),
        ),
      ],
      [
        graph("Server errors", [
          api.httpApi.metricServerError({ ...sum, label: "API" }),
          webhooks.httpApi.metricServerError({ ...sum, label: "webhooks" }),
        ]),
        graph(
          "Oldest look that waits (seconds; news in milliseconds)",
          [looks.metricApproximateAgeOfOldestMessage({ ...most, label: "due" })],
          { right: [resume.metric("IteratorAge", { ...most, label: "news" })] },
        ),
      ],
    ],
  });
}
