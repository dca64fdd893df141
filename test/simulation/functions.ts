import type { Faults } from "./faults.ts";
import type { World } from "./world.ts";

/** What became of an invocation. `killed`: it never came back; what it had done by then is done. */
export type Outcome<Value> = { value: Value } | { error: unknown } | { killed: true };

/** How a kind of request fails: before it took effect, or after it, with the answer lost. */
export interface Failure {
  before?: unknown;
  after?: unknown;
}

/** One run of a function. All that it does outside itself goes through `call`, where it may fail or be killed. */
export class Invocation {
  dead = false;
  /** Requests made so far, by kind. */
  readonly calls: string[] = [];
  /** Milliseconds that it slept so far. */
  sleptMs = 0;
  readonly #world: World;
  readonly #faults: Faults;
  readonly #kill: () => void;

  constructor(world: World, faults: Faults, kill: () => void) {
    this.#world = world;
    this.#faults = faults;
    this.#kill = kill;
  }

  async call<Value>(kind: string, effect: () => Promise<Value>, failure: Failure = {}): Promise<Value> {
    const { random } = this.#world;
    this.calls.push(kind);
    await this.#pass(random.between(1, 12));
    if (this.#faults.strikes("function-killed-before")) return this.#die();
    if (failure.before) throw failure.before;
    const value = await effect();
    await this.#pass(random.between(1, 12));
    if (this.#faults.strikes("function-killed-after")) return this.#die();
    if (failure.after) throw failure.after;
    return value;
  }

  /** The same object with every method a request of its own. */
  guard<Api extends object>(
    name: string,
    api: Api,
    failureOf: (method: string) => Failure = () => ({}),
  ): Api {
    const guarded: Record<string, unknown> = {};
    for (const key of methodsOf(api)) {
      const method = (api as Record<string, (...input: unknown[]) => Promise<unknown>>)[key];
      guarded[key] = (...input: unknown[]) =>
        this.call(`${name}.${key}`, () => method?.apply(api, input) as Promise<unknown>, failureOf(key));
    }
    return guarded as Api;
  }

  /** Sleeps as long as it lives. */
  sleep(milliseconds: number): Promise<void> {
    this.sleptMs += milliseconds;
    return this.#pass(milliseconds);
  }

  async #pass(milliseconds: number): Promise<void> {
    await this.#world.sleep(milliseconds);
    if (this.dead) await never;
  }

  #die(): Promise<never> {
    this.dead = true;
    this.#kill();
    return never;
  }
}

const never = new Promise<never>(() => {});

function methodsOf(api: object): string[] {
  const names = new Set(Object.keys(api));
  for (
    let proto = Object.getPrototypeOf(api);
    proto && proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto)
  )
    for (const name of Object.getOwnPropertyNames(proto)) if (name !== "constructor") names.add(name);
  return [...names].filter((name) => typeof (api as Record<string, unknown>)[name] === "function");
}

/** Runs a function until it ends, is killed, or takes longer than it may. */
export function invoke<Value>(
  world: World,
  faults: Faults,
  timeoutMs: number,
  run: (invocation: Invocation) => Promise<Value>,
): Promise<Outcome<Value>> {
  return new Promise((resolve) => {
    const invocation = new Invocation(world, faults, () => resolve({ killed: true }));
    world.after(timeoutMs, () => {
      invocation.dead = true;
      resolve({ killed: true });
    });
    run(invocation).then(
      (value) => resolve({ value }),
      (error: unknown) => resolve({ error }),
    );
  });
}
