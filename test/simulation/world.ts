import { setImmediate } from "node:timers";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Numbers from one seed: the same seed, the same run. */
export class Random {
  readonly #generator;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
    // Neighbouring seeds begin alike.
    for (let skip = 0; skip < 16; skip++) this.#generator.next();
  }

  /** From 0 up to `below`, a whole number. */
  below(below: number): number {
    return (this.#generator.next() >>> 0) % below;
  }

  /** True in `percent` of a hundred draws; a fraction of a percent counts. */
  chance(percent: number): boolean {
    return this.below(100_000) < percent * 1_000;
  }

  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  pick<Value>(from: readonly Value[]): Value {
    return from[this.below(from.length)] as Value;
  }
}

/** Always the first of everything, and the shortest: nothing fails, and everything takes the time that it must. */
export class NoChance extends Random {
  constructor() {
    super(0);
  }

  override below(_below: number): number {
    return 0;
  }
}

/** Something that happens at a moment. */
interface Event {
  at: number;
  order: number;
  run: () => void;
}

/** Virtual time and the one thing that moves it: what happens next, happens. */
export class World {
  readonly random: Random;
  now: number;
  readonly #events: Event[] = [];
  #order = 0;

  constructor(seed: number, start: number, random = new Random(seed)) {
    this.random = random;
    this.now = start;
  }

  after(milliseconds: number, run: () => void): void {
    push(this.#events, { at: this.now + Math.max(0, milliseconds), order: this.#order++, run });
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  /** Lets everything happen up to `until`, or till `done`. The clock stands at the last thing that happened. */
  async run(until: number, done: () => boolean = () => false): Promise<void> {
    for (;;) {
      const next = this.#events[0];
      if (!next || next.at > until || done()) return;
      pop(this.#events);
      this.now = next.at;
      next.run();
      await settled();
    }
  }
}

/** Every promise that can go on has gone on: no real input or output is under way anywhere in here. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const earlier = (one: Event, other: Event): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** Binary heap, earliest first. */
function push(heap: Event[], event: Event): void {
  let index = heap.push(event) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!earlier(heap[index] as Event, heap[parent] as Event)) return;
    swap(heap, index, parent);
    index = parent;
  }
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  heap[0] = last;
  let index = 0;
  for (;;) {
    const [left, right] = [2 * index + 1, 2 * index + 2];
    let first = index;
    for (const child of [left, right])
      if (child < heap.length && earlier(heap[child] as Event, heap[first] as Event)) first = child;
    if (first === index) return;
    swap(heap, index, first);
    index = first;
  }
}

function swap(heap: Event[], one: number, other: number): void {
  [heap[one], heap[other]] = [heap[other] as Event, heap[one] as Event];
}
