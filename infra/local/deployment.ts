import { availableParallelism } from "node:os";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { execa, type ResultPromise } from "execa";
import { localEnvironment } from "./child-environment.ts";
import { CommandFailed } from "./command-failed.ts";
import { localClientConfig } from "./local-clients.ts";
import { localPaths, repository } from "./local-paths.ts";
import type { Note } from "./progress.ts";

/** The CDK CLI of this repository, run by the Node that runs us. */
export const cdkCommand = [process.execPath, join(repository, "node_modules/aws-cdk/bin/cdk")] as const;

/** The account that the emulator gives to our dummy credentials. */
const localAccount = "000000000000";

/** Where the local cloud answers. */
export interface LocalTarget {
  endpoint: string;
  region: string;
  signal: AbortSignal;
}

/** Prepares the emulator's account for the CDK, unless an earlier deployment has. */
export async function bootstrapLocal(target: LocalTarget): Promise<"bootstrapped" | "is bootstrapped"> {
  const cloudformation = new CloudFormationClient(localClientConfig(target.endpoint, target.region));
  const known = await cloudformation
    .send(new DescribeStacksCommand({ StackName: "CDKToolkit" }))
    .catch(() => undefined);
  if (/^(CREATE|UPDATE)_COMPLETE$/.test(known?.Stacks?.[0]?.StackStatus ?? "")) return "is bootstrapped";
  // Run from a folder without cdk.json: with one, the CLI would synthesize the app first.
  await runCdk(["bootstrap", `aws://${localAccount}/${target.region}`, "--no-notices"], target, {
    cwd: localPaths.folder,
    what: "cdk bootstrap",
  });
  return "bootstrapped";
}

/** Synthesizes the stage `local` into `.local/cdk.out`. */
export async function synthesizeLocal(target: LocalTarget): Promise<void> {
  await runCdk(["synth", "--all", "--quiet", "-c", "stage=local", "--output", localPaths.assembly], target, {
    what: "cdk synth",
  });
}

/** Deploys what `synthesizeLocal` wrote. Stacks that have not changed are skipped by the CLI. */
export async function deployLocal(target: LocalTarget, note: Note): Promise<void> {
  const flags = [
    "--require-approval=never",
    "--method=direct",
    "--progress=events",
    `--concurrency=${Math.max(2, Math.min(4, availableParallelism()))}`,
    `--outputs-file=${localPaths.outputs}`,
  ];
  const finished = new Set<string>();
  await runCdk(["deploy", "--all", "--app", localPaths.assembly, ...flags], target, {
    what: "cdk deploy",
    onLine(line) {
      const stack = /✅\s+(\S+)/.exec(line)?.[1];
      if (stack) note(`${finished.add(stack).size} stacks done`);
    },
  });
}

async function runCdk(
  args: string[],
  target: LocalTarget,
  options: { what: string; cwd?: string; onLine?: (line: string) => void },
): Promise<void> {
  const [node, cdk] = cdkCommand;
  const child: ResultPromise = execa(node, [cdk, ...args], {
    cwd: options.cwd ?? repository,
    env: {
      ...localEnvironment(process.env, target.endpoint, target.region),
      CDK_DISABLE_CLI_TELEMETRY: "true",
    },
    extendEnv: false,
    stdin: "ignore",
    all: true,
    reject: false,
    cancelSignal: target.signal,
    forceKillAfterDelay: 3000,
  });
  const lines: string[] = [];
  try {
    for await (const line of child.iterable({ from: "all" })) {
      const text = String(line);
      lines.push(text);
      options.onLine?.(text);
    }
  } catch {
    // A cancelled child ends its output with an error; its result below says so as well.
  }
  const result = await child;
  if (target.signal.aborted) throw new CommandFailed("interrupted");
  if (result.exitCode === 0) return;
  const reason = failureLine(lines);
  throw new CommandFailed(`${options.what} failed: ${reason}`);
}

/** What of the CLI's output says why: the resource that failed, else the error, else whatever came last. */
export function failureLine(lines: readonly string[]): string {
  const text = lines.map((line) => line.trim()).filter(Boolean);
  const resource = text.find((line) => /\b(CREATE|UPDATE)_FAILED\b/.test(line));
  if (resource) return resource.split("|").slice(4).join(" ").replace(/\s+/g, " ").trim() || resource;
  const error = text.find((line) => /(^|\s)\w*Error:/.test(line)) ?? text.at(-1);
  return error?.replace(/^\W*(Error|DeploymentError):\s*/, "") ?? "it printed nothing";
}
