import type { Wait } from "./next.ts";
import type { Workflow } from "./policy.ts";
import type { ProfileStatus } from "./status.ts";

const DAY_SECONDS = 86_400;

/** A customer waits for his link: where a gateway's word that it is there got lost, it is looked for soon. */
const FIRST_LINK_CHECK_SECONDS = 60;

/** What is only kept moves when somebody erases it early, and in the end by its date: it is looked at rarely. */
const FIRST_RETENTION_CHECK_SECONDS = 7 * DAY_SECONDS;

/** When to look again: the first check after `firstCheckSeconds`, each next one after twice as long, up to a day. */
export function nextCheckSeconds(firstCheckSeconds: number, checks: number): number {
  return Math.min(DAY_SECONDS, firstCheckSeconds * 2 ** Math.min(checks, 20));
}

/** As much of a wait as plans the looks at it that nothing but time leads to. Times are epoch milliseconds. */
export interface Checked {
  state: Wait | null;
  status: ProfileStatus;
  link_ready: boolean;
  /** Checks that were made so far. */
  checks: number;
  deadline_at: number | null;
  notice_at: number | null;
}

/** Whether an onboarding waits for its link, and has it as soon as the gateway has. */
export const lacksLink = ({ state, link_ready, status }: Pick<Checked, "state" | "link_ready" | "status">) =>
  state === "OpenCapture" && !link_ready && (status === "pending" || status === "capture_pending");

/**
 * When a wait is looked at next that is looked at `now`, and where that brings no news: at its next check, but never past
 * a notice or a deadline that lies ahead. A retention is checked after a week and then after twice as long each time; where
 * its date has passed, it waits for no purge that got lost, and is checked as everything else.
 */
export function nextLookAt(
  waiting: Checked,
  { firstCheckSeconds }: Pick<Workflow, "firstCheckSeconds">,
  now: number,
): number {
  const { state, checks, deadline_at, notice_at } = waiting;
  const isKept = state === "Retain" && deadline_at !== null && deadline_at > now;
  const first = lacksLink(waiting)
    ? Math.min(FIRST_LINK_CHECK_SECONDS, firstCheckSeconds)
    : firstCheckSeconds;
  const seconds = isKept ? FIRST_RETENTION_CHECK_SECONDS * 2 ** checks : nextCheckSeconds(first, checks);
  const ahead = [deadline_at, notice_at].filter((at) => at !== null && at > now) as number[];
  return Math.min(now + seconds * 1000, ...ahead);
}
