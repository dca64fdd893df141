import type { Reporter, TestModule } from "vitest/node";

export type Count = Record<"passed" | "failed" | "skipped", number>;

export const closingLine = ({ passed, failed, skipped }: Count): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`;

/**
 * Ends the output with one line that scripts can read: `N passed, N failed`, and tells whoever started one part of the
 * tests. Vitest loads it as a reporter.
 */
// biome-ignore lint/style/noDefaultExport: reporters are loaded by their default export
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count: Count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== "pending") count[state]++;
      }
    }
    // After Vitest's own summary, whatever the order of reporters.
    process.once("exit", () => process.stdout.write(closingLine(count)));
    process.send?.(count);
  }
}
