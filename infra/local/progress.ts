import { stripVTControlCharacters } from "node:util";

const frameMilliseconds = 120;
const remindSeconds = 10;

/** A phase's own word on how far it is ("3 of 6 stacks"), and which part of it is done, from 0 to 1: a terminal shows a bar. */
export type Note = (text: string, share?: number) => void;

interface Phase {
  name: string;
  startedAt: number;
  note: string;
  share?: number | undefined;
}

/** Where progress goes; a terminal gets a live last line, anything else a line every ten seconds. */
export interface Output {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/**
 * What a command is doing, as it happens: one line per finished phase with its seconds, and below them what is still
 * waited for. Phases may overlap.
 */
export class Progress {
  readonly #output: Output;
  readonly #running = new Map<symbol, Phase>();
  #timer: NodeJS.Timeout | undefined;
  #live = false;
  #remindedAt = 0;

  constructor(output: Output = process.stdout) {
    this.#output = output;
  }

  /** Runs `work` as a phase; `done` words its finished line from the result, else the name stands. */
  async phase<T>(name: string, work: (note: Note) => Promise<T>, done?: (result: T) => string): Promise<T> {
    const key = Symbol(name);
    const entry: Phase = { name, startedAt: Date.now(), note: "" };
    this.#running.set(key, entry);
    this.#watch();
    try {
      const result = await work((text, share) => {
        entry.note = text;
        entry.share = share;
      });
      this.#running.delete(key);
      this.line(`✓ ${done ? done(result) : name} ${seconds(entry.startedAt)}`);
      return result;
    } catch (error) {
      this.#running.delete(key);
      this.line(`✗ ${name} ${seconds(entry.startedAt)}`);
      throw error;
    } finally {
      if (this.#running.size === 0) this.#unwatch();
    }
  }

  /** Prints a line above the live one. */
  line(text: string): void {
    this.#clear();
    this.#output.write(`${text}\n`);
    this.#draw();
  }

  #watch(): void {
    if (this.#timer) return;
    this.#remindedAt = Date.now();
    this.#timer = setInterval(() => this.#tick(), frameMilliseconds);
    this.#timer.unref();
  }

  #unwatch(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#clear();
  }

  #tick(): void {
    if (this.#output.isTTY) {
      this.#clear();
      this.#draw();
    } else if (Date.now() - this.#remindedAt >= remindSeconds * 1000 && this.#running.size > 0) {
      this.#remindedAt = Date.now();
      this.#output.write(`  … ${this.#status()}\n`);
    }
  }

  #status(): string {
    return [...this.#running.values()]
      .map(({ name, startedAt, note, share }) => {
        const bar = share === undefined || !this.#output.isTTY ? "" : ` ${barOf(share)}`;
        return `${name}${bar}${note && `: ${note}`} ${seconds(startedAt)}`;
      })
      .join(", ");
  }

  #draw(): void {
    if (!this.#output.isTTY || !this.#timer || this.#running.size === 0) return;
    const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
    const frame = frames[Math.floor(Date.now() / frameMilliseconds) % frames.length];
    const text = stripVTControlCharacters(`${frame} ${this.#status()}`);
    this.#output.write(text.slice(0, (this.#output.columns ?? 80) - 1));
    this.#live = true;
  }

  #clear(): void {
    if (this.#live) this.#output.write("\r\u001b[2K");
    this.#live = false;
  }
}

const barColumns = 20;

function barOf(share: number): string {
  const filled = Math.floor(Math.min(1, Math.max(0, share)) * barColumns);
  return "█".repeat(filled) + "░".repeat(barColumns - filled);
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
