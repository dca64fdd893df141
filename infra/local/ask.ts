import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { CommandFailed } from "./command-failed.ts";

/**
 * Asks for a line on the terminal; with `secret`, what is typed is not shown. Throws `CommandFailed` where there is no
 * terminal to ask on, saying `instead`.
 */
export async function ask(
  question: string,
  instead: string,
  options: { secret?: boolean } = {},
): Promise<string> {
  if (!process.stdin.isTTY) throw new CommandFailed(`no terminal to ask on (${question.trim()}): ${instead}`);
  let muted = false;
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!muted) process.stdout.write(chunk);
      done();
    },
  });
  const prompt = createInterface({ input: process.stdin, output, terminal: true });
  const interrupted = new Promise<never>((_, reject) =>
    prompt.once("SIGINT", () => reject(new CommandFailed("interrupted"))),
  );
  try {
    const answer = prompt.question(question);
    muted = options.secret === true;
    return (await Promise.race([answer, interrupted])).trim();
  } finally {
    prompt.close();
    process.stdout.write(muted ? "\n" : "");
  }
}
