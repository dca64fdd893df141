import { CommandFailed } from "./command-failed.ts";

/** What a stage that was never set up gets for an answer. */
export const NO_ACCOUNT = "the stage has no account yet: run setup first";

/** The account that a command is for: the one that was asked for, or else the only one. Throws `CommandFailed`. */
export function chosenAccount(known: readonly string[], asked: string | undefined): string {
  const [first] = known;
  if (!first) throw new CommandFailed(NO_ACCOUNT);
  if (asked === undefined && known.length > 1)
    throw new CommandFailed(`name the account: --account ID, one of ${known.join(", ")}`);
  const account = asked ?? first;
  if (!known.includes(account))
    throw new CommandFailed(`the stage has no account "${account}"; it has ${known.join(", ")}`);
  return account;
}
