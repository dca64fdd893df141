import { userInfo } from "node:os";
import { InvalidArgumentError, Option } from "commander";
import type * as z from "zod";
import { asked } from "../../functions/actions/act-on-onboarding.ts";

/** Who acts, and why: of every command that is written down. */
export interface AskedOptions {
  reason: string;
  ticket?: string;
  by: string;
}

/** `--reason`, `--ticket` and `--by`. */
export const askedOptions = (): Option[] => [
  new Option("--reason <text>", "why; shown in the timeline until the purge")
    .argParser(worded(asked.reason))
    .makeOptionMandatory(),
  new Option("--ticket <id>", "a ticket that tells more; stays after the purge").argParser(
    worded(asked.ticket.unwrap()),
  ),
  new Option("--by <name>", "who; left out, the name that you are logged in with")
    .argParser(worded(asked.by))
    .default(ownName(), "you"),
];

/** Takes what the API would take, and says what else it wants. */
const worded =
  (schema: z.ZodType<string>) =>
  (text: string): string => {
    const { data, error } = schema.safeParse(text);
    if (error) throw new InvalidArgumentError(error.issues[0]?.message ?? "something else is wanted");
    return data;
  };

/** The name of whoever types, as far as it may be written down. */
function ownName(): string {
  try {
    return (
      userInfo()
        .username.replaceAll(/[^A-Za-z0-9._@+-]/g, "-")
        .slice(0, 128) || "unknown"
    );
  } catch {
    return "unknown";
  }
}
