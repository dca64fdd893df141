import { stripVTControlCharacters } from "node:util";
import type { Reporter, TestModule } from "vitest/node";

export type Count = Record<"passed" | "failed" | "skipped", number>;
/** What one part of the tests came to; a line for each that failed. */
export type Outcome = Readonly<{ count: Count; failures: readonly string[] }>;

export const closingLine = ({ passed, failed, skipped }: Count): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`;

/** Where it failed, and how, as far as it can be read. */
function failure(where: string, [error]: readonly Readonly<{ message?: string }>[]): string {
  const said = stripVTControlCharacters(error?.message ?? "no message").trimEnd();
  return `${where}: ${said.slice(0, 2_000).replaceAll("\n", "\n    ")}`;
}

/**
 * Ends the output with one line that scripts can read: `N passed, N failed`, and tells whoever started one part of the
 * tests. Vitest loads it as a reporter.
 */
// biome-ignore lint/style/noDefaultExport: reporters are loaded by their default export
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly Readonly<{ message?: string }>[]): void {
    const count: Count = { passed: 0, failed: 0, skipped: 0 };
    const failures = errors.map((error) => failure("outside of the tests", [error]));
    for (const module of modules) {
      if (module.errors().length > 0) failures.push(failure(module.relativeModuleId, module.errors()));
      for (const test of module.children.allTests()) {
        const { state, errors: found } = test.result();
        if (state === "failed")
          failures.push(failure(`${module.relativeModuleId} > ${test.fullName}`, found));
        else if (state !== "pending") count[state]++;
      }
    }
    count.failed = failures.length;
    // After Vitest's own summary, whatever the order of reporters.
    process.once("exit", () => process.stdout.write(closingLine(count)));
    process.send?.({ count, failures } satisfies Outcome);
  }
}
