/** A refusal or failure that a command reports as one line, without a stack trace, and exit code 1. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** The first line of whatever was thrown; SDK errors repeat themselves over several lines. */
export function oneLine(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return text.trim().split("\n")[0]?.trim() || "unknown failure";
}
