import { Duration } from "aws-cdk-lib";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import {
  Choice,
  Condition,
  Errors,
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

/**
 * Faults worth another try: what steps report, and what Lambda says of a function that it could not run to its end.
 * Names, never `States.ALL`: a wait whose time is over shall not wait once more.
 */
export const faults = [
  "StepFault",
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
  "Lambda.Unknown",
  // Killed, out of memory, or gone before it had answered.
  "Runtime.ExitError",
  "Runtime.OutOfMemory",
  "Runtime.NodeJsExit",
  "Runtime.UnhandledPromiseRejection",
  // A broken bundle: the next deployment mends it.
  "Runtime.ImportModuleError",
  "Runtime.HandlerNotFound",
  "Runtime.MalformedHandlerName",
  "Runtime.UserCodeSyntaxError",
  "Runtime.HandlerError",
  "Runtime.Unknown",
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
    // Also what nobody has a name for: whatever ends an execution ends the onboarding, its purge included.
    task.addCatch(attention, { errors: [Errors.ALL], resultPath: JsonPath.DISCARD });
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
