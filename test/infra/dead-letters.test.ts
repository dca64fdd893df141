import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { templates } from "./stage-app.ts";

const stage = templates("local", { alarmEmails: ["operations@example.com"] });

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
}
/** Something that one service hands to another without waiting for what becomes of it. */
interface Edge {
  name: string;
  stack: string;
  /** The logical id of the queue where it ends if it cannot be handed over. */
  deadLetters: string | undefined;
}

/** Why an edge has no dead letters that somebody is woken for. */
const reasons: Record<string, string> = {
  "EveryMinute → SweepFunction":
    "There is nothing in it to keep: the next minute is the retry, and SweepsMissing tells if that does not come either.",
  "invocation of SweepFunction":
    "The same once Lambda has it: a sweep that fails is repeated by the next minute's, and SweepErrors tells.",
  "EveryHour → WatchFunction":
    "There is nothing in it to keep: the next hour is the retry, and WatchMissing tells if that does not come either.",
  "invocation of WatchFunction":
    "The same once Lambda has it and has tried it three times: the next hour's census says what this one would have said.",
  "Alarms → email":
    "SNS repeats a mail for hours; an alarm that was not delivered is still an alarm on the dashboard.",
  "JourneyQueue → JourneyFunction":
    "The sandbox has dead letters, but nobody is to be woken because an invented customer stopped.",
  "DeliverQueue → DeliverFunction":
    "The sandbox has dead letters, but nobody is to be woken because an invented webhook was lost.",
};

/** Types of resources that hand nothing on by themselves, or wait for the answer when they do. */
const quiet = [
  "AWS::ApiGatewayV2::Api",
  "AWS::ApiGatewayV2::Integration",
  "AWS::ApiGatewayV2::Route",
  "AWS::ApiGatewayV2::Stage",
  "AWS::CloudWatch::Alarm",
  "AWS::CloudWatch::Dashboard",
  "AWS::DynamoDB::Table",
  "AWS::Events::EventBus",
  "AWS::IAM::Policy",
  "AWS::IAM::Role",
  "AWS::KMS::Key",
  "AWS::Lambda::EventInvokeConfig",
  "AWS::Lambda::Function",
  "AWS::Logs::LogGroup",
  "AWS::S3::Bucket",
  "AWS::S3::BucketPolicy",
  "AWS::SNS::Topic",
  "AWS::SNS::TopicPolicy",
  "AWS::SQS::Queue",
  "AWS::SQS::QueuePolicy",
  "AWS::SecretsManager::Secret",
  "AWS::StepFunctions::StateMachine",
];

const wordOf = (id: string): string => id.replace(/[0-9A-F]{8}$/, "");
const referenceIn = (value: unknown): string => {
  const {
    Ref,
    "Fn::GetAtt": attribute,
    "Fn::ImportValue": imported,
  } = (value ?? {}) as Record<string, never>;
  return Ref ?? attribute?.[0] ?? imported ?? "";
};

function edgesOf(stack: string, template: Template): Edge[] {
  const { Resources } = template.toJSON() as { Resources: Record<string, Resource> };
  const edge = (from: string, to: string, deadLetters?: unknown): Edge => ({
    name: `${wordOf(from)} → ${wordOf(to)}`,
    stack,
    deadLetters: deadLetters === undefined ? undefined : referenceIn(deadLetters),
  });
  return Object.entries(Resources).flatMap(([id, { Type, Properties }]): Edge[] => {
    switch (Type) {
      case "AWS::Lambda::EventSourceMapping": {
        const source = referenceIn(Properties["EventSourceArn"]);
        const queue = Resources[source]?.Properties as
          | { RedrivePolicy?: { deadLetterTargetArn: unknown } }
          | undefined;
        const config = Properties["DestinationConfig"] as { OnFailure: { Destination: unknown } } | undefined;
        return [
          edge(
            queue ? source : id,
            referenceIn(Properties["FunctionName"]),
            queue ? queue.RedrivePolicy?.deadLetterTargetArn : config?.OnFailure.Destination,
          ),
        ];
      }
      case "AWS::Events::Rule":
        return (Properties["Targets"] as { Arn: unknown; DeadLetterConfig?: { Arn: unknown } }[]).map(
          ({ Arn, DeadLetterConfig }) => edge(id, referenceIn(Arn), DeadLetterConfig?.Arn),
        );
      case "AWS::SNS::Subscription": {
        const redrive = Properties["RedrivePolicy"] as { deadLetterTargetArn: unknown } | undefined;
        return [
          edge(
            referenceIn(Properties["TopicArn"]),
            Properties["Protocol"] as string,
            redrive?.deadLetterTargetArn,
          ),
        ];
      }
      // Whoever is let in and is no API invokes without waiting.
      case "AWS::Lambda::Permission": {
        if (Properties["Principal"] === "apigateway.amazonaws.com") return [];
        const target = referenceIn(Properties["FunctionName"]);
        const config = Object.values(Resources).find(
          (other) =>
            other.Type === "AWS::Lambda::EventInvokeConfig" &&
            referenceIn(other.Properties["FunctionName"]) === target,
        )?.Properties["DestinationConfig"] as { OnFailure?: { Destination: unknown } } | undefined;
        return [
          {
            name: `invocation of ${wordOf(target)}`,
            stack,
            deadLetters: config?.OnFailure && referenceIn(config.OnFailure.Destination),
          },
        ];
      }
      default:
        if (!quiet.includes(Type)) throw new Error(`say whether ${Type} hands something on`);
        return [];
    }
  });
}

const edges = Object.entries(stage).flatMap(([stack, template]) => edgesOf(stack, template));
const alarmed = JSON.stringify(
  Object.values((stage["operations"] as Template).findResources("AWS::CloudWatch::Alarm")).filter(
    ({ Properties }) => Properties.MetricName === "ApproximateNumberOfMessagesVisible",
  ),
);

test("the asynchronous edges are these", () => {
  expect(edges.map(({ stack, name }) => `${stack}: ${name}`).sort()).toEqual([
    "onboarding: EveryHour → WatchFunction",
    "onboarding: EveryMinute → SweepFunction",
    "onboarding: IntakeQueue → IntakeFunction",
    "onboarding: LookQueue → ResumeFunction",
    "onboarding: OnboardingRequested → IntakeQueue",
    "onboarding: Signals → ResumeFunction",
    "onboarding: invocation of SweepFunction",
    "onboarding: invocation of WatchFunction",
    "operations: Alarms → email",
    "sandbox: DeliverQueue → DeliverFunction",
    "sandbox: JourneyQueue → JourneyFunction",
  ]);
});

test.each(edges)(
  "$name has dead letters with an alarm, or a reason to have none",
  ({ name, deadLetters }) => {
    const hasAlarm = deadLetters !== undefined && alarmed.includes(deadLetters);
    expect(hasAlarm || name in reasons).toBe(true);
  },
);

test("no reason is stale, and each says something", () => {
  for (const [name, reason] of Object.entries(reasons)) {
    const found = edges.find((edge) => edge.name === name);
    expect(found, name).toBeDefined();
    expect(found?.deadLetters !== undefined && alarmed.includes(found.deadLetters), name).toBe(false);
    expect(reason.length, name).toBeGreaterThan(60);
  }
});

test("every queue of the sandbox has dead letters all the same", () => {
  for (const { stack, name, deadLetters } of edges)
    if (stack === "sandbox") expect(deadLetters, name).toBeDefined();
});

describe("queues of dead letters", () => {
  const queues = Object.values(stage).flatMap((template) =>
    Object.entries(template.findResources("AWS::SQS::Queue") as Record<string, Resource>),
  );
  const sourcesOf = (id: string) =>
    queues.filter(
      ([, { Properties }]) =>
        referenceIn(
          (Properties["RedrivePolicy"] as { deadLetterTargetArn: unknown } | undefined)?.deadLetterTargetArn,
        ) === id,
    );
  const ends = queues.filter(([id]) => id.includes("DeadLetters"));

  test("are named so, and are used", () => {
    const used = new Set(edges.flatMap(({ deadLetters }) => deadLetters ?? []));
    expect(ends.map(([id]) => id).sort()).toEqual([...used].sort());
  });

  test.each(ends)("%s takes the dead letters of its own queue and of no other", (id, { Properties }) => {
    const [source, ...others] = sourcesOf(id);
    expect(others).toEqual([]);
    const allowed = Properties["RedriveAllowPolicy"] as {
      redrivePermission: string;
      sourceQueueArns?: unknown[];
    };
    if (!source) return expect(allowed).toEqual({ redrivePermission: "denyAll" });
    expect(allowed.redrivePermission).toBe("byQueue");
    const arns = (allowed.sourceQueueArns ?? []).map((arn) => JSON.stringify(arn));
    expect(arns).toEqual([expect.stringMatching(new RegExp(`:${source[1].Properties["QueueName"]}"`))]);
  });

  test.each(queues)("%s forgets within four days", (_id, { Properties }) => {
    expect(Properties["MessageRetentionPeriod"]).toBeLessThanOrEqual(4 * 86_400);
  });
});

test("nothing invokes a function without waiting but the schedule", () => {
  const invokers = Object.values(stage).flatMap((template) =>
    Object.entries(template.findResources("AWS::IAM::Policy")).filter(([, policy]) =>
      JSON.stringify(policy).includes("lambda:Invoke"),
    ),
  );
  // The state machine waits for what it invokes.
  expect(invokers.map(([id]) => wordOf(id))).toEqual(["StateMachineRoleDefaultPolicy"]);
});
