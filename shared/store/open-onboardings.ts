import type { Wait } from "../profile/next.ts";
import type { ProfileStatus } from "../profile/status.ts";
import type { AwaitedCreate, ParkedWait } from "../profile/stuck.ts";
import { type OnboardingKey, parseOnboardingPk } from "./keys.ts";
import { type DueEntry, type DuePosition, RELEASED, type Table } from "./table.ts";

/** What every open onboarding has. Times are epoch milliseconds. */
interface Open extends OnboardingKey {
  config_id: string;
  requested_at: number;
  /** Since when it waits for what it waits for now. */
  since: number;
  due_at: number;
}

/** Parked: it waits for news or for its deadline. */
export interface OpenProfile extends Open, ParkedWait {
  state: Wait;
  status: ProfileStatus;
  profile_id: string;
  /** Why it is in Attention. */
  reason: string | null;
}

/** Requested, and without a profile or an execution yet. */
export interface OpenClaim extends Open, AwaitedCreate {
  state: null;
  due_at: number;
}

/**
 * An onboarding as the index of due work has it: one that waits. What is between two waits, which takes seconds, or
 * has ended is not in there; what has just changed may be as it was a moment ago.
 */
export type OpenOnboarding = OpenProfile | OpenClaim;

/** The readers of what is open, of all accounts: whoever shows it to somebody leaves out what is not his. */
export const openIn = ({ pageDue }: Table) => ({
  /**
   * What is open in a shard, from `after` on, at most `limit` entries; `position` is where to go on after that one, and
   * `next` after all of them, `null` at the shard's end.
   */
  async open(
    shard: number,
    limit: number,
    after: DuePosition | null = null,
  ): Promise<{ entries: { onboarding: OpenOnboarding; position: DuePosition }[]; next: DuePosition | null }> {
    const { entries, next } = await pageDue(shard, limit, after);
    return {
      entries: entries.flatMap((entry) => {
        const key = parseOnboardingPk(entry.pk);
        const { pk, sk, dueAt } = entry;
        return key && entry["status"] !== RELEASED
          ? [{ onboarding: readOpen(key, entry), position: { pk, sk, dueAt } }]
          : [];
      }),
      next,
    };
  },
});

function readOpen(key: OnboardingKey, entry: DueEntry): OpenOnboarding {
  const requested_at = Number(entry["created_at"]);
  const open = { ...key, config_id: String(entry["config_id"]), requested_at, due_at: entry.dueAt };
  if (entry.sk === "claim")
    return { ...open, since: requested_at, state: null, attempt: Number(entry["attempt"]) };
  const state = entry["state"] as Wait;
  return {
    ...open,
    state,
    status: entry["status"] as ProfileStatus,
    // What parked before this was kept has it when it parks again.
    since: Number(entry["parked_at"] ?? requested_at),
    profile_id: String(entry["profile_id"]),
    deadline_at: (entry["deadline_at"] as number | undefined) ?? null,
    // The record keeps the reason of an Attention that is over.
    reason: state === "Attention" ? ((entry["reason"] as string | undefined) ?? null) : null,
    held: entry["held"] !== undefined,
  };
}
