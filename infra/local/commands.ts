import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { CommandFailed, oneLine } from "./command-failed.ts";
import { usualPace } from "./content-keys.ts";
import { abortOnInterruption, outliveReaders } from "./interruption.ts";
import { demo, down, start, up } from "./local-commands.ts";
import { scenarioNames } from "./scenarios.ts";

/** The npm scripts from start to destroy, but tests and checks. Exit code 0, or 1 with one line that says why. */
const program = new Command("onboarding")
  .description("Runs the onboarding orchestrator on this machine, or deploys it to AWS.")
  .exitOverride()
  .showHelpAfterError(false)
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "✗ ")) });

const localNotes = `
Environment:
  LOCAL_CLOUD_PORT     port of the local cloud on 127.0.0.1 (default 4566)
  LOCAL_CLOUD_FOLDER   where it is written down (default .local): a second one beside it needs both
  AWS_ENDPOINT_URL     use the emulator that answers there, which must be on this machine; nothing is installed or stopped
AWS credentials and profiles of yours are never used.`;

program
  .command("start")
  .description("bring the local cloud up, drive one onboarding from request to purge, stay up until Ctrl-C")
  .addHelpText("after", localNotes)
  .action(() => start(abortOnInterruption()));

program
  .command("demo")
  .description("like start, then stop all of it; exit code 0 if the onboarding came out as it should")
  .addOption(
    new Option("--scenario <name>", "which scripted onboarding to drive")
      .choices(scenarioNames)
      .default("recapture-once"),
  )
  .addHelpText(
    "after",
    `
Examples:
  npm run demo
  npm run demo -- --scenario cancelled-by-caller
${localNotes}`,
  )
  .action((options: { scenario: (typeof scenarioNames)[number] }) =>
    demo(options.scenario, abortOnInterruption()),
  );

program
  .command("up")
  .description("bring the local cloud up in the background, deployed and set up (.local/endpoints.json)")
  .addHelpText("after", localNotes)
  .action(() => up(abortOnInterruption()));

program
  .command("down")
  .description("stop the local cloud that `up` left running")
  .action(() => down());

const awsNotes = `
Uses your own AWS credentials, as the AWS CLI would find them. Stages are configured in cdk.json (context.stages).`;
const stageOption = () => new Option("--stage <name>", "the stage of cdk.json").makeOptionMandatory();

program
  .command("deploy")
  .description("deploy every stack of a stage into your AWS account")
  .addOption(stageOption())
  .option("--yes", "do not ask before changes of permissions", false)
  .addHelpText(
    "after",
    `
Example:
  npm run deploy -- --stage prod
${awsNotes}`,
  )
  .action(async ({ stage, yes }: { stage: string; yes: boolean }) => {
    const { deployStage } = await import("./deploy-stage.ts");
    await deployStage(stage, { yes });
  });

program
  .command("setup")
  .description(
    "enter the gateway's credentials, issue a caller's api-key, make the webhook URLs of a deployed stage",
  )
  .addOption(stageOption())
  .option("--account <name>", "one account of the stage's gatewayAccounts; left out, each in turn")
  .addHelpText(
    "after",
    `
Can be repeated: every run adds a caller's api-key, and no key, account or URL is lost.
\`callers\` takes keys away, \`webhooks\` issues new URLs, \`npm run doctor\` tells what is missing.

Asks for what these do not say:
  GATEWAY_BASE_URL     base URL of the gateway (https)
  GATEWAY_ACCOUNT_ID   the gateway's account-id, which is ours as well
  GATEWAY_API_KEY      the gateway's api-key
Of the accounts that cdk.json lists (gatewayAccounts) it asks for the api-key only.
A stage with the sandbox gateway needs none of them.

Examples:
  npm run setup -- --stage prod
  npm run setup -- --stage prod --account retail
${awsNotes}`,
  )
  .action(async ({ stage, account }: { stage: string; account?: string }) => {
    const { setUpStage } = await import("./set-up-stage.ts");
    await setUpStage(stage, { account });
  });

const keys = program
  .command("keys")
  .description("content-encryption keys of a stage's accounts (encrypted mode)");

const seconds = (text: string): number => {
  if (!/^\d{1,8}$/.test(text)) throw new InvalidArgumentError("a whole number of seconds is wanted.");
  return Number(text);
};

keys
  .command("rotate")
  .description("add a key, encrypt with it after a while, retire the ones before after an overlap")
  .addOption(stageOption())
  .option("--account <id>", "which account, where the stage has several")
  .option(
    "--switch-after <seconds>",
    "until the new key encrypts; both sides must know it by then",
    seconds,
    usualPace.switchAfterSeconds,
  )
  .option(
    "--overlap <seconds>",
    "how long the keys before are still read after that",
    seconds,
    usualPace.overlapSeconds,
  )
  .addHelpText(
    "after",
    `
With a provider's gateway, enter the key as the provider handed it over:
  CONTENT_KEY_ID   the key's id (kid)
  CONTENT_KEY      the key, Base64 of 32 bytes
A stage with the sandbox gateway gets a new random key on both sides.

Examples:
  npm run keys -- rotate --stage prod
  npm run keys -- rotate --stage local --account sandbox/…
${awsNotes}`,
  )
  .action(async (options: { stage: string; account?: string; switchAfter: number; overlap: number }) => {
    const { rotateStageKeys } = await import("./rotate-keys.ts");
    await rotateStageKeys(options.stage, {
      account: options.account,
      switchAfterSeconds: options.switchAfter,
      overlapSeconds: options.overlap,
    });
  });

keys
  .command("list")
  .description("list the keys of a stage by their ids: in use, to come, being retired")
  .addOption(stageOption())
  .addHelpText("after", awsNotes)
  .action(async ({ stage }: { stage: string }) => {
    const { listStageKeys } = await import("./rotate-keys.ts");
    await listStageKeys(stage);
  });

const webhooks = program
  .command("webhooks")
  .description("webhook URLs of a stage's accounts: unguessable, two valid at a time");

webhooks
  .command("rotate")
  .description("issue four new webhook URLs; the ones before stay valid until the next rotation")
  .addOption(stageOption())
  .option("--account <id>", "which account, where the stage has several")
  .addHelpText(
    "after",
    `
Prints the URLs once, to hand to the provider; a sandbox gateway is told them. Rotating twice ends a leaked one.

Examples:
  npm run webhooks -- rotate --stage prod
  npm run webhooks -- rotate --stage local --account sandbox/…
${awsNotes}`,
  )
  .action(async ({ stage, account }: { stage: string; account?: string }) => {
    const { rotateStageWebhooks } = await import("./rotate-webhooks.ts");
    await rotateStageWebhooks(stage, { account });
  });

webhooks
  .command("list")
  .description("list how many URLs of each slot are valid; of the URLs only hashes are kept")
  .addOption(stageOption())
  .addHelpText("after", awsNotes)
  .action(async ({ stage }: { stage: string }) => {
    const { listStageWebhooks } = await import("./rotate-webhooks.ts");
    await listStageWebhooks(stage);
  });

const callers = program
  .command("callers")
  .description("api-keys of a stage's callers; `setup` adds one, here they are taken away");

callers
  .command("revoke")
  .description("take an account's keys away; they are refused within five minutes")
  .addOption(stageOption())
  .addOption(new Option("--account <id>", "whose keys").makeOptionMandatory())
  .option("--keep-newest", "all but the one that was added last", false)
  .option("--yes", "do not ask before an account is left without a key", false)
  .addHelpText(
    "after",
    `
Examples:
  npm run callers -- revoke --stage prod --account 1/2 --keep-newest
  npm run callers -- revoke --stage prod --account 1/2
${awsNotes}`,
  )
  .action(async (options: { stage: string; account: string; keepNewest: boolean; yes: boolean }) => {
    const { revokeStageCallers } = await import("./revoke-callers.ts");
    await revokeStageCallers(options.stage, options);
  });

callers
  .command("list")
  .description("list the keys of every account by how their hashes begin, newest first")
  .addOption(stageOption())
  .addHelpText(
    "after",
    `
Which one a key is: printf %s "$API_KEY" | sha256sum
${awsNotes}`,
  )
  .action(async ({ stage }: { stage: string }) => {
    const { listStageCallers } = await import("./revoke-callers.ts");
    await listStageCallers(stage);
  });

program
  .command("destroy")
  .description("remove the stacks of a stage; the data that it retains stays unless told otherwise")
  .addOption(stageOption())
  .option(
    "--delete-data",
    "also delete what the stage retains: table, vault, secrets, keys. Cannot be undone",
    false,
  )
  .option("--yes", "do not ask", false)
  .addHelpText(
    "after",
    `
A stage with retainData: false retains nothing: its data is deleted with its stacks, the vault emptied first.

Examples:
  npm run destroy -- --stage test
  npm run destroy -- --stage test --delete-data --yes
${awsNotes}`,
  )
  .action(async ({ stage, deleteData, yes }: { stage: string; deleteData: boolean; yes: boolean }) => {
    const { destroyStage } = await import("./destroy-stage.ts");
    await destroyStage(stage, { deleteData, yes });
  });

outliveReaders();
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 1;
  else {
    const aborted = error instanceof Error && error.name === "AbortError";
    console.error(
      `✗ ${aborted ? "interrupted" : error instanceof CommandFailed ? error.message : oneLine(error)}`,
    );
    process.exitCode = 1;
  }
}
