import { Command, CommanderError } from "commander";
import { CommandFailed, oneLine } from "../local/command-failed.ts";
import { outliveReaders } from "../local/interruption.ts";
import { actCommands } from "./act.ts";
import { countsCommand } from "./counts.ts";
import { deadLetterCommands } from "./dead-letters.ts";
import { decideCommand } from "./decide.ts";
import { doctorCommand } from "./doctor.ts";
import { importCommand } from "./import.ts";
import { listCommand } from "./list.ts";
import { showCommand } from "./show.ts";

/** What operators type: `npm run onboarding -- …`. Each file beside this one adds its commands. */
const registrars: Readonly<Record<string, readonly ((program: Command) => void)[]>> = {
  "Looking:": [listCommand, countsCommand, showCommand, decideCommand],
  "Acting on one, with a reason that is kept:": [actCommands],
  "Many at once:": [importCommand, deadLetterCommands],
  "The stage itself:": [doctorCommand],
};

const program = new Command("onboarding")
  .description("Looks at and acts on the onboardings of a stage.")
  .exitOverride()
  .showHelpAfterError(false)
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "✗ ")) })
  .addHelpText(
    "after",
    `
Without --stage, the local cloud that \`npm run up\` or \`npm start\` left running. With it:
  ONBOARDING_API_KEY, ONBOARDING_ACCOUNT_ID   a caller's credentials, as \`npm run setup\` issued them
  ONBOARDING_TOKEN                            instead of both, where callers show tokens
  ONBOARDING_API                              base URL of the stage's API; left out, it is read from the stage's stacks

Exit codes: 0 done, 1 refused or failed, 2 wrong arguments.`,
  );

for (const [heading, group] of Object.entries(registrars)) {
  program.commandsGroup(heading);
  for (const register of group) register(program);
}

outliveReaders();
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    const aborted = error instanceof Error && error.name === "AbortError";
    console.error(
      `✗ ${aborted ? "interrupted" : error instanceof CommandFailed ? error.message : oneLine(error)}`,
    );
    process.exitCode = 1;
  }
}
