import type { FaultKind } from "./faults.ts";
import type { Result } from "./simulation.ts";

/** What many runs came to. */
export class Tally {
  profiles = 0;
  readonly violated: number[] = [];
  readonly fired = new Map<FaultKind, number>();
  /** In how many runs each pair was met. */
  readonly met = new Map<string, number>();

  add({ seed, profiles, violations, fired, met }: Result): void {
    this.profiles += profiles;
    if (violations.length > 0) this.violated.push(seed);
    for (const [kind, times] of fired) this.fired.set(kind, (this.fired.get(kind) ?? 0) + times);
    for (const pair of met) this.met.set(pair, (this.met.get(pair) ?? 0) + 1);
  }
}
