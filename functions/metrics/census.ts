import { isStuck } from "../../shared/profile/stuck.ts";
import { DUE_SHARDS } from "../../shared/store/keys.ts";
import type { OpenOnboarding } from "../../shared/store/open-onboardings.ts";
import type { Records } from "../../shared/store/records.ts";
import type { DuePosition } from "../../shared/store/table.ts";

/** Where a walk ends early: no page is begun after so many entries, or after this moment in epoch milliseconds. */
export interface WalkBounds {
  entries: number;
  until: number;
}

/** Read at a time; under the megabyte that one query gives. */
const PAGE = 1_000;

/**
 * Visits every open onboarding of the stage, of all accounts, its shards side by side. False: it stopped at a bound
 * before it had seen them all. Something that parks anew meanwhile may be seen twice.
 */
export async function visitOpen(
  { records, now }: { records: Pick<Records, "open">; now: () => number },
  { entries, until }: WalkBounds,
  visit: (onboarding: OpenOnboarding) => void,
): Promise<boolean> {
  let seen = 0;
  const visitShard = async (shard: number): Promise<boolean> => {
    let after: DuePosition | null = null;
    do {
      if (seen >= entries || now() >= until) return false;
      const page: Awaited<ReturnType<Records["open"]>> = await records.open(shard, PAGE, after);
      seen += page.entries.length;
      for (const { onboarding } of page.entries) visit(onboarding);
      after = page.next;
    } while (after);
    return true;
  };
  const whole = await Promise.all(Array.from({ length: DUE_SHARDS }, (_, shard) => visitShard(shard)));
  return whole.every(Boolean);
}

/** Seconds since the waits began, by nearest rank. */
export interface Ages {
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

export interface Tally {
  count: number;
  stuck: number;
  ages: Ages | null;
}

/** Counts what is visited, apart by whatever `of` says. */
export function tallies<Kind>(of: (onboarding: OpenOnboarding) => Kind, now: number) {
  const kinds = new Map<Kind, { stuck: number; ages: number[] }>();
  return {
    visit(onboarding: OpenOnboarding): void {
      const kind = of(onboarding);
      const tally = kinds.get(kind) ?? { stuck: 0, ages: [] };
      kinds.set(kind, tally);
      tally.ages.push(ageSeconds(onboarding, now));
      if (isStuck(onboarding, now)) tally.stuck++;
    },
    /** What was counted so far, the most frequent first, and all of it together. */
    read(): { byKind: { kind: Kind; tally: Tally }[]; total: Tally } {
      const byKind = [...kinds].map(([kind, { stuck, ages }]) => ({ kind, tally: tallyOf(stuck, ages) }));
      const all = [...kinds.values()];
      const stuck = all.reduce((sum, each) => sum + each.stuck, 0);
      return {
        byKind: byKind.sort((one, other) => other.tally.count - one.tally.count),
        total: tallyOf(
          stuck,
          all.flatMap(({ ages }) => ages),
        ),
      };
    },
  };
}

/** Whole seconds since it waits for what it waits for now; never negative, whatever the clocks say. */
export const ageSeconds = ({ since }: Pick<OpenOnboarding, "since">, now: number): number =>
  Math.max(0, Math.floor((now - since) / 1000));

function tallyOf(stuck: number, ages: readonly number[]): Tally {
  const sorted = Float64Array.from(ages).sort();
  return { count: sorted.length, stuck, ages: agesOf(sorted) };
}

/** Percentiles of ages in ascending order: the smallest that so many of a hundred do not exceed. */
function agesOf(sorted: Float64Array): Ages | null {
  const rank = (percent: number) => sorted[Math.ceil((percent * sorted.length) / 100) - 1] ?? 0;
  return sorted.length === 0 ? null : { p50: rank(50), p90: rank(90), p99: rank(99), max: rank(100) };
}
