import type { Answer } from "../../shared/gateway/answers.ts";
import { linkOpens } from "../../shared/profile/lifecycle.ts";
import { scriptedMove } from "./journeys.ts";
import { expire, isLapsed, type Moment, perform } from "./moves.ts";
import type { ExpiryJob, JourneyJob, Outgoing, ProfileRecord } from "./profile-record.ts";
import type { Sandbox } from "./sandbox.ts";

/** A request or job lost this many races in a row; whoever sent it tries again. */
const MAX_RACES = 10;

/** How long a profile may owe the queue something before whoever looks at it sends that (its writer crashed). */
const OVERDUE_MS = 5_000;

/** How far the queue's clock may be ahead of ours. */
const MAX_SKEW_MS = 10_000;

export class TooManyRaces extends Error {
  override readonly name = "TooManyRaces";
}

export const momentOf = ({ clock, settings }: Sandbox): Moment => ({ now: clock.now(), settings });

/** The profile as it is now: links that lapsed have expired, and nothing is left in the outbox of a crashed writer. */
export async function look(sandbox: Sandbox, profileId: string): Promise<ProfileRecord | null> {
  for (let race = 0; race < MAX_RACES; race++) {
    const record = await sandbox.store.read(profileId);
    if (!record) return null;
    const { now } = momentOf(sandbox);
    if (!isLapsed(record, now)) {
      if (record.outbox.some(({ dueAt }) => dueAt <= now - OVERDUE_MS)) await flush(sandbox, record);
      return record;
    }
    const expired = await keep(sandbox, expire(record, momentOf(sandbox)));
    if (expired) return expired;
  }
  throw new TooManyRaces("the profile keeps changing");
}

/**
 * Decides on a profile and writes what was decided, or gives the answer that refuses. A lost race re-reads and
 * decides anew. `null`: no such profile.
 */
export async function change(
  sandbox: Sandbox,
  profileId: string,
  decide: (record: ProfileRecord, moment: Moment) => ProfileRecord | Answer | Promise<ProfileRecord | Answer>,
): Promise<{ record: ProfileRecord } | { refusal: Answer } | null> {
  for (let race = 0; race < MAX_RACES; race++) {
    const record = await look(sandbox, profileId);
    if (!record) return null;
    const decided = await decide(record, momentOf(sandbox));
    if (!("profile_id" in decided)) return { refusal: decided };
    const kept = await keep(sandbox, decided);
    if (kept) return { record: kept };
  }
  throw new TooManyRaces("the profile keeps changing");
}

/** A due job of the journey queue. Repeated, late and overtaken jobs change nothing. */
export async function runJourneyJob(sandbox: Sandbox, job: JourneyJob | ExpiryJob): Promise<void> {
  const record = await look(sandbox, job.profile_id);
  if (!record) return;
  if (record.outbox.length > 0) await flush(sandbox, record);
  if (job.kind === "expiry") return awaitExpiry(sandbox, job, record);
  if (job.step !== record.step) return;
  const { scenario, state, turns } = record;
  const next = scriptedMove(scenario, state.status, turns[state.status] ?? 0);
  if (!next) return;
  // Overtaken while deciding: the other writer's step counts, and it planned its own job.
  await keep(sandbox, perform(record, next.move, momentOf(sandbox)));
}

/** The queue's clock may be ahead of ours: a link that is still open by a moment is asked about again. */
async function awaitExpiry(sandbox: Sandbox, job: ExpiryJob, { state, link }: ProfileRecord): Promise<void> {
  const leftMs = link?.expires_at ? Date.parse(link.expires_at) - sandbox.clock.now() : 0;
  if (linkOpens(state.status) && leftMs > 0 && leftMs <= MAX_SKEW_MS) await sandbox.schedule.add(job, leftMs);
}

/** Writes the next version and sends what it owes; `null` when another writer came first. */
async function keep(sandbox: Sandbox, changed: ProfileRecord): Promise<ProfileRecord | null> {
  const next = { ...changed, version: changed.version + 1 };
  if (!(await sandbox.store.replace(next))) return null;
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
    job.kind === "erase"
      ? store.eraseRequest(record.profile_id)
      : schedule.add(job, Math.max(0, dueAt - now));
  if (record.outbox.length === 0) return;
  await Promise.all(record.outbox.map(send));
  await store.clearOutbox(record);
}
