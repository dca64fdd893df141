import type { Answer } from "../../shared/gateway/answers.ts";
import { linkOpens } from "../../shared/profile/lifecycle.ts";
import { lapse, playCall } from "./call-moves.ts";
import { isCallMove, scriptedMove } from "./journeys.ts";
import { expire, isLapsed, type Moment, perform } from "./moves.ts";
import type { ExpiryJob, JourneyJob, Outgoing, ProfileRecord } from "./profile-record.ts";
import type { Sandbox } from "./sandbox.ts";
import { connected, lineOf, type Switchboard } from "./switchboard.ts";

/** A request or job lost this many races in a row; whoever sent it tries again. */
const MAX_RACES = 20;

/** Longest wait after a lost race. */
const MAX_BACKOFF_MS = 100;

/** How long a profile may owe the queue something before whoever looks at it sends that (its writer crashed). */
const OVERDUE_MS = 5_000;

/** How far the queue's clock may be ahead of ours. */
const MAX_SKEW_MS = 10_000;

export class TooManyRaces extends Error {
  override readonly name = "TooManyRaces";
}

export const momentOf = ({ clock, settings }: Sandbox): Moment => ({ now: clock.now(), settings });

/** The profile as it is now: what lapsed has ended, and nothing is left in the outbox of a crashed writer. */
export function look(sandbox: Sandbox, profileId: string): Promise<ProfileRecord | null> {
  return untilWon(sandbox, profileId, async () => {
    const record = await sandbox.store.read(profileId);
    if (!record) return { outcome: null };
    const moment = momentOf(sandbox);
    const { now } = moment;
    const changed = isLapsed(record, now) ? expire(record, moment) : lapse(record, moment);
    if (changed) return won(await keep(sandbox, record, changed, switchboardOf(sandbox, record)));
    if (record.outbox.some(({ dueAt }) => dueAt <= now - OVERDUE_MS)) await flush(sandbox, record);
    return { outcome: record };
  });
}

/** Reads the account's switchboard when it is first asked; what is written next replaces the one that was seen. */
type Seen = () => Promise<Switchboard>;

function switchboardOf({ store }: Sandbox, { account_id }: ProfileRecord): Seen {
  let seen: Promise<Switchboard> | undefined;
  return () => {
    seen ??= store.switchboard(account_id);
    return seen;
  };
}

/** The profile as it was written, or the answer that refuses. `null`: no such profile. */
export type Changed = Promise<{ record: ProfileRecord } | { refusal: Answer } | null>;

/**
 * Decides on a profile and writes what was decided, or gives the answer that refuses; the record as it was given
 * changes nothing. A lost race re-reads and decides anew. What a decision read of the switchboard is as it was when the decision is written.
 */
export function change(
  sandbox: Sandbox,
  profileId: string,
  decide: (
    record: ProfileRecord,
    moment: Moment,
    seen: Seen,
  ) => ProfileRecord | Answer | Promise<ProfileRecord | Answer>,
): Changed {
  return untilWon<Awaited<Changed>>(sandbox, profileId, async () => {
    const record = await look(sandbox, profileId);
    if (!record) return { outcome: null };
    const seen = switchboardOf(sandbox, record);
    const decided = await decide(record, momentOf(sandbox), seen);
    if (!("profile_id" in decided)) return { outcome: { refusal: decided } };
    if (decided === record) return { outcome: { record } };
    const kept = await keep(sandbox, record, decided, seen);
    return kept && { outcome: { record: kept } };
  });
}

const won = (record: ProfileRecord | null): { outcome: ProfileRecord } | null =>
  record && { outcome: record };

/**
 * Runs `attempt` until it says what came of it; `null`: another writer came first. Profiles that lose to one another
 * over their account's switchboard wait for different times, so that all of them get through.
 */
async function untilWon<Outcome>(
  { clock }: Sandbox,
  profileId: string,
  attempt: () => Promise<{ outcome: Outcome } | null>,
): Promise<Outcome> {
  const spread = 1 + (Number.parseInt(profileId.slice(-2), 16) || 0) / 255;
  for (let race = 1; race <= MAX_RACES; race++) {
    const answer = await attempt();
    if (answer) return answer.outcome;
    // The first to be lost is mostly lost to a writer of the same profile, who is done.
    if (race > 1) await clock.sleep(Math.min(MAX_BACKOFF_MS, Math.round(5 * race * spread)));
  }
  throw new TooManyRaces("the profile keeps changing");
}

/** A due job of the journey queue. Repeated, late and overtaken jobs change nothing. */
export async function runJourneyJob(sandbox: Sandbox, job: JourneyJob | ExpiryJob): Promise<void> {
  await untilWon<unknown>(sandbox, job.profile_id, async () => {
    const found = await look(sandbox, job.profile_id);
    if (!found) return { outcome: null };
    await flush(sandbox, found);
    const record = { ...found, outbox: [] };
    if (job.kind === "expiry") return { outcome: await awaitExpiry(sandbox, job, record) };
    // Overtaken: the other writer's step counts, and it planned its own job.
    if (job.step !== record.step) return { outcome: null };
    const { scenario, state, turns } = record;
    const next = scriptedMove(scenario, state.status, turns[state.status] ?? 0);
    if (!next) return { outcome: null };
    const seen = switchboardOf(sandbox, record);
    const moment = momentOf(sandbox);
    const moved = isCallMove(next.move)
      ? playCall(record, next.move, await seen(), moment)
      : perform(record, next.move, moment);
    return won(await keep(sandbox, record, moved, seen));
  });
}

/** The queue's clock may be ahead of ours: a link that is still open by a moment is asked about again. */
async function awaitExpiry(sandbox: Sandbox, job: ExpiryJob, { state, link }: ProfileRecord): Promise<void> {
  const leftMs = link?.expires_at ? Date.parse(link.expires_at) - sandbox.clock.now() : 0;
  if (linkOpens(state.status) && leftMs > 0 && leftMs <= MAX_SKEW_MS) await sandbox.schedule.add(job, leftMs);
}

/** Writes the next version and sends what it owes; `null` when another writer came first. */
async function keep(
  sandbox: Sandbox,
  before: ProfileRecord,
  changed: ProfileRecord,
  seen: Seen,
): Promise<ProfileRecord | null> {
  const next = { ...changed, version: before.version + 1 };
  const line = lineOf(next);
  const switchboard =
    JSON.stringify(line) === JSON.stringify(lineOf(before))
      ? undefined
      : connected(await seen(), next.profile_id, line, sandbox.clock.now());
  if (!(await sandbox.store.replace(next, switchboard))) return null;
  const { account_id, profile_id, state } = next;
  sandbox.log({ what: "profile moved", account_id, profile_id, status: state.status });
  await flush(sandbox, next);
  return next;
}

/** Hands the outbox to the queue, then empties it. A crash in between sends again: jobs are idempotent. */
export async function flush(sandbox: Sandbox, record: ProfileRecord): Promise<void> {
  const { schedule, store, clock } = sandbox;
  const now = clock.now();
  const send = async ({ job, dueAt }: Outgoing) =>
    job.kind === "erase" ? store.erase(record.profile_id) : schedule.add(job, Math.max(0, dueAt - now));
  if (record.outbox.length === 0) return;
  await Promise.all(record.outbox.map(send));
  await store.clearOutbox(record);
}
