import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { SFNClient } from "@aws-sdk/client-sfn";
import { STSClient } from "@aws-sdk/client-sts";
import { execa } from "execa";
import { type Stage, stateMachineName } from "../config.ts";
import { judgeIdentity, learnIdentity } from "../operate/doctor/account.ts";
import { CommandFailed } from "./command-failed.ts";
import { cdkCommand } from "./deployment.ts";
import { repository } from "./local-paths.ts";
import { readRemoteStage } from "./stage-config.ts";
import { findStateMachine, isInStack } from "./state-machines.ts";

/**
 * Runs the CDK CLI for a stage in the caller's own AWS account, with the caller's own environment and terminal: it asks
 * its questions there. Throws `CommandFailed` when it fails; it has said why by then.
 */
async function runCdkForStage(
  command: "deploy" | "destroy",
  stage: string,
  flags: string[],
  stacks: string[] = ["--all"],
): Promise<void> {
  const [node, cdk] = cdkCommand;
  const { exitCode } = await execa(node, [cdk, command, ...stacks, "-c", `stage=${stage}`, ...flags], {
    cwd: repository,
    stdio: "inherit",
    reject: false,
  });
  if (exitCode !== 0) throw new CommandFailed(`cdk ${command} of stage ${stage} failed: see above`);
}

/** Deploys every stack of a stage. `yes` accepts changes of permissions without a question. */
export async function deployStage(name: string, { yes }: { yes: boolean }): Promise<void> {
  const stage = readRemoteStage(name);
  await requireIdentity(stage);
  await refuseLeftover(stage);
  await runCdkForStage("deploy", stage.name, yes ? ["--require-approval=never"] : []);
}

/**
 * Whose credentials these are is asked before the CDK CLI is run, which says in many lines that there are none. Throws
 * `CommandFailed` with what the doctor says.
 */
export async function requireIdentity(stage: Stage): Promise<void> {
  const sts = new STSClient(stage.region ? { region: stage.region } : {});
  const { result, says, fix } = judgeIdentity(stage, await learnIdentity(sts));
  if (result === "wrong") throw new CommandFailed(`${says}: ${fix}`);
}

/**
 * A removal that keeps data leaves the state machine behind, whose name a new one cannot have. Throws `CommandFailed`
 * saying so; whoever may not look learns it from CloudFormation.
 */
async function refuseLeftover(stage: Stage): Promise<void> {
  const config = stage.region ? { region: stage.region } : {};
  const left = async () => {
    const machine = await findStateMachine(new SFNClient(config), stateMachineName(stage));
    return machine !== null && !(await isInStack(new CloudFormationClient(config), machine));
  };
  if (await left().catch(() => false))
    throw new CommandFailed(
      `the state machine ${stateMachineName(stage)} of a removed stage is still there: \`npm run destroy -- --stage ${stage.name} --delete-data\` stops what waits in it and deletes it`,
    );
}

/**
 * Removes the stacks of a stage, or those named, without a question: the caller has asked. What the stage retains stays.
 */
export async function removeStacks(name: string, stacks?: string[]): Promise<void> {
  await runCdkForStage("destroy", name, ["--force"], stacks);
}
