import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { ask } from "./ask.ts";
import { CommandFailed } from "./command-failed.ts";
import { deleteRetained, findRetained } from "./delete-retained.ts";
import { removeStacks } from "./deploy-stage.ts";
import { readRemoteStage } from "./stage-config.ts";

/**
 * Removes a stage's stacks and, with `deleteData`, the table, vault, secrets and keys that the stage retains. Asks for
 * the stage's name first, unless `yes`.
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
  // Looked up first: once the stacks are gone, nothing says which resources were theirs.
  const retained = deleteData ? await findRetained(new CloudFormationClient(config), stage.name) : [];
  await removeStacks(stage.name);
  for (const resource of retained) console.log(`✓ ${await deleteRetained(resource, config)}`);
  if (!deleteData) console.log(`✓ stage ${stage.name} removed; what it retains is still there`);
}
