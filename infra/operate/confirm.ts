import { ask } from "../local/ask.ts";
import { CommandFailed } from "../local/command-failed.ts";

/** Has a word typed again before something that cannot be undone. Throws `CommandFailed` for another word, or without a terminal. */
export async function confirm(what: string, word: string): Promise<void> {
  const typed = await ask(`${what} Type ${word} to go on: `, "add --yes");
  if (typed !== word) throw new CommandFailed("not confirmed: nothing was done");
}
