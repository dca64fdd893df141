import type { Wait } from "./next.ts";

/** The sweeper keeps a deadline to the minute: one that passed so long ago was not kept. */
export const OVERDUE_SECONDS = 15 * 60;

/** Why an onboarding is in Attention whose retention date has passed, and whose purge or the way there fails. */
export const ERASURE_FAILS = "its data is due to be erased, and that failed repeatedly";

/** A parked onboarding. Times are epoch milliseconds. */
export interface ParkedWait {
  state: Wait;
  deadline_at: number | null;
  /** Kept from its purge, however long its retention date has passed. */
  held: boolean;
}

/** A request whose profile is not created yet; `due_at` is when its execution starts, at the latest. */
export interface AwaitedCreate {
  attempt: number;
  due_at: number | null;
}

/**
 * Whether somebody should look at it: it waits for a person's attention, nothing happened at its deadline, or its
 * create was put off. A corrected request, which is a new attempt as well, counts for the moment until it is started.
 */
export function isStuck(waiting: ParkedWait | AwaitedCreate, now: number): boolean {
  if ("attempt" in waiting) return waiting.attempt > 1 || isOverdue(waiting.due_at, now);
  if (waiting.state === "Attention") return true;
  return !(waiting.held && waiting.state === "Retain") && isOverdue(waiting.deadline_at, now);
}

const isOverdue = (at: number | null, now: number): boolean =>
  at !== null && now - at > OVERDUE_SECONDS * 1000;
