import { Aspects, type Stack } from "aws-cdk-lib";
import { Annotations, Match } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import type { Stage } from "../../infra/config.ts";
import { explainToNag, explanations } from "../../infra/nag.ts";
import { stageApp } from "./stage-app.ts";

/** The stacks of a stage, each explained and about to be checked. */
function checked(name: string, change: Partial<Stage>): [part: string, of: string, stack: Stack][] {
  const { app, stacks } = stageApp(name, change);
  for (const stack of Object.values(stacks)) explainToNag(stack);
  Aspects.of(app).add(new AwsSolutionsChecks({ verbose: true }));
  return Object.entries(stacks).map(([part, stack]) => [part, name, stack]);
}

const jwt = { issuer: "https://login.example.com/", audience: ["onboarding"], accountClaim: "account" };

describe.each([
  ...checked("local", { alarmEmails: ["operations@example.com"] }),
  ...checked("prod", { jwt }),
])("the %s stack of %s", (part, _of, stack) => {
  test("keeps the rules of AwsSolutions, or says why not", () => {
    const found = [
      ...Annotations.fromStack(stack).findError("*", Match.stringLikeRegexp("AwsSolutions")),
      ...Annotations.fromStack(stack).findWarning("*", Match.stringLikeRegexp("AwsSolutions")),
    ];
    expect(found.map(({ id, entry }) => `${id}: ${String(entry.data).slice(0, 300)}`)).toEqual([]);
  });

  test("explains itself", () => {
    for (const { id, reason } of explanations[part] ?? []) expect(reason.length, id).toBeGreaterThan(40);
  });
});
