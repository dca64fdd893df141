import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { SNSClient } from "@aws-sdk/client-sns";
import { describe, expect, test } from "vitest";
import { lineOf } from "../../../../infra/operate/doctor/finding.ts";
import { judgeAlarms, judgeBus, learnSubscriptions } from "../../../../infra/operate/doctor/notices.ts";

const prod = { name: "prod", gatewayAccounts: {}, sandbox: undefined };
const one = "one@example.com";
const two = "two@example.com";
const topic = "arn:aws:sns:ap-south-1:111122223333:onboarding-prod-alarms";

describe("the event bus", () => {
  const ours = "onboarding-prod-onboarding-OnboardingRequested-ABC";

  test("has somebody who listens", () => {
    expect(lineOf(judgeBus(prod, { value: [ours, "reminders"] }))).toBe("✓ event bus: 1 rule beside our own");
    expect(lineOf(judgeBus(prod, { value: [ours] }))).toBe(
      "? event bus: no rule but our own, so nobody is told of anything: add one (docs/events.md)",
    );
  });

  test("is missing, or not to be looked at", () => {
    expect(lineOf(judgeBus(prod, { value: null }))).toBe(
      "✗ event bus: is not there: `npm run deploy -- --stage prod`",
    );
    expect(judgeBus(prod, { because: "not authorized" }).result).toBe("unknown");
  });
});

/** A client that answers everything alike; a paginator takes a client of its own kind only. */
const answering = <C extends object>(client: C, answer: object): C =>
  Object.assign(client, { send: async () => answer });

describe("alarms", () => {
  const lines = (
    alarmEmails: string[],
    subscriptions: { endpoint: string; confirmed: boolean }[],
    sandbox?: object,
    topicArn: string | null = topic,
  ) =>
    judgeAlarms(
      { ...prod, alarmEmails, sandbox: sandbox as never },
      { value: { topicArn, subscriptions } },
    ).map(lineOf);

  test("reach every address that has confirmed", () => {
    const both = [one, two].map((endpoint) => ({ endpoint, confirmed: true }));
    expect(lines([one, two], both)).toEqual(["✓ alarms: 2 subscriptions, confirmed"]);
  });

  test("do not reach one that has not confirmed, nor one that is not subscribed", () => {
    expect(lines([one, two], [{ endpoint: one, confirmed: false }])).toEqual([
      "✗ alarms: one@example.com has not confirmed: follow the link in the mail from AWS, or have another sent from the SNS console",
      `✗ alarms: two@example.com is not subscribed: \`npm run deploy -- --stage prod\` if the address is new, else \`aws sns subscribe --region ap-south-1 --topic-arn ${topic} --protocol email --notification-endpoint two@example.com\`, and follow the link in the mail within 48 hours`,
    ]);
  });

  test("reach nobody before there is a topic: then a deployment subscribes the addresses", () => {
    expect(lines([one], [], undefined, null)).toEqual([
      "✗ alarms: one@example.com is not subscribed: `npm run deploy -- --stage prod`",
    ]);
  });

  test("come by the topic of the stack operations, to those whose subscription has an ARN", async () => {
    const stack = answering(new CloudFormationClient({ region: "ap-south-1" }), {
      StackResourceSummaries: [
        { ResourceType: "AWS::KMS::Key", PhysicalResourceId: "key" },
        { ResourceType: "AWS::SNS::Topic", PhysicalResourceId: topic },
      ],
    });
    const sns = answering(new SNSClient({ region: "ap-south-1" }), {
      Subscriptions: [
        { Endpoint: one, SubscriptionArn: `${topic}:1` },
        { Endpoint: two, SubscriptionArn: "PendingConfirmation" },
      ],
    });
    expect(await learnSubscriptions(stack, sns, "prod")).toEqual({
      value: {
        topicArn: topic,
        subscriptions: [
          { endpoint: one, confirmed: true },
          { endpoint: two, confirmed: false },
        ],
      },
    });
  });

  test("reach somebody, by a subscription of any kind", () => {
    expect(lines([], [{ endpoint: "arn:aws:lambda:…", confirmed: true }])).toEqual([
      "✓ alarms: 1 subscription, confirmed",
    ]);
    const line = "alarms: nobody is told of them: set stages.prod.alarmEmails in cdk.json, and deploy";
    expect(lines([], [])).toEqual([`✗ ${line}`]);
    expect(lines([], [{ endpoint: one, confirmed: false }])).toEqual([`✗ ${line}`]);
    expect(lines([], [], {})).toEqual([`? ${line}`]);
  });
});
