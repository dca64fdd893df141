import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { bundle } from "../../infra/bundle.ts";
import { firstEvent } from "./first-events.ts";
import { functionFolders } from "./function-folders.ts";
import { runChild } from "./run-child.ts";
import { openStubCloud } from "./stub-cloud.ts";

/** The one that is called most, and three actions: our own read, the gateway's read, a change. */
const entries = [
  "functions/webhooks/ingest.ts",
  "functions/actions/fetch-onboarding.ts",
  "functions/actions/fetch-profile.ts",
  "functions/actions/cancel-profile.ts",
];
const CALLS = 400;

export interface Warm {
  entry: string;
  /** Requests that one call makes. */
  requests: number;
  /** Milliseconds of processor time a call, one a round; and of the bare work. */
  cpuMs: number[];
  bareCpuMs: number[];
  ratios: number[];
}

/** A warm call beside the bare work of it: parse, check, and the same bytes sent to the same socket. */
export async function measureWarm(rounds: number, note: (text: string) => void): Promise<Warm[]> {
  const folders = functionFolders();
  const cloud = await openStubCloud();
  const bare = bareBundle();
  const call = (folder: string, calls: number) =>
    runChild<{ cpuMs: number }>(
      [launcher, join(folder, "index.js"), join(folder, "event.json"), String(calls)],
      { ...cloud.environment(folder), POWERTOOLS_LOG_LEVEL: "SILENT" },
    );
  try {
    const results: Warm[] = [];
    for (const entry of entries) {
      const folder = folders.place(entry, bundle(entry), await firstEvent(entry));
      await call(folder, 1);
      // What the last of the calls asked for: nothing is fetched for the first time any more.
      const all = cloud.takeAsked();
      const asked = all.slice(-Math.floor(all.length / 101));
      const beside = folders.place(`bare ${entry}`, bare, await firstEvent(entry));
      writeFileSync(join(beside, "asked.json"), JSON.stringify(asked));
      const result: Warm = { entry, requests: asked.length, cpuMs: [], bareCpuMs: [], ratios: [] };
      for (let round = 1; round <= rounds; round++) {
        note(`warm calls of ${entry}, round ${round} of ${rounds}`);
        const least = (await call(beside, CALLS)).cpuMs;
        const { cpuMs } = await call(folder, CALLS);
        result.cpuMs.push(cpuMs);
        result.bareCpuMs.push(least);
        result.ratios.push(cpuMs / least);
      }
      cloud.takeAsked();
      results.push(result);
    }
    return results;
  } finally {
    await cloud.close();
    folders.remove();
  }
}

const launcher = join(import.meta.dirname, "warm-launcher.cjs");

function bareBundle(): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, "bare-work.ts")],
    write: false,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    minify: true,
  });
  return outputFiles[0]?.text ?? "";
}
