import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, type Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { parseStage, type Stage } from "../../infra/config.ts";
import { stageStacks } from "../../infra/stacks/stage-stacks.ts";

const { context } = JSON.parse(readFileSync(join(import.meta.dirname, "../../cdk.json"), "utf8")) as {
  context: Record<string, unknown>;
};

const outdirs: string[] = [];
process.once("exit", () => {
  for (const outdir of outdirs) rmSync(outdir, { recursive: true, force: true });
});

/** The app as `cdk synth` runs it, with a folder of its own. Fields of `change` replace the stage's. */
export function stageApp(
  name: string,
  change: Partial<Stage> = {},
): { app: App; stage: Stage; stacks: Record<string, Stack> } {
  const outdir = mkdtempSync(join(tmpdir(), "onboarding-synth-"));
  outdirs.push(outdir);
  const app = new App({ context, outdir });
  const stage = { ...parseStage(name, context["stages"]), ...change };
  const stacks = Object.fromEntries(
    stageStacks(app, stage).map((stack) => [stack.stackName.split("-").at(-1) ?? "", stack]),
  );
  return { app, stage, stacks };
}

/** What CloudFormation is given for each stack, by the last part of its name. */
export function templates(name: string, change: Partial<Stage> = {}): Record<string, Template> {
  const { stacks } = stageApp(name, change);
  return Object.fromEntries(Object.entries(stacks).map(([part, stack]) => [part, Template.fromStack(stack)]));
}
