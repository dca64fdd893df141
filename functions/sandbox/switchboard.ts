import type { QueueMetrics } from "../../shared/gateway/video-calls.ts";
import type { Moment } from "./moves.ts";
import type { ProfileRecord, Slot } from "./profile-record.ts";
import { timestamp } from "./sandbox.ts";
import type { Settings, VideoQueue } from "./settings.ts";

/** Nobody talks or waits for so long: the agent's side crashed, or the customer went away. */
const LONGEST_CALL_MS = 3_600_000;

/** Slots are offered and taken for so long ahead. */
const HORIZON_MS = 7 * 86_400_000;

/** All lines of an account share one item of the store, which has a size. */
const MAX_LINES = 1_000;

/**
 * The video calls of one account as they stand. It says nothing that its profiles do not say: each write of a
 * profile that changes its line writes the switchboard with it, so that capacity is counted across profiles.
 */
export interface Switchboard {
  /** Raised by each write; a write names the one it read. */
  version: number;
  /** By `profile_id`; who neither waits, talks nor has a slot has no line. */
  lines: Record<string, Line>;
}

export interface Line {
  /** As the profile's config says. */
  video_kyc_priority: number | null;
  /** For an agent. */
  waiting: { since: string } | null;
  slot: Slot | null;
  /** The call in progress, and whose operator is in it: a new priority does not exchange the agent. */
  call: { since: string; video_kyc_priority: number } | null;
  /** The end of the capture link, which is the end of everything here. */
  until: string | null;
}

export const emptySwitchboard: Switchboard = { version: 0, lines: {} };

/** The line of a profile, or `null` where it has none. Only a profile in capture has one. */
export function lineOf({ state, config, link }: ProfileRecord): Line | null {
  const { status, call, appointment } = state;
  const booked = appointment?.state === "booked";
  if (status !== "capture_pending" || (!call && !booked)) return null;
  return {
    video_kyc_priority: askedPriority(config.overrides),
    waiting: call?.state === "waiting" ? { since: call.since } : null,
    slot: booked ? { start_time: appointment.start_time, end_time: appointment.end_time } : null,
    call:
      call?.state === "in_call" ? { since: call.since, video_kyc_priority: call.video_kyc_priority } : null,
    until: link?.expires_at ?? null,
  };
}

/** The switchboard with the line of one profile changed, less whatever has lapsed. */
export function connected(
  { version, lines }: Switchboard,
  profileId: string,
  line: Line | null,
  now: number,
): Switchboard {
  const others = Object.entries(lines).filter(([id, other]) => id !== profileId && live(other, now));
  return {
    version: version + 1,
    lines: Object.fromEntries(line ? [...others, [profileId, line] as const] : others),
  };
}

export const isFull = (switchboard: Switchboard, { now }: Moment): boolean =>
  liveLines(switchboard, now).length >= MAX_LINES;

/** The queue of a priority; the first one takes who asks for none, or for one that is not there. */
export function queueOf({ videoQueues }: Settings, priority: number | null): VideoQueue {
  const queue = videoQueues.find((one) => one.priority === priority) ?? videoQueues[0];
  if (!queue) throw new Error("the settings have no video queue");
  return queue;
}

export const queueOfProfile = (settings: Settings, { config }: ProfileRecord): VideoQueue =>
  queueOf(settings, askedPriority(config.overrides));

const askedPriority = (overrides: unknown): number | null =>
  (overrides as { video_kyc_priority?: number } | null)?.video_kyc_priority ?? null;

/** E16 (contract §6.3): every queue, by priority. */
export function queueMetrics(switchboard: Switchboard, { now, settings }: Moment): QueueMetrics {
  const queue_metrics = settings.videoQueues.map(({ priority, label, operators }) => {
    const busy = busyOperators(switchboard, priority, { now, settings });
    return {
      video_kyc_priority: priority,
      label,
      operators_busy: busy,
      operators_available: Math.max(0, operators - busy),
      users_queued: liveLines(switchboard, now).filter(
        ([, line]) => line.waiting && queueOf(settings, line.video_kyc_priority).priority === priority,
      ).length,
    };
  });
  return { queue_metrics: queue_metrics.sort((a, b) => a.video_kyc_priority - b.video_kyc_priority) };
}

export const operatorIsFree = (switchboard: Switchboard, queue: VideoQueue, moment: Moment): boolean =>
  busyOperators(switchboard, queue.priority, moment) < queue.operators;

const busyOperators = (switchboard: Switchboard, priority: number, { now, settings }: Moment): number =>
  liveLines(switchboard, now).filter(
    ([, { call }]) => call && queueOf(settings, call.video_kyc_priority).priority === priority,
  ).length;

/**
 * The next slots of a profile's queue that have an operator left, soonest first. They begin every so many seconds:
 * `slotSeconds` for people, more often for scripted customers. Those that begin together count against each other.
 */
export function* freeSlots(
  switchboard: Switchboard,
  record: ProfileRecord,
  everySeconds: number,
  { now, settings }: Moment,
): Generator<Slot, void, void> {
  const queue = queueOfProfile(settings, record);
  if (queue.operators === 0) return;
  const taken = new Map<string, number>();
  for (const [profileId, { slot, video_kyc_priority }] of liveLines(switchboard, now))
    if (slot && profileId !== record.profile_id && queueOf(settings, video_kyc_priority) === queue)
      taken.set(slot.start_time, (taken.get(slot.start_time) ?? 0) + 1);
  const every = everySeconds * 1000;
  const linkEnd = record.link?.expires_at ? Date.parse(record.link.expires_at) : Number.POSITIVE_INFINITY;
  const end = Math.min(now + HORIZON_MS, linkEnd);
  for (let start = (Math.floor(now / every) + 1) * every; start < end; start += every) {
    const start_time = timestamp(start);
    if ((taken.get(start_time) ?? 0) < queue.operators)
      yield { start_time, end_time: timestamp(start + settings.slotSeconds * 1000) };
  }
}

/** The slot that begins then, if it is one of the free ones. */
export function freeSlotAt(startTime: string, slots: Iterable<Slot>): Slot | null {
  for (const slot of slots)
    if (slot.start_time >= startTime) return slot.start_time === startTime ? slot : null;
  return null;
}

const liveLines = ({ lines }: Switchboard, now: number): [string, Line][] =>
  Object.entries(lines).flatMap(([profileId, line]) => {
    const left = live(line, now);
    return left ? [[profileId, left]] : [];
  });

/** Whether a call, or a wait for one, should have ended by now. */
export const isTooLong = ({ since }: { since: string }, now: number): boolean =>
  Date.parse(since) + LONGEST_CALL_MS <= now;

/** What is left of a line, or `null`: slots end, and so do links, and calls and waits that nobody ended. */
function live(line: Line, now: number): Line | null {
  const over = (end: string | null | undefined) => end != null && Date.parse(end) <= now;
  if (over(line.until)) return null;
  const slot = over(line.slot?.end_time) ? null : line.slot;
  const call = line.call && isTooLong(line.call, now) ? null : line.call;
  const waiting = line.waiting && isTooLong(line.waiting, now) ? null : line.waiting;
  return slot || call || waiting ? { ...line, slot, call, waiting } : null;
}
