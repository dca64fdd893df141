import { awsFailure } from "./aws-failure.ts";

/** A refusal or failure that a command reports as one line, without a stack trace, and exit code 1. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/**
 * One line of whatever was thrown: for what stands between us and AWS what to do about it, else its first line, since
 * SDK errors repeat themselves over several.
 */
export function oneLine(thrown: unknown): string {
  const failure = awsFailure(thrown);
  if (failure) return `${failure.says}: ${failure.fix}`;
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return text.trim().split("\n")[0]?.trim() || "unknown failure";
}
