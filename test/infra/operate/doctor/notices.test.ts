import { describe, expect, test } from "vitest";
import { lineOf } from "../../../../infra/operate/doctor/finding.ts";
import { judgeAlarms, judgeBus } from "../../../../infra/operate/doctor/notices.ts";

const prod = { name: "prod", gatewayAccounts: {}, sandbox: undefined };
const one = "one@example.com";
const two = "two@example.com";

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

describe("alarms", () => {
  const lines = (
    alarmEmails: string[],
    subscriptions: { endpoint: string; confirmed: boolean }[],
    sandbox?: object,
  ) => judgeAlarms({ ...prod, alarmEmails, sandbox: sandbox as never }, { value: subscriptions }).map(lineOf);

  test("reach every address that has confirmed", () => {
    const both = [one, two].map((endpoint) => ({ endpoint, confirmed: true }));
    expect(lines([one, two], both)).toEqual(["✓ alarms: 2 subscriptions, confirmed"]);
  });

  test("do not reach one that has not confirmed, nor one that is not subscribed", () => {
    expect(lines([one, two], [{ endpoint: one, confirmed: false }])).toEqual([
      "✗ alarms: one@example.com has not confirmed: follow the link in the mail from AWS, or have another sent from the SNS console",
      "✗ alarms: two@example.com is not subscribed: `npm run deploy -- --stage prod`",
    ]);
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
