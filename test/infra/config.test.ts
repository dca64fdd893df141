import { describe, expect, test } from "vitest";
import cdk from "../../cdk.json" with { type: "json" };
import { parseStage } from "../../infra/config.ts";

const messageOf = (name: unknown, stages: unknown): string => {
  try {
    parseStage(name, stages);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was accepted");
};

test.each(Object.keys(cdk.context.stages))("the stage %s of cdk.json is valid", (name) => {
  expect(parseStage(name, cdk.context.stages).name).toBe(name);
});

test("an empty stage keeps its data, and has no sandbox", () => {
  const stage = parseStage("prod", { prod: {} });
  expect(stage).toMatchObject({ name: "prod", retainData: true, captureHosts: ["idfy.com"], workflows: {} });
  expect(stage.sandbox).toBeUndefined();
});

describe("errors name every wrong field and never a value", () => {
  const secret = "very-secret";
  const queue = { priority: 1, label: secret, operators: 1 };
  test.each([
    ["stages.s.account", { account: secret }],
    ["stages.s.logRetentionDays", { logRetentionDays: secret }],
    ["stages.s.alarmEmails.0", { alarmEmails: [secret] }],
    ["stages.s.sandbox.purgePolicy", { sandbox: { purgePolicy: secret } }],
    ["stages.s.sandbox.videoQueues", { sandbox: { videoQueues: [] } }],
    ["stages.s.sandbox.videoQueues", { sandbox: { videoQueues: [queue, queue] } }],
    ["stages.s.sandbox.videoQueues.0.operators", { sandbox: { videoQueues: [{ ...queue, operators: -1 }] } }],
    ["stages.s.workflows.x.decision", { workflows: { x: { config_id: "c", decision: secret } } }],
    ["stages.s.retainData", { retainData: secret }],
  ])("%s", (field, stage) => {
    const message = messageOf("s", { s: stage });
    expect(message).toContain(`${field}`);
    expect(message).not.toContain(secret);
  });

  test("all of them at once", () => {
    const message = messageOf("s", { s: { retainData: 1, account: "1" } });
    expect(message).toMatch(/stages\.s\.account: .*; stages\.s\.retainData: /);
  });
});

test("an unknown stage, a bad name, no stages", () => {
  expect(messageOf("other", { local: {}, prod: {} })).toBe(
    'cdk.json has no stage "other"; it has local, prod',
  );
  expect(messageOf(undefined, { local: {} })).toBe("name the stage: -c stage=NAME, one of local");
  expect(messageOf("Bad Name", { local: {} })).toContain("name the stage");
  expect(messageOf("local", undefined)).toBe("cdk.json: context.stages must be an object of stages");
});

test("two workflows of one config_id are refused", () => {
  const workflow = { config_id: "c", decision: { kind: "approve" } };
  expect(messageOf("s", { s: { workflows: { one: workflow, two: workflow } } })).toContain(
    "stages.s.workflows",
  );
});
