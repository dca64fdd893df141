import { join } from "node:path";
import { bundle, bundleOf, findEntries } from "../../infra/bundle.ts";
import { firstEvent } from "./first-events.ts";
import { functionFolders } from "./function-folders.ts";
import { runChild } from "./run-child.ts";
import { type Asked, openStubCloud, type StubCloud } from "./stub-cloud.ts";

export interface StartUp {
  entry: string;
  bytes: number;
  /** Milliseconds from the start of the process to the first answer, one a round; and of processor time. */
  ms: number[];
  cpuMs: number[];
  /** The same over those of the empty handler that ran right before; until it was loaded, and until it answered. */
  loadedRatios: number[];
  ratios: number[];
  cpuRatios: number[];
  undici: boolean;
}

/** What a start says of itself: the answer, and what it took to get there. */
export interface Started {
  ms: number;
  /** Until the bundle was loaded, and could be handed an event. */
  loadedMs: number;
  cpuMs: number;
  undici: boolean;
  answer: unknown;
}

/** Loads the bundle in a folder in a process of its own and hands it the event that lies there. */
export const startOnce = (folder: string, cloud: StubCloud): Promise<Started> =>
  runChild<Started>(
    [launcher, join(folder, "index.js"), join(folder, "event.json")],
    cloud.environment(folder),
  );

const launcher = join(import.meta.dirname, "launcher.cjs");

/** A handler of nothing. */
const empty = "exports.handler = async () => ({ statusCode: 200 });";

/** One read of the table with the AWS SDK and nothing else: what the library alone takes. */
export const oneRequest = "test/bench/one-request.ts";
/** The same after a secret was read with the SDK and checked with zod. */
export const twoRequests = "test/bench/two-requests.ts";
const floors = [oneRequest, twoRequests];

/** Starts every bundle and an empty one before each, `rounds` times over. Throws for one that does not do its work. */
export async function measureStartUp(rounds: number, note: (text: string) => void): Promise<StartUp[]> {
  const folders = functionFolders();
  const cloud = await openStubCloud();
  try {
    const least = folders.place("empty", empty, {});
    const measured: { folder: string; result: StartUp }[] = [];
    for (const entry of [...floors, ...findEntries()]) {
      const text = floors.includes(entry) ? bundleOf(entry) : bundle(entry);
      const folder = folders.place(entry, text, await firstEvent(entry));
      const { undici, answer } = await startOnce(folder, cloud);
      const problem = problemOf(entry, answer, cloud.takeAsked());
      if (problem) throw new Error(`${entry} did not do its work: ${problem}`);
      const bytes = Buffer.byteLength(text);
      measured.push({
        folder,
        result: { entry, bytes, undici, ms: [], cpuMs: [], loadedRatios: [], ratios: [], cpuRatios: [] },
      });
    }
    for (let round = 1; round <= rounds; round++) {
      note(`start-up of ${measured.length} bundles, round ${round} of ${rounds}`);
      for (const { folder, result } of measured) {
        // Each beside an empty one of its own: the machine's pace drifts.
        const nothing = await startOnce(least, cloud);
        const { ms, loadedMs, cpuMs } = await startOnce(folder, cloud);
        result.ms.push(ms);
        result.cpuMs.push(cpuMs);
        result.loadedRatios.push(loadedMs / nothing.loadedMs);
        result.ratios.push(ms / nothing.ms);
        result.cpuRatios.push(cpuMs / nothing.cpuMs);
      }
    }
    return measured.map(({ result }) => result);
  } finally {
    await cloud.close();
    folders.remove();
  }
}

/** These answer 404 to whatever they are asked. */
const unknowing = ["functions/actions/unknown-route.ts", "functions/sandbox/api.ts"];

/** Why a start is none to measure: the function failed, or took another course than its usual one. */
export function problemOf(entry: string, answer: unknown, asked: readonly Asked[]): string | null {
  const failed = asked.some(({ headers }) => headers["x-amz-target"]?.endsWith(".SendTaskFailure"));
  if (failed) return "it reported a fault";
  const { statusCode = 200, threw, batchItemFailures = [] } = Object(answer) as Record<string, unknown>;
  if (threw !== undefined) return String(threw);
  if ((batchItemFailures as unknown[]).length > 0) return "it did not take its message";
  return Number(statusCode) >= 300 && !unknowing.includes(entry) ? `it answered ${statusCode}` : null;
}
