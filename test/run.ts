import { join } from "node:path";
import { PassThrough } from "node:stream";
import { execaNode } from "execa";
import { type Count, closingLine } from "./closing-line.ts";

// Both halves of the tests at once: those of the local cloud mostly wait. What they print comes one half after the other.
const vitest = join(import.meta.dirname, "../node_modules/vitest/vitest.mjs");
const typed = process.argv.slice(2);

function start(project: string) {
  const half = execaNode(vitest, ["run", "--project", project, "--passWithNoTests", ...typed], {
    all: true,
    buffer: false,
    ipc: true,
    reject: false,
    stdin: "ignore",
    ...(process.stdout.isTTY && { env: { FORCE_COLOR: "1" } }),
  });
  const printed = new PassThrough({ highWaterMark: 2 ** 30 });
  half.all.pipe(printed);
  return { half, printed, count: half.getOneMessage().catch(() => null) as Promise<Count | null> };
}

const halves = ["unit", "local-cloud"].map(start);
// At a terminal's Ctrl-C the halves end by themselves, and the local cloud with them.
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    process.exitCode = 1;
    if (signal === "SIGTERM") for (const { half } of halves) half.kill(signal);
  });

const sum: Count = { passed: 0, failed: 0, skipped: 0 };
for (const { half, printed, count } of halves) {
  for await (const chunk of printed) process.stdout.write(chunk);
  const { exitCode } = await half;
  const counted = await count;
  for (const kind of ["passed", "failed", "skipped"] as const) sum[kind] += counted?.[kind] ?? 0;
  // A half that ended without having counted, or otherwise than it counted.
  if (!counted || (exitCode !== 0 && counted.failed === 0)) sum.failed++;
}
if (sum.failed > 0 || sum.passed === 0) process.exitCode = 1;
process.stdout.write(closingLine(sum));
