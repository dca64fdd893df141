import { execa } from "execa";
import { CommandFailed } from "./command-failed.ts";
import { cdkCommand } from "./deployment.ts";
import { repository } from "./local-paths.ts";
import { readRemoteStage } from "./stage-config.ts";

/**
 * Runs the CDK CLI for a stage in the caller's own AWS account, with the caller's own environment and terminal: it asks
 * its questions there. Throws `CommandFailed` when it fails; it has said why by then.
 */
async function runCdkForStage(command: "deploy" | "destroy", stage: string, flags: string[]): Promise<void> {
  const [node, cdk] = cdkCommand;
  const { exitCode } = await execa(node, [cdk, command, "--all", "-c", `stage=${stage}`, ...flags], {
    cwd: repository,
    stdio: "inherit",
    reject: false,
  });
  if (exitCode !== 0) throw new CommandFailed(`cdk ${command} of stage ${stage} failed: see above`);
}

/** Deploys every stack of a stage. `yes` accepts changes of permissions without a question. */
export async function deployStage(name: string, { yes }: { yes: boolean }): Promise<void> {
  const stage = readRemoteStage(name);
  await runCdkForStage("deploy", stage.name, yes ? ["--require-approval=never"] : []);
}

/** Removes the stacks of a stage, without a question: the caller has asked. What the stage retains stays. */
export async function removeStacks(name: string): Promise<void> {
  await runCdkForStage("destroy", name, ["--force"]);
}
