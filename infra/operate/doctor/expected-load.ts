import type { Workflow } from "../../../shared/profile/policy.ts";
import { workflowFor } from "../../../shared/profile/workflow.ts";

/** What a number of onboardings a day asks of a stage and of the AWS account that it is in. */
export interface Load {
  /** In the busiest hours. */
  startsPerSecond: number;
  transitionsPerSecond: number;
  taskAnswersPerSecond: number;
  eventsPerSecond: number;
  readsPerSecond: number;
  webhooksPerSecond: number;
  /** By the look queue. */
  looksPerSecond: number;
  /** What `looksAtOnce` of the stage has to be for that. */
  looksAtOnce: number;
  concurrentFunctions: number;
  /** Executions that wait at the same time, customers' captures and retention included. */
  openExecutions: number;
}

const DAY_SECONDS = 86_400;

/** How much busier the busiest hours are than the mean of the day. */
export const PEAK_FACTOR = 5;

/**
 * What an onboarding costs that is sent back once and reviewed again: the longest of the courses that are common.
 * State transitions as docs/lifecycle.md counts them; the rest is rounded up.
 */
export const perOnboarding = {
  transitions: 11,
  /** OpenCapture, Review, Recapture, Review, Retain. */
  taskAnswers: 5,
  events: 10,
  webhooks: 12,
  /** Of callers, by our API. */
  reads: 10,
  /** Checks and the like, which the queue of looks paces; what signals lead to comes by the table's stream. */
  looks: 20,
  /** Of all functions together, most of it spent waiting for the gateway; the patience for a link comes on top. */
  functionSeconds: 40,
} as const;

/** Of a look, nearly all of it the gateway's. */
export const LOOK_SECONDS = 1;

/** Every workflow is taken for the slowest of the stage's, each customer to need half of his time to capture. */
export function expectedLoad(perDay: number, workflows: readonly Workflow[]): Load {
  const peakPerSecond = (PEAK_FACTOR * perDay) / DAY_SECONDS;
  const known = workflows.length > 0 ? workflows : [workflowFor([], "any")];
  const openDays = Math.max(
    ...known.map(
      ({ captureSeconds, retentionSeconds }) => (captureSeconds / 2 + retentionSeconds) / DAY_SECONDS,
    ),
  );
  const patience = Math.max(...known.map(({ linkPatienceSeconds }) => linkPatienceSeconds));
  return {
    startsPerSecond: peakPerSecond,
    transitionsPerSecond: peakPerSecond * perOnboarding.transitions,
    taskAnswersPerSecond: peakPerSecond * perOnboarding.taskAnswers,
    eventsPerSecond: peakPerSecond * perOnboarding.events,
    readsPerSecond: peakPerSecond * perOnboarding.reads,
    webhooksPerSecond: peakPerSecond * perOnboarding.webhooks,
    looksPerSecond: peakPerSecond * perOnboarding.looks,
    looksAtOnce: Math.ceil(peakPerSecond * perOnboarding.looks * LOOK_SECONDS),
    concurrentFunctions: Math.ceil(peakPerSecond * (perOnboarding.functionSeconds + patience)),
    openExecutions: Math.ceil(perDay * openDays),
  };
}
