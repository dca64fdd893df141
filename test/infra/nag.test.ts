import { Aspects } from "aws-cdk-lib";
import { Annotations, Match } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { explainToNag, explanations } from "../../infra/nag.ts";
import { stageApp } from "./stage-app.ts";

const { app, stacks } = stageApp("local", { alarmEmails: ["operations@example.com"] });
for (const stack of Object.values(stacks)) explainToNag(stack);
Aspects.of(app).add(new AwsSolutionsChecks({ verbose: true }));

describe.each(Object.entries(stacks))("the %s stack", (part, stack) => {
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
