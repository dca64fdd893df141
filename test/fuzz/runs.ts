import * as fc from "fast-check";

/** A whole number in the environment, if there is one. */
function whole(name: string): number | undefined {
  const text = process.env[name] ?? "";
  if (text === "") return undefined;
  if (!/^-?\d{1,10}$/.test(text)) throw new Error(`${name} must be a whole number`);
  return Number(text);
}

const RUNS = whole("FUZZ_RUNS") ?? 2_000;
/** The tests that everybody runs are the same for everybody; who asks for more runs gets new ones each time. */
const seed = whole("FUZZ_SEED") ?? (process.env["FUZZ_RUNS"] ? undefined : 20_260_105);

/** Of a test with one property. */
export const timeout = Math.max(240_000, RUNS * 20);

const READABLE = 1_000;

/** A hostile value may have megabytes: its seed and path say all of it. */
const shortened = (line: string): string =>
  line.length > READABLE ? `${line.slice(0, READABLE)}… (${line.length} characters)` : line;

/**
 * Tries a property so often as `FUZZ_RUNS` says, 2,000 times if it says nothing. A failure names seed and path;
 * `FUZZ_SEED` gives every property that seed.
 */
export async function hold<Values>(property: fc.IAsyncProperty<Values>): Promise<void> {
  const details = await fc.check(property, { numRuns: RUNS, ...(seed !== undefined && { seed }) });
  const message = fc.defaultReportMessage(details);
  if (message !== undefined)
    throw new Error(message.split("\n").map(shortened).join("\n"), { cause: details.errorInstance });
}
