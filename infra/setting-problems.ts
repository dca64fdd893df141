import type * as z from "zod";

type Issue = z.core.$ZodIssue;

/** Settings that are wrong, a line for each: the key from `stages` down and what is the matter, never the value. */
export class WrongSettings extends Error {
  override readonly name = "WrongSettings";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`cdk.json: ${problems.join("; ")}`);
    this.problems = problems;
  }
}

/** What a schema found wrong below `path`, by key. */
export const settingProblems = (issues: readonly Issue[], path: readonly PropertyKey[]): string[] =>
  issues.flatMap((issue) => {
    const at = [...path, ...issue.path];
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => `${[...at, key].map(String).join(".")}: there is no such setting`);
    const meant = issue.code === "invalid_union" ? meantBranch(issue.errors) : null;
    if (meant) return settingProblems(meant, at);
    return [`${at.map(String).join(".")}: ${issue.message}`];
  });

/** Of the shapes that a value may have the one that it got furthest with; `null` when it has none of them at all. */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const depth = (branch: readonly Issue[]) =>
    Math.min(...branch.map((issue) => issue.path.length + (issue.code === "unrecognized_keys" ? 1 : 0)));
  const furthest = [...branches].sort((one, other) => depth(other) - depth(one))[0];
  return furthest && depth(furthest) > 0 ? furthest : null;
}
