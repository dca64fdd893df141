import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { App, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { intakeRequestSchema } from "../../functions/intake/claim.ts";
import { eventSource } from "../../shared/events/bus.ts";
import { eventTypes, onboardingRequestedSchema } from "../../shared/events/published.ts";

const repository = join(import.meta.dirname, "../..");
const page = readFileSync(join(repository, "docs/events.md"), "utf8");
/** The page's files: the first line of each names it. */
const snippets = new Map(
  [...page.matchAll(/^```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)^```$/gm)].map(([, name = "", code = ""]) => [
    name,
    code,
  ]),
);

const folder = mkdtempSync(join(tmpdir(), "onboarding-docs-"));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => {
  for (const [name, code] of snippets) writeFileSync(join(folder, name), code);
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
});

// biome-ignore lint/suspicious/noExplicitAny: the type check of the snippets is a test of its own
const load = async (name: string): Promise<any> => import(pathToFileURL(join(folder, name)).href);

const here = { account: "111111111111", region: "eu-west-1" };
const elsewhere = { account: "222222222222", region: "eu-west-1" };
const busArn = "arn:aws:events:eu-west-1:111111111111:event-bus/onboarding-prod";

/** A stack with a sender in it that may do nothing yet. */
function senderIn(env = here) {
  const stack = new Stack(new App(), "Sender", { env });
  return {
    stack,
    sender: new Role(stack, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") }),
  };
}

const patternsOf = (template: Template) =>
  Object.values(template.findResources("AWS::Events::Rule")).map(
    ({ Properties }) => Properties.EventPattern as { source: string[]; "detail-type": string[] },
  );

test("the page has these files and no other code of TypeScript", () => {
  expect([...snippets.keys()]).toEqual([
    "outcomes.ts",
    "another-account.ts",
    "request-by-event.ts",
    "request-onboarding.ts",
    "request-by-queue.ts",
  ]);
  expect(page.match(/^```(ts|typescript)$/gm)).toHaveLength(snippets.size);
});

test("every file passes the compiler as strictly as ours do, as somebody else's would", async () => {
  const { compilerOptions } = JSON.parse(readFileSync(join(repository, "tsconfig.json"), "utf8"));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: { ...compilerOptions, typeRoots: [join(repository, "node_modules/@types")] },
    }),
  );
  const tsc = await execa(
    process.execPath,
    [join(repository, "node_modules/typescript/bin/tsc"), "-p", folder],
    {
      reject: false,
      all: true,
    },
  );
  expect(tsc.all).toBe("");
  expect(tsc.exitCode).toBe(0);
});

describe("subscribing", () => {
  test("a queue gets the outcomes of one account, and keeps what cannot be delivered or handled", async () => {
    const { OutcomesStack } = await load("outcomes.ts");
    const props = { env: here, stage: "prod", accountId: "acme/1" };
    const template = Template.fromStack(new OutcomesStack(new App(), "Outcomes", props));
    template.hasResourceProperties("AWS::Events::Rule", {
      EventBusName: "onboarding-prod",
      EventPattern: {
        source: [eventSource],
        "detail-type": eventTypes.filter((type) => type.startsWith("Onboarding")),
        detail: { account_id: ["acme/1"] },
      },
      State: "ENABLED",
      Targets: [
        Match.objectLike({
          Arn: { "Fn::GetAtt": [Match.stringLikeRegexp("^Outcomes"), "Arn"] },
          DeadLetterConfig: { Arn: { "Fn::GetAtt": [Match.stringLikeRegexp("^Undelivered"), "Arn"] } },
        }),
      ],
    });
    template.hasResourceProperties("AWS::SQS::Queue", {
      RedrivePolicy: {
        deadLetterTargetArn: { "Fn::GetAtt": [Match.stringLikeRegexp("^Undelivered"), "Arn"] },
        maxReceiveCount: 5,
      },
    });
    template.hasResourceProperties("AWS::SQS::QueuePolicy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: "Allow",
            Principal: { Service: "events.amazonaws.com" },
            Action: Match.arrayWith(["sqs:SendMessage"]),
            Condition: { ArnEquals: { "aws:SourceArn": Match.anyValue() } },
          }),
        ]),
      },
    });
  });

  test("another account gets events from bus to bus, and takes them from the orchestrator's account only", async () => {
    const { HandOnStack, ListenStack } = await load("another-account.ts");
    const listenerBusArn = "arn:aws:events:eu-west-1:222222222222:event-bus/from-onboarding";
    const handOn = Template.fromStack(
      new HandOnStack(new App(), "HandOn", { env: here, stage: "prod", listenerBusArn }),
    );
    handOn.hasResourceProperties("AWS::Events::Rule", {
      EventBusName: "onboarding-prod",
      Targets: [
        Match.objectLike({
          Arn: listenerBusArn,
          RoleArn: Match.anyValue(),
          DeadLetterConfig: Match.anyValue(),
        }),
      ],
    });
    handOn.hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: {
        Statement: [{ Effect: "Allow", Action: "events:PutEvents", Resource: listenerBusArn }],
      },
    });

    const stack = new ListenStack(new App(), "Listen", { env: elsewhere, onboardingAccount: here.account });
    const functionArn = "arn:aws:lambda:eu-west-1:222222222222:function:tell";
    stack.tell(LambdaFunction.fromFunctionArn(stack as Construct, "Tell", functionArn));
    const listen = Template.fromStack(stack);
    listen.hasResourceProperties("AWS::Events::EventBusPolicy", {
      Statement: {
        Effect: "Allow",
        Action: "events:PutEvents",
        Principal: {
          AWS: Match.objectLike({ "Fn::Join": ["", Match.arrayWith([":iam::111111111111:root"])] }),
        },
        Condition: { StringEquals: { "events:source": eventSource } },
      },
    });
    listen.hasResourceProperties("AWS::Events::Rule", {
      EventBusName: { Ref: Match.stringLikeRegexp("^FromOnboarding") },
      Targets: [Match.objectLike({ Arn: functionArn, DeadLetterConfig: Match.anyValue() })],
    });
    expect(patternsOf(listen)).toEqual(patternsOf(handOn));
  });

  test("no rule asks for what is not published, or for a capture link or a request", async () => {
    const { OutcomesStack } = await load("outcomes.ts");
    const { HandOnStack } = await load("another-account.ts");
    const patterns = [
      new OutcomesStack(new App(), "Outcomes", { stage: "prod", accountId: "acme/1" }),
      new HandOnStack(new App(), "HandOn", { stage: "prod", listenerBusArn: busArn }),
    ].flatMap((stack) => patternsOf(Template.fromStack(stack)));
    expect(patterns).toHaveLength(2);
    for (const pattern of patterns) {
      expect(pattern.source).toEqual([eventSource]);
      expect(eventTypes).toEqual(expect.arrayContaining(pattern["detail-type"]));
      for (const type of ["CaptureLinkReady", "OnboardingRequested"])
        expect(pattern["detail-type"]).not.toContain(type);
    }
  });
});

describe("starting an onboarding by event", () => {
  const condition = {
    StringEquals: { "events:source": "crm", "events:detail-type": "OnboardingRequested" },
  };

  test("a sender may put that event in its own name, and no other", async () => {
    const { grantRequests } = await load("request-by-event.ts");
    const { stack, sender } = senderIn();
    grantRequests(stack, "prod", "crm", sender);
    Template.fromStack(stack).hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: {
        Statement: [
          {
            Effect: "Allow",
            Action: "events:PutEvents",
            Resource: {
              "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, busArn.slice("arn:aws".length)]],
            },
            Condition: condition,
          },
        ],
      },
    });
  });

  test("the bus lets one role of another account do the same", async () => {
    const { RequestsFromElsewhereStack } = await load("request-by-event.ts");
    const roleArn = "arn:aws:iam::222222222222:role/crm";
    const stack = new RequestsFromElsewhereStack(new App(), "Requests", {
      env: here,
      stage: "prod",
      source: "crm",
      roleArn,
    });
    Template.fromStack(stack).hasResourceProperties("AWS::Events::EventBusPolicy", {
      EventBusName: "onboarding-prod",
      StatementId: "requests-of-crm",
      Statement: {
        Effect: "Allow",
        Action: "events:PutEvents",
        Principal: { AWS: roleArn },
        Condition: condition,
      },
    });
  });

  test("what is sent is what intake takes, and an event that was not taken is an error without its text", async () => {
    const { requestOnboarding } = await load("request-onboarding.ts");
    const sent: { Entries: Record<string, string>[] }[] = [];
    const request = {
      reference_id: "order-7",
      config: { id: "config-1" },
      data: { company_name: "Example" },
    };
    const client = (answer: object) => ({
      send: async ({ input }: { input: { Entries: Record<string, string>[] } }) => {
        sent.push(input);
        return answer;
      },
    });
    await requestOnboarding(client({ FailedEntryCount: 0 }), "onboarding-prod", "acme/1", request);
    const [entry] = sent[0]?.Entries ?? [];
    expect(entry).toMatchObject({ EventBusName: "onboarding-prod", DetailType: "OnboardingRequested" });
    const detail = onboardingRequestedSchema.parse(JSON.parse(entry?.["Detail"] ?? ""));
    expect(detail.account_id).toBe("acme/1");
    expect(intakeRequestSchema.parse(detail.request)).toEqual(request);

    const refused = {
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: "ThrottlingException", ErrorMessage: "Example" }],
    };
    await expect(requestOnboarding(client(refused), "onboarding-prod", "acme/1", request)).rejects.toThrow(
      /^the event was not taken: ThrottlingException$/,
    );
  });
});

test("a sender to the intake queue may send, with its key, and not receive", async () => {
  const { grantIntake } = await load("request-by-queue.ts");
  const { stack, sender } = senderIn();
  const keyArn = "arn:aws:kms:eu-west-1:111111111111:key/00000000-0000-4000-8000-000000000001";
  expect(grantIntake(stack, "prod", keyArn, sender).queueName).toBe("onboarding-prod-intake");
  const [policy] = Object.values(Template.fromStack(stack).findResources("AWS::IAM::Policy"));
  const statements = policy?.["Properties"].PolicyDocument.Statement as {
    Action: string[];
    Resource: unknown;
  }[];
  expect(statements.flatMap(({ Action }) => Action).sort()).toEqual([
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:SendMessage",
  ]);
  expect(JSON.stringify(statements)).toContain(":onboarding-prod-intake");
  expect(JSON.stringify(statements)).toContain(keyArn);
});
