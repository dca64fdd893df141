import { setTimeout as sleep } from "node:timers/promises";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { CommandFailed } from "../local/command-failed.ts";
import { startedSchema } from "../local/onboarding-api.ts";
import type { RowResult } from "./import-results.ts";
import { refusalOf, type StageAnswer, type StageApi } from "./stage-api.ts";

/** Per row; what none of these gets an answer to is `failed`. */
const ATTEMPTS = 6;
/** Per row too, and not counted among the attempts: to be told to wait is an answer. */
const WAITS = 60;
const LONGEST_PAUSE_MS = 10_000;
const LONGEST_HOLD_MS = 5 * 60_000;
/** However often we are told that it is too fast. */
const SLOWEST_MS = 2_000;
/**
 * Sends one row until there is an answer: `null` when it was given up half-way, which the next run makes good.
 *
 * @throws CommandFailed when every other row would fare the same
 */
export async function sendRow(
  api: StageApi,
  request: CreateRequest,
  { pace, signal, firstPauseMs }: { pace: Pace; signal: AbortSignal; firstPauseMs: number },
): Promise<Pick<RowResult, "verdict" | "reason" | "profile_id"> | null> {
  let reason = "";
  let waits = 0;
  let pauseMs = 0;
  for (let attempt = 0; attempt < ATTEMPTS && waits < WAITS; ) {
    try {
      await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal });
      await pace.turn(signal);
    } catch {
      return null;
    }
    pauseMs = Math.min(LONGEST_PAUSE_MS, firstPauseMs * 2 ** attempt);
    let answer: StageAnswer;
    try {
      answer = await api.ask("POST", "/onboardings", request);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      reason = error.message;
      attempt++;
      continue;
    }
    const { status, body, retryAfterMs } = answer;
    if (status !== 429) pace.quicken();
    if (status === 202) {
      const { success, data } = startedSchema.safeParse(body);
      if (!success)
        throw new CommandFailed("the API's answer is not the one that is expected: deploy the stage again");
      const { profile_id } = data;
      return profile_id === null ? { verdict: "started" } : { verdict: "known", profile_id };
    }
    if (status === 400 || status === 413 || status === 422)
      return { verdict: "refused", reason: refusalOf(status, body) };
    if (status !== 408 && status !== 429 && status < 500) throw new CommandFailed(refusalOf(status, body));
    reason = `the API answered ${status}`;
    if (status === 429) waits++;
    else attempt++;
    // It is not this row that is too many.
    if (status === 429) pace.slacken();
    if (status === 429 || retryAfterMs !== null) pace.hold(retryAfterMs ?? firstPauseMs);
  }
  return { verdict: "failed", reason };
}

/** Whose turn it is to send: evenly, and as fast as is taken. */
export class Pace {
  readonly #fastestMs: number;
  #everyMs: number;
  #nextAt = 0;
  #heldUntil = 0;

  constructor(perSecond: number) {
    this.#fastestMs = 1_000 / perSecond;
    this.#everyMs = this.#fastestMs;
  }

  slacken(): void {
    this.#everyMs = Math.max(this.#everyMs, Math.min(SLOWEST_MS, this.#everyMs * 1.5));
  }

  quicken(): void {
    this.#everyMs = Math.max(this.#fastestMs, this.#everyMs * 0.98);
  }

  /** Resolves when the next request may go. Rejects when the signal aborts. */
  async turn(signal: AbortSignal): Promise<void> {
    do {
      const at = Math.max(performance.now(), this.#nextAt);
      this.#nextAt = at + this.#everyMs;
      await sleep(Math.max(0, at - performance.now()), undefined, { signal });
    } while (performance.now() < this.#heldUntil);
  }

  /** Nobody sends for so long. */
  hold(milliseconds: number): void {
    const until = performance.now() + Math.min(milliseconds, LONGEST_HOLD_MS);
    this.#heldUntil = Math.max(this.#heldUntil, until);
    this.#nextAt = Math.max(this.#nextAt, this.#heldUntil);
  }
}
