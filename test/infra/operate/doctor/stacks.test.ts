import { describe, expect, test } from "vitest";
import { stackNames } from "../../../../infra/local/stage-outputs.ts";
import { lineOf } from "../../../../infra/operate/doctor/finding.ts";
import { judgeStacks } from "../../../../infra/operate/doctor/stacks.ts";

const prod = { name: "prod", gatewayAccounts: {} };
const template = { Resources: { Table: { Type: "AWS::DynamoDB::Table" } } };
const synthesized = { value: { templates: { a: template, b: template }, neededBootstrap: 6 } };
const well = { value: { status: "UPDATE_COMPLETE", template } };

const lines = (b: Parameters<typeof judgeStacks>[1][string], against = synthesized) =>
  judgeStacks(prod, { a: well, b }, against).map(lineOf);

test("a stage has five stacks, and one more with the sandbox", () => {
  expect(stackNames({ name: "prod", sandbox: undefined })).toHaveLength(5);
  expect(stackNames({ name: "test", sandbox: {} as never }).at(-1)).toBe("onboarding-test-sandbox");
});

describe("stacks", () => {
  test("as this checkout has them are one line", () => {
    expect(lines(well)).toEqual(["✓ stacks: 2 deployed, as this checkout has them"]);
  });

  test.each([
    ["is missing", { value: null }, "✗ stack b: is not deployed: `npm run deploy -- --stage prod`"],
    [
      "was rolled back",
      { value: { status: "UPDATE_ROLLBACK_COMPLETE", template } },
      "✗ stack b: its last deployment did not go through (UPDATE_ROLLBACK_COMPLETE): `npm run deploy -- --stage prod`",
    ],
    [
      "is being deployed",
      { value: { status: "UPDATE_IN_PROGRESS", template } },
      "? stack b: is changing at the moment (UPDATE_IN_PROGRESS)",
    ],
    [
      "is of another checkout",
      { value: { status: "CREATE_COMPLETE", template: { Resources: {} } } },
      "✗ stack b: differs from this checkout: `npm run deploy -- --stage prod`",
    ],
    ["cannot be looked at", { because: "not authorized" }, "? stack b: could not check: not authorized"],
  ])("one that %s has a line of its own", (_, learnt, line) => {
    expect(lines(learnt)).toEqual(["✓ stacks: 1 deployed, as this checkout has them", line]);
  });

  test("are not compared where this checkout cannot be synthesized", () => {
    expect(judgeStacks(prod, { a: well }, { because: "cdk synth failed: no such file" }).map(lineOf)).toEqual(
      ["? stacks: could not compare with this checkout: cdk synth failed: no such file"],
    );
  });
});
