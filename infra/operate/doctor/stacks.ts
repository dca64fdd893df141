import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  type CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from "@aws-sdk/client-cloudformation";
import { execa } from "execa";
import * as z from "zod";
import { cdkCommand, failureLine } from "../../local/deployment.ts";
import { repository } from "../../local/local-paths.ts";
import { type Finding, good, type Learnt, learn, unknown, wrong } from "./finding.ts";
import { type StageToMend, typed } from "./typed.ts";

/** What this checkout would deploy: templates by the names of their stacks, and the bootstrap version that they need. */
export interface Synthesized {
  templates: Record<string, unknown>;
  neededBootstrap: number;
}

/** The stack as it is deployed; `null`: it is not. */
export type Deployed = { status: string; template: unknown } | null;

const manifestSchema = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z
        .object({ templateFile: z.string().optional(), requiresBootstrapStackVersion: z.number().optional() })
        .optional(),
    }),
  ),
});

/** Runs `cdk synth` in a process of its own: bundling would hold everything else up. */
export const synthesize = (
  stage: string,
  environment: Record<string, string> | undefined,
): Promise<Learnt<Synthesized>> =>
  learn(async () => {
    const folder = await mkdtemp(join(tmpdir(), "onboarding-doctor-"));
    try {
      const [node, cdk] = cdkCommand;
      const { exitCode, all } = await execa(
        node,
        [cdk, "synth", "--all", "--quiet", "-c", `stage=${stage}`, "--output", folder],
        {
          cwd: repository,
          ...(environment && { env: environment, extendEnv: false }),
          stdin: "ignore",
          all: true,
          reject: false,
        },
      );
      if (exitCode !== 0) throw new Error(`cdk synth failed: ${failureLine(all.split("\n"))}`);
      return await readAssembly(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

async function readAssembly(folder: string): Promise<Synthesized> {
  const read = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, file), "utf8"));
  const { artifacts } = manifestSchema.parse(await read("manifest.json"));
  const stacks = Object.entries(artifacts).filter(([, { type }]) => type === "aws:cloudformation:stack");
  const templates = await Promise.all(
    stacks.map(async ([name, { properties }]) => [name, await read(properties?.templateFile ?? "")] as const),
  );
  return {
    templates: Object.fromEntries(templates),
    neededBootstrap: Math.max(
      0,
      ...stacks.map(([, { properties }]) => properties?.requiresBootstrapStackVersion ?? 0),
    ),
  };
}

export const learnStack = (
  cloudformation: CloudFormationClient,
  StackName: string,
): Promise<Learnt<Deployed>> =>
  learn(async () => {
    try {
      const [{ Stacks }, { TemplateBody }] = await Promise.all([
        cloudformation.send(new DescribeStacksCommand({ StackName })),
        cloudformation.send(new GetTemplateCommand({ StackName, TemplateStage: "Original" })),
      ]);
      return {
        status: Stacks?.[0]?.StackStatus ?? "unknown",
        template: JSON.parse(TemplateBody ?? "null") as unknown,
      };
    } catch (error) {
      if (/does not exist/i.test(String(error))) return null;
      throw error;
    }
  });

/** A line for each stack that is not there, not well or not what this checkout would deploy; one line for the others. */
export function judgeStacks(
  stage: StageToMend,
  stacks: Readonly<Record<string, Learnt<Deployed>>>,
  synthesized: Learnt<Synthesized>,
): Finding[] {
  const { deploy: fix } = typed(stage);
  const findings = Object.entries(stacks).flatMap(([name, learnt]): Finding[] => {
    const check = `stack ${name}`;
    if ("because" in learnt) return [unknown(check, `could not check: ${learnt.because}`, learnt.fix)];
    if (learnt.value === null) return [wrong(check, "is not deployed", fix)];
    const { status, template } = learnt.value;
    if (/_IN_PROGRESS$/.test(status)) return [unknown(check, `is changing at the moment (${status})`)];
    if (!/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status))
      return [wrong(check, `its last deployment did not go through (${status})`, fix)];
    if ("value" in synthesized && !isDeepStrictEqual(template, synthesized.value.templates[name]))
      return [wrong(check, "differs from this checkout", fix)];
    return [];
  });
  const well = Object.keys(stacks).length - findings.length;
  if ("because" in synthesized)
    findings.push(unknown("stacks", `could not compare with this checkout: ${synthesized.because}`));
  else if (well > 0) findings.unshift(good("stacks", `${well} deployed, as this checkout has them`));
  return findings;
}
