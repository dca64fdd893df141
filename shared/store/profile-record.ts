import { type Outcome, type Wait, waitsFor } from "../profile/next.ts";
import type { ProfileStatus, ReviewerAction } from "../profile/status.ts";
import type { Hold } from "./holds.ts";
import { type OnboardingKey, parseOnboardingPk } from "./keys.ts";

/** The hot item: where an onboarding is. Times are epoch milliseconds. No personal data. */
export interface ProfileRecord extends OnboardingKey {
  profile_id: string;
  config_id: string;
  execution: string;
  created_at: number;
  /** Nothing of the customer is asked of the gateway in clear (contract §9). */
  encrypted: boolean;
  status: ProfileStatus;
  reviewer_action: ReviewerAction | null;
  rounds: number;
  /** Raised by everything that may be news; a step parks only if it did not change since the step looked. */
  signal: number;
  /** Which wait this is, counted over the whole onboarding. */
  wait: number;
  state: Wait | null;
  /** When this wait began. */
  parked_at: number | null;
  task_token: string | null;
  waits_for: ProfileStatus[];
  deadline_at: number | null;
  due_at: number | null;
  /** Looks at this wait that nothing but time led to. */
  checks: number;
  /** When the next notice of this wait is due. */
  notice_at: number | null;
  link_ready: boolean;
  reason: string | null;
  missed: number;
  outcome: Outcome | null;
  retain_until: number | null;
  purged_at: number | null;
  /** Legal hold: on whose word and since when nothing of it is erased. */
  held: Hold | null;
  /** The purge of our copy has begun: no hold comes in time any more. */
  purging: boolean;
  /** When the gateway first refused to purge it. */
  refused_at: number | null;
  /** The customer's time was over, and we cancelled or were about to. */
  limit_passed: boolean;
  /** The video-call slot that the customer booked, as the latest W5 said (contract §8.4). */
  appointment: Appointment | null;
  /** End of the booked slot that was last found over, kept or missed. */
  past_slot: number | null;
  /** Which notice of this wait was told last: the number of a reminder; 0: none. */
  reminders: number;
}

/** A booked slot, `[start_at, end_at)`; epoch milliseconds. `scheduled_at` is when it was booked. */
export interface Appointment {
  scheduled_at: number;
  start_at: number;
  end_at: number;
}

/** What absent attributes stand for: nothing is written down that says nothing. */
const resting = {
  reviewer_action: null,
  encrypted: false,
  limit_passed: false,
  appointment: null,
  past_slot: null,
  rounds: 0,
  reminders: 0,
  state: null,
  parked_at: null,
  task_token: null,
  deadline_at: null,
  checks: 0,
  notice_at: null,
  link_ready: false,
  reason: null,
  missed: 0,
  outcome: null,
  retain_until: null,
  purged_at: null,
  held: null,
  purging: false,
  refused_at: null,
} satisfies Partial<ProfileRecord>;

/** Fields as they are written: what rests is taken away. */
export const withoutResting = (fields: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value === (resting as Record<string, unknown>)[name] ? null : value,
    ]),
  );

/** Reads the hot item, of this version or the one before. */
export function readRecord({ dueAt, ...item }: Record<string, unknown>): ProfileRecord {
  const record = {
    ...resting,
    ...parseOnboardingPk(String(item["pk"])),
    ...item,
    task_token: unpackToken(item["task_token"]),
    due_at: typeof dueAt === "number" ? dueAt : null,
  } as unknown as ProfileRecord;
  return { ...record, waits_for: record.waits_for ?? (record.task_token ? usuallyWaitsFor(record) : []) };
}

/** What a wait of this state waits for, unless its step wants otherwise. */
export const usuallyWaitsFor = ({
  state,
  status,
}: Pick<ProfileRecord, "state" | "status">): ProfileStatus[] => (state ? waitsFor(state, status) : []);

export const sameStatuses = (one: readonly ProfileStatus[], other: readonly ProfileStatus[]): boolean =>
  one.join() === other.join();

/** Task tokens are most of the item, and mostly Base64: those are kept as the bytes that they stand for. */
export function packToken(token: string): string | Uint8Array {
  const bytes = Buffer.from(token, "base64");
  return bytes.toString("base64") === token && token !== "" ? bytes : token;
}

const unpackToken = (token: unknown): string | null =>
  token instanceof Uint8Array
    ? Buffer.from(token).toString("base64")
    : ((token as string | undefined) ?? null);
