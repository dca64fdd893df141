import type { Reporter, TestModule } from "vitest/node";

/** Ends the output with one line that scripts can read: `N passed, N failed`. Vitest loads it as a reporter. */
// biome-ignore lint/style/noDefaultExport: reporters are loaded by their default export
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== "pending") count[state]++;
      }
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
    // After Vitest's own summary, whatever the order of reporters.
    process.once("exit", () =>
      process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`),
    );
  }
}
