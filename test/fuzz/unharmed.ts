import { expect } from "vitest";
import type { CloudInMemory, Kept } from "./cloud-in-memory.ts";
import { MARKER } from "./hostile.ts";

/** Ids that the contract has repeated: their own values may be hostile. */
const echoed = new Set(["reference_id", "profile_id"]);

/** An answer's JSON less the ids that it repeats. */
export const withoutIds = (body: unknown): string =>
  JSON.stringify(body, (name, value: unknown) => (echoed.has(name) ? undefined : value)) ?? "";

/** Nobody's input is in a log line, and nobody's is on the prototype of all objects. */
export function expectNoTrace({ logged }: CloudInMemory): void {
  if (logged.some((line) => line.includes(MARKER))) expect(logged.join("\n")).not.toContain(MARKER);
  for (const name in {}) expect(name, "a name that every object has").toBeUndefined();
}

/** What was refused changed nothing but for what `allowed` says. */
export function expectUnchanged(
  cloud: CloudInMemory,
  before: Kept,
  allowed: (place: string) => boolean = () => false,
): void {
  const written = cloud.writtenSince(before).filter((place) => !allowed(place));
  if (written.length > 0) expect(written, "a refused request changed something").toEqual([]);
}
