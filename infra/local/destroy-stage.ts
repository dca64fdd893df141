import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { SFNClient } from "@aws-sdk/client-sfn";
import { stateMachineName } from "../config.ts";
import { ask } from "./ask.ts";
import { CommandFailed } from "./command-failed.ts";
import { deleteRetained, findRetained } from "./delete-retained.ts";
import { removeStacks } from "./deploy-stage.ts";
import { readRemoteStage } from "./stage-config.ts";
import { findStateMachine, stopExecutions } from "./state-machines.ts";

/**
 * Removes a stage's stacks and, with `deleteData`, the state machine, table, vault, secrets and keys that the stage
 * retains. Asks for the stage's name first, unless `yes`.
 */
export async function destroyStage(
  name: string,
  { deleteData, yes }: { deleteData: boolean; yes: boolean },
): Promise<void> {
  const stage = readRemoteStage(name);
  if (!yes) {
    const what = deleteData ? "and delete ALL ITS DATA, which cannot be undone" : "(its data stays)";
    const answer = await ask(
      `Remove stage ${stage.name} ${what}. Type the stage's name to go on: `,
      "use --yes",
    );
    if (answer !== stage.name) throw new CommandFailed("that is not the stage's name: nothing was removed");
  }
  const config = stage.region ? { region: stage.region } : {};
  const sfn = new SFNClient(config);
  // Looked up first: once the stacks are gone, nothing says which resources were theirs.
  const retained = deleteData ? await findRetained(new CloudFormationClient(config), sfn, stage.name) : [];
  // CloudFormation would wait for the last of them to end before it calls the machine deleted.
  const machine = stage.retainData ? null : await findStateMachine(sfn, stateMachineName(stage));
  if (machine) console.log(`✓ ${await stopExecutions(sfn, machine)} running executions stopped`);
  await removeStacks(stage.name);
  for (const resource of retained) console.log(`✓ ${await deleteRetained(resource, config)}`);
  if (deleteData && retained.every(({ type }) => type === "AWS::StepFunctions::StateMachine"))
    console.log("Its stacks were gone before: what else they retained has to be deleted in the console.");
  if (!deleteData) console.log(`✓ stage ${stage.name} removed; what it retains is still there`);
}
