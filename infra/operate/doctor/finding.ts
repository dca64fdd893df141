import { awsFailure } from "../../local/aws-failure.ts";
import { oneLine } from "../../local/command-failed.ts";

/** What one check found: a line. */
export interface Finding {
  /** What was looked at, in a few words. */
  check: string;
  result: "good" | "wrong" | "unknown";
  says: string;
  /** What to type or do about it. Whatever is wrong has one. */
  fix?: string;
}

export const good = (check: string, says: string): Finding => ({ check, result: "good", says });
export const wrong = (check: string, says: string, fix: string): Finding => ({
  check,
  result: "wrong",
  says,
  fix,
});
/** Could not be checked, or nobody but a person can tell whether it is meant so. */
export const unknown = (check: string, says: string, fix?: string): Finding => ({
  check,
  result: "unknown",
  says,
  ...(fix && { fix }),
});

const marks = { good: "✓", wrong: "✗", unknown: "?" } as const;

export const lineOf = ({ check, result, says, fix }: Finding): string =>
  `${marks[result]} ${check}: ${says}${fix ? `: ${fix}` : ""}`;

/** What was learnt, or in one line why it was not, and what to do about that where it is known. */
export type Learnt<Value> = { value: Value } | { because: string; fix?: string };

/** Nothing that goes wrong with one question may keep the others from being asked. */
export async function learn<Value>(work: () => Promise<Value>): Promise<Learnt<Value>> {
  try {
    return { value: await work() };
  } catch (error) {
    const failure = awsFailure(error);
    return failure ? { because: failure.says, fix: failure.fix } : { because: oneLine(error) };
  }
}
