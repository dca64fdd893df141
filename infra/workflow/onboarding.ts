import { Duration } from "aws-cdk-lib";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import {
  Choice,
  Condition,
  type IChainable,
  IntegrationPattern,
  JitterType,
  JsonPath,
  Succeed,
  TaskInput,
  Timeout,
} from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke } from "aws-cdk-lib/aws-stepfunctions-tasks";
import type { Construct } from "constructs";
import type { StepName } from "../../functions/step.ts";

/** Faults worth another try. Names, never `States.ALL`: a bug in the definition shall fail, not loop. */
export const faults = [
  "StepFault",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
  "Lambda.Unknown",
  "Runtime.HandlerError",
  "Sandbox.Timedout",
];

/** Above every deadline that a parked record may have: 360 days. Only a wait that nobody resumes ends so. */
const WAIT_DAYS = 360;

/**
 * The life of one onboarding. The state between steps is ids and what comes `next`; every step answers with
 * the whole of it. The steps that wait answer through their task token, from the moment there is news.
 */
export function onboardingDefinition(scope: Construct, functions: Record<StepName, IFunction>): IChainable {
  const step = (name: StepName) =>
    new LambdaInvoke(scope, name, {
      lambdaFunction: functions[name],
      payload: TaskInput.fromObject({ state: name, input: JsonPath.entirePayload }),
      outputPath: "$.Payload",
      retryOnServiceExceptions: false,
    });
  const wait = (name: StepName) =>
    new LambdaInvoke(scope, name, {
      lambdaFunction: functions[name],
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      payload: TaskInput.fromObject({
        task_token: JsonPath.taskToken,
        state: name,
        input: JsonPath.entirePayload,
      }),
      taskTimeout: Timeout.duration(Duration.days(WAIT_DAYS)),
      retryOnServiceExceptions: false,
    });

  const openCapture = wait("OpenCapture");
  const route = new Choice(scope, "Route");
  const review = wait("Review");
  const recapture = wait("Recapture");
  const attention = wait("Attention");
  const close = step("Close");
  const retain = wait("Retain");
  const purge = step("Purge");
  const done = new Succeed(scope, "Done");

  const insistent = { errors: faults, interval: Duration.seconds(2), backoffRate: 2 };
  for (const task of [openCapture, review, recapture, close, retain, purge]) {
    task.addRetry({
      ...insistent,
      maxAttempts: 5,
      maxDelay: Duration.seconds(60),
      jitterStrategy: JitterType.FULL,
    });
    task.addCatch(attention, { errors: [...faults, "States.Timeout"], resultPath: JsonPath.DISCARD });
  }
  // Nothing catches Attention, so it tries for longer.
  attention.addRetry({
    ...insistent,
    maxAttempts: 10,
    maxDelay: Duration.minutes(15),
    jitterStrategy: JitterType.FULL,
  });

  const next = (name: string) => Condition.stringEquals("$.next", name);
  openCapture.next(route);
  route
    .when(next("open"), openCapture)
    .when(next("review"), review)
    .when(next("recapture"), recapture)
    .when(next("attention"), attention)
    .when(next("complete"), retain)
    .when(next("close"), close)
    .when(next("retain"), retain)
    .when(next("purge"), purge)
    .when(next("end"), done)
    .otherwise(attention);
  review.next(route);
  recapture.next(route);
  attention.next(route);
  close.next(route);
  retain.next(purge);
  return openCapture;
}
