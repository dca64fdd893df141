import type { Wait } from "./next.ts";
import type { Workflow } from "./policy.ts";
import type { ProfileStatus } from "./status.ts";
import { reminderSeconds } from "./workflow.ts";

/** As much of a parked profile as decides what is told of it. Times are epoch milliseconds. */
export interface Waiting {
  state: Wait | null;
  parked_at: number | null;
  deadline_at: number | null;
  link_ready: boolean;
  /** Which notice of this wait was told last; 0: none. */
  reminders: number;
  appointment: { end_at: number } | null;
  /** End of the booked slot that was looked into last. */
  past_slot: number | null;
}

/** What of a parked profile a notice that was told has changed. */
export type Told = Partial<Pick<Waiting, "reminders" | "past_slot">>;

/** Something that subscribers are told because time passed. Nothing moves on it. */
export type Notice = { at: number; told: Told } & (
  | { kind: "CaptureReminderDue"; reminder: number; of: number }
  | { kind: "ReviewOverdue" }
  | { kind: "AppointmentMissed" }
);

/** The status in which each wait is still owed its notices. */
const owedIn: Partial<Record<Wait, ProfileStatus>> = {
  OpenCapture: "capture_pending",
  Review: "review_required",
  Recapture: "recapture_pending",
};

/** Whether the customer of a profile in this `status` is waited for, and knows the link. */
export const isReminded = (
  { state, link_ready }: Pick<Waiting, "state" | "link_ready">,
  status: ProfileStatus,
): boolean =>
  state !== null &&
  owedIn[state] === status &&
  ((state === "OpenCapture" && link_ready) || state === "Recapture");

/**
 * When the next notice of a wait is due, after `now`; `null` when none is. `status` is the gateway's latest word, `null`
 * without one.
 */
export function nextNoticeAt(
  waiting: Waiting,
  workflow: Workflow,
  status: ProfileStatus | null,
  now: number,
): number | null {
  // The customer is done, and no profile comes back from there to the same wait (contract §10.2).
  if (status === "in_progress") return null;
  const moments = noticesOf(waiting, workflow, now).map(({ at }) => at);
  const ahead = moments.filter((at) => at > now);
  return ahead.length > 0 ? Math.min(...ahead) : null;
}

/** The notice that is due and still owed to a profile in this `status`, the earliest first; `null`: none. */
export function dueNotice(
  waiting: Waiting,
  workflow: Workflow,
  status: ProfileStatus | null,
  now: number,
): Notice | null {
  if (!waiting.state || !status || owedIn[waiting.state] !== status) return null;
  const due = noticesOf(waiting, workflow, now).filter(({ at }) => at <= now);
  return due.sort((one, other) => one.at - other.at)[0] ?? null;
}

/** The next notice of each kind, whether due or not. What would come at the deadline or later never comes. */
function noticesOf(waiting: Waiting, workflow: Workflow, now: number): Notice[] {
  const { state, parked_at, deadline_at, link_ready, appointment, past_slot } = waiting;
  const notices: Notice[] = [];
  if (parked_at !== null && ((state === "OpenCapture" && link_ready) || state === "Recapture"))
    notices.push(...reminderOf(parked_at, waiting.reminders, workflow, now));
  if (parked_at !== null && state === "Review" && waiting.reminders === 0) {
    const { reviewOverdueSeconds } = workflow;
    if (reviewOverdueSeconds !== undefined)
      notices.push({
        kind: "ReviewOverdue",
        at: parked_at + reviewOverdueSeconds * 1000,
        told: { reminders: 1 },
      });
  }
  if (state === "OpenCapture" && appointment && appointment.end_at !== past_slot)
    notices.push({
      kind: "AppointmentMissed",
      at: appointment.end_at + workflow.appointmentGraceSeconds * 1000,
      told: { past_slot: appointment.end_at },
    });
  return notices.filter(({ at }) => deadline_at === null || at < deadline_at);
}

/**
 * The reminder after the one of number `reminders`. Several that are overdue are one, of the number whose moment is
 * nearest: so two reminders are never closer to each other than half of what is configured.
 */
function reminderOf(
  parked_at: number,
  reminders: number,
  { reminders: policy }: Workflow,
  now: number,
): Notice[] {
  if (!policy || reminders >= policy.atMost) return [];
  const momentOf = (number: number) => parked_at + reminderSeconds(policy, number) * 1000;
  const at = momentOf(reminders + 1);
  const passed = Math.round((now - momentOf(1)) / (momentOf(2) - momentOf(1)));
  const reminder = Math.min(policy.atMost, Math.max(reminders, passed) + 1);
  return [{ kind: "CaptureReminderDue", at, reminder, of: policy.atMost, told: { reminders: reminder } }];
}
