import type { Random } from "./world.ts";

/** Everything that goes wrong in a simulation, by name. */
export const faultKinds = [
  "webhook-dropped",
  "webhook-duplicated",
  "webhook-delayed",
  "webhook-reordered",
  "webhook-forged",
  "webhook-replayed",
  "webhook-answer-lost",
  "gateway-5xx",
  "gateway-429",
  "gateway-html",
  "gateway-slow",
  "gateway-timeout-before",
  "gateway-timeout-after",
  "gateway-look-up-late",
  "gateway-refuses-purge",
  "gateway-loses-profile",
  "function-killed-before",
  "function-killed-after",
  "function-given-up",
  "send-task-ambiguous",
  "write-throttled",
  "write-answer-lost",
  "read-failed",
  "event-refused",
  "queue-duplicated",
  "sweep-skipped",
  "index-stale",
  "start-repeated",
  "secret-rotated",
  "operator-at-once",
  "legal-hold",
  "execution-aborted",
  "settings-changed",
  "definition-changed",
  "request-refused",
  "gateway-down",
  "gateway-stalls",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** How often each fault comes where it can come, in percent, in runs that have it. */
const percents: Partial<Record<FaultKind, number>> = {
  "webhook-dropped": 30,
  "webhook-duplicated": 30,
  "webhook-delayed": 30,
  "webhook-reordered": 20,
  "webhook-answer-lost": 20,
  "gateway-5xx": 8,
  "gateway-429": 5,
  "gateway-html": 5,
  "gateway-slow": 10,
  "gateway-timeout-before": 5,
  "gateway-timeout-after": 8,
  "function-killed-before": 1,
  "function-killed-after": 1,
  "function-given-up": 3,
  "send-task-ambiguous": 15,
  "write-throttled": 3,
  "write-answer-lost": 3,
  "read-failed": 2,
  "event-refused": 5,
  "queue-duplicated": 20,
  "sweep-skipped": 40,
  "index-stale": 30,
  "start-repeated": 40,
  "request-refused": 30,
  "gateway-stalls": 15,
};

/** Those that were thought of later are drawn from numbers of their own: runs without them stay what they were. */
const later: readonly FaultKind[] = ["gateway-down", "gateway-stalls"];

/**
 * Which faults this run has, and whether they happen now. Each run has some of them only, so that no fault always
 * hides behind another; none happens any more once they are stopped.
 */
export class Faults {
  readonly fired = new Map<FaultKind, number>();
  readonly #random: Random;
  readonly #later: Random;
  readonly #active: Set<FaultKind>;
  stopped = false;

  constructor(random: Random, laterRandom: Random = random) {
    this.#random = random;
    this.#later = laterRandom;
    // One run in ten goes without: then nothing may take longer than it has to.
    const share = random.chance(10) ? 0 : random.pick([15, 35, 60]);
    this.#active = new Set(faultKinds.filter((kind) => this.#randomOf(kind).chance(share)));
  }

  /** Whether this run has none at all. */
  get none(): boolean {
    return this.#active.size === 0;
  }

  has(kind: FaultKind): boolean {
    return !this.stopped && this.#active.has(kind);
  }

  /** Whether it happens here and now. */
  strikes(kind: FaultKind): boolean {
    if (!this.has(kind) || !this.#randomOf(kind).chance(percents[kind] ?? 100)) return false;
    this.count(kind);
    return true;
  }

  #randomOf(kind: FaultKind): Random {
    return later.includes(kind) ? this.#later : this.#random;
  }

  count(kind: FaultKind): void {
    this.fired.set(kind, (this.fired.get(kind) ?? 0) + 1);
  }
}
