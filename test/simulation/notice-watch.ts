import type { EventDetail, EventType } from "../../shared/events/published.ts";
import type { Workflow } from "../../shared/profile/policy.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import { reminderSeconds } from "../../shared/profile/workflow.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";

/** A status of the gateway's and since when it had it. */
export type StatusSince = readonly [status: ProfileStatus, since: number];

/** What the watch over everything knows at the moment. */
export interface Known {
  now: number;
  workflow: Workflow;
  /** The gateway's, oldest first. */
  statuses: readonly StatusSince[];
  /** Whether nothing fails in this run, and the settings are what they were: then notices are on time. */
  isCalm: boolean;
  settingsChanged: boolean;
}

/** From the look that a notice goes by to its publication: no function runs longer. */
const LOOK_MS = 60_000;
/** A sweep a minute, and the look that it sends. */
const ON_TIME_MS = 120_000;

/** As much of a wait as was told of it. */
interface Told {
  parked: ProfileRecord;
  /** How often each event was published, by its id; and each reminder's number. */
  events: Map<string, number>;
  reminders: Map<string, number>;
}

/** Sees to it that reminders and the like come when they are owed, in their number, and never otherwise. */
export class NoticeWatch {
  /** The latest wait of each state, by onboarding. */
  readonly #waits = new Map<string, Told>();
  readonly #violated: (what: string) => void;

  constructor(violated: (what: string) => void) {
    this.#violated = violated;
  }

  recordChanged(key: string, before: ProfileRecord | undefined, record: ProfileRecord, known: Known): void {
    const { due_at, deadline_at } = record;
    if ((record as { last_write?: string }).last_write === "check" && due_at !== null) {
      // An operator's reminder leaves it due when it was.
      if (due_at <= known.now && due_at !== before?.due_at)
        this.#violated(`${record.reference_id}: is due in the past`);
      if (deadline_at !== null && deadline_at > known.now && due_at > deadline_at)
        this.#violated(`${record.reference_id}: is due after its deadline`);
    }
    const isOver = before?.task_token && (!record.task_token || record.wait !== before.wait);
    if (isOver && known.isCalm) this.#expectTold(key, before, known);
    const told = this.#waits.get(`${record.state} ${key}`);
    // From then on the customer is waited for, and reminded.
    if (told && before?.wait === record.wait && !before.link_ready && record.link_ready) told.parked = record;
    if (record.task_token && record.state && (!before?.task_token || record.wait !== before.wait))
      this.#waits.set(`${record.state} ${key}`, { parked: record, events: new Map(), reminders: new Map() });
  }

  published(
    type: EventType,
    detail: EventDetail,
    key: string,
    record: ProfileRecord,
    sessions: readonly number[],
    known: Known & { isByOperator: boolean },
  ): void {
    if (type !== "CaptureReminderDue" && type !== "ReviewOverdue" && type !== "AppointmentMissed") return;
    const { reference_id, status, event_id, round } = detail;
    const state =
      type === "ReviewOverdue" ? "Review" : status === "recapture_pending" ? "Recapture" : "OpenCapture";
    const told = this.#waits.get(`${state} ${key}`);
    if (!told) {
      this.#violated(`${reference_id}: ${type} without a wait`);
      return;
    }
    // Of a look that began in the round before, and heard of this one in the moment in which it was asked for.
    if (state === "Recapture" && round < told.parked.rounds) return;
    const owed = {
      OpenCapture: "capture_pending",
      Recapture: "recapture_pending",
      Review: "review_required",
    }[state];
    const index = known.statuses.findLastIndex(([each]) => each === owed);
    const [, leftAt = known.now] = known.statuses[index + 1] ?? [];
    if (status !== owed || index < 0 || leftAt < known.now - LOOK_MS)
      this.#violated(`${reference_id}: ${type} in ${known.statuses.at(-1)?.[0]}`);
    const times = (told.events.get(event_id) ?? 0) + 1;
    told.events.set(event_id, times);
    // Two looks at once may tell the same; whoever does not count tells it at every look.
    if (known.isCalm && times > 2) this.#violated(`${reference_id}: ${type} ${times} times under one id`);
    if (type === "CaptureReminderDue") this.#checkReminder(detail as never, told, known);
    if (type === "AppointmentMissed") this.#checkMissed(record, sessions, known);
  }

  #checkReminder(
    { reference_id, event_id, reminder, of }: EventDetail<"CaptureReminderDue">,
    { parked, reminders }: Told,
    { now, workflow, isCalm, settingsChanged, isByOperator }: Known & { isByOperator: boolean },
  ): void {
    const name = `${reference_id}: reminder ${reminder} of ${of}`;
    for (const [id, number] of reminders)
      if (number === reminder && id !== event_id) this.#violated(`${name} under two ids`);
    reminders.set(event_id, reminder);
    if (reminder > of || reminders.size > of) this.#violated(`${name}, ${reminders.size} in one wait`);
    const policy = workflow.reminders;
    // A person reminds whenever he wants.
    if (settingsChanged || isByOperator || !policy) return;
    const at = (parked.parked_at ?? 0) + reminderSeconds(policy, reminder) * 1000;
    const half = (policy.everySeconds ?? policy.afterSeconds) * 500;
    if (now < at - (reminder > 1 ? half : 0)) this.#violated(`${name} came too early`);
    if (isCalm && now > at + ON_TIME_MS) this.#violated(`${name} came too late`);
  }

  #checkMissed(
    { reference_id, appointment }: ProfileRecord,
    sessions: readonly number[],
    { now, workflow, settingsChanged }: Known,
  ): void {
    // Another slot, or none, since the look: then nobody can say.
    if (!appointment || appointment.start_at > now || settingsChanged) return;
    if (now < appointment.end_at + workflow.appointmentGraceSeconds * 1000)
      this.#violated(`${reference_id}: a slot was called missed before it was over`);
    if (sessions.some((at) => at >= appointment.start_at && at < now - LOOK_MS))
      this.#violated(`${reference_id}: a slot was called missed that had a session`);
  }

  /** What should have been told of a wait that is over now. */
  #expectTold(key: string, parked: ProfileRecord, { now, workflow, statuses }: Known): void {
    const { state, parked_at, deadline_at, reference_id, link_ready } = parked;
    const told = this.#waits.get(`${state} ${key}`);
    if (!told || parked_at === null || deadline_at === null) return;
    const until = (owed: ProfileStatus) => {
      const leftAt = statuses.flatMap(([status], index) =>
        status === owed ? [statuses[index + 1]?.[1] ?? now] : [],
      );
      // A later round has the same status again.
      const mine = leftAt.find((at) => at > parked_at) ?? 0;
      return Math.min(mine, now, deadline_at) - ON_TIME_MS;
    };
    const { reminders, reviewOverdueSeconds } = workflow;
    const owedUntil =
      state === "Recapture"
        ? until("recapture_pending")
        : state === "OpenCapture" && link_ready
          ? until("capture_pending")
          : 0;
    for (let number = 1; reminders && number <= reminders.atMost; number++)
      if (
        parked_at + reminderSeconds(reminders, number) * 1000 < owedUntil &&
        ![...told.reminders.values()].includes(number)
      )
        this.#violated(`${reference_id}: reminder ${number} of ${reminders.atMost} never came`);
    if (
      state === "Review" &&
      reviewOverdueSeconds !== undefined &&
      parked_at + reviewOverdueSeconds * 1000 < until("review_required") &&
      told.events.size === 0
    )
      this.#violated(`${reference_id}: nobody was told of an overdue review`);
  }
}
