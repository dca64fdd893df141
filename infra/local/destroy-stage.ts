import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { type Stage, stateMachineName } from "../config.ts";
import { ask } from "./ask.ts";
import { CommandFailed } from "./command-failed.ts";
import { deleteRetained, emptyVault, findRetained, findVaults, type Retained } from "./delete-retained.ts";
import { removeStacks, requireIdentity } from "./deploy-stage.ts";
import { readRemoteStage } from "./stage-config.ts";
import { stackNames } from "./stage-outputs.ts";
import { findStateMachine, stopExecutions } from "./state-machines.ts";

/** A stage as far as its removal depends on it. */
type StageToRemove = Pick<Stage, "name" | "retainData" | "sandbox">;

/**
 * Removes a stage's stacks and, with `deleteData`, the state machine, table, vault, secrets and keys that the stage
 * retains; one that retains nothing loses them with its stacks. Asks for the stage's name first, unless `yes`.
 */
export async function destroyStage(
  name: string,
  { deleteData, yes }: { deleteData: boolean; yes: boolean },
): Promise<void> {
  const stage = readRemoteStage(name);
  if (!yes) {
    const what = losesData(stage, deleteData)
      ? "and delete ALL ITS DATA, which cannot be undone"
      : "(its data stays)";
    const answer = await ask(
      `Remove stage ${stage.name} ${what}. Type the stage's name to go on: `,
      "use --yes",
    );
    if (answer !== stage.name) throw new CommandFailed("that is not the stage's name: nothing was removed");
  }
  await requireIdentity(stage);
  const config = stage.region ? { region: stage.region } : {};
  await removeStage(stage, deleteData, {
    cloudformation: new CloudFormationClient(config),
    sfn: new SFNClient(config),
    s3: new S3Client(config),
    removeStacks: (stacks) => removeStacks(stage.name, stacks),
    deleteRetained: (resource) => deleteRetained(resource, config),
    say: (line) => console.log(line),
  });
}

const losesData = ({ retainData }: StageToRemove, deleteData: boolean): boolean => deleteData || !retainData;

/** What a removal asks of AWS, and where it tells what it did. */
export interface RemovalTools {
  cloudformation: CloudFormationClient;
  sfn: SFNClient;
  s3: S3Client;
  /** Those named, or all that the stage has. */
  removeStacks: (stacks?: string[]) => Promise<void>;
  deleteRetained: (resource: Retained) => Promise<string>;
  say: (line: string) => void;
}

/** The removal itself. Can be repeated where it was interrupted before the last stack was gone. */
export async function removeStage(
  stage: StageToRemove,
  deleteData: boolean,
  { cloudformation, sfn, s3, removeStacks, deleteRetained, say }: RemovalTools,
): Promise<void> {
  // Looked up first: once the stacks are gone, nothing says which resources were theirs.
  const retained = deleteData ? await findRetained(cloudformation, sfn, stage.name) : [];
  // CloudFormation would wait for the last of them to end before it calls the machine deleted.
  const machine = stage.retainData ? null : await findStateMachine(sfn, stateMachineName(stage));
  if (machine) say(`✓ ${await stopExecutions(sfn, machine)} running executions stopped`);
  if (losesData(stage, deleteData)) {
    // CloudFormation deletes no bucket with objects in it; once the functions are gone nobody adds any.
    await removeStacks(stackNames(stage).filter((stack) => !stack.endsWith("-state")));
    for (const vault of await findVaults(cloudformation, stage.name)) say(`✓ ${await emptyVault(s3, vault)}`);
  }
  await removeStacks();
  for (const resource of retained) say(`✓ ${await deleteRetained(resource)}`);
  if (deleteData && retained.every(({ type }) => type === "AWS::StepFunctions::StateMachine"))
    say("Its stacks were gone before: what else they retained has to be deleted in the console.");
  if (deleteData) return;
  say(
    stage.retainData
      ? `✓ stage ${stage.name} removed; what it retains is still there`
      : `✓ stage ${stage.name} removed with its data`,
  );
}
