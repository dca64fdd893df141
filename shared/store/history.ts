import { type OnboardingKey, onboardingPk, profilePk } from "./keys.ts";
import { isKey, type Table } from "./table.ts";

/** Where it is told what operators did to a queue's dead letters. No onboarding has such a key. */
const deadLettersPk = (queue: string): string => `dead-letters|${queue}`;

/** A webhook for a profile that we never come to know is forgotten after this. */
const PARKED_WEBHOOK_SECONDS = 7 * 86_400;

/** A line of the timeline: what happened, on whose word. */
export interface HistoryEvent {
  at: number;
  kind: string;
  by: "webhook" | "orchestrator" | "caller" | "operator" | "sweeper";
  detail: Record<string, string | number | null>;
}

/** As much of a receipt as is shown. */
export interface Receipt {
  purged_at: number;
  /** What the gateway said to its own purge. */
  gateway: "purged" | "refused" | "unknown";
  /** Objects that the vault had. */
  objects: number;
}

/** The timeline and the receipt of an onboarding. Lines are written once. */
export const historyIn = ({ put, get, query }: Table) => ({
  /** Whether there is a line of this `id`. */
  recorded: async (key: OnboardingKey, id: string): Promise<boolean> =>
    (await get(onboardingPk(key), `event#${id}`)) !== undefined,

  /** Adds a line once: the same `id` again changes nothing and answers false. So does what can be no onboarding. */
  async record(key: OnboardingKey, id: string, event: HistoryEvent): Promise<boolean> {
    const pk = onboardingPk(key);
    return isKey(pk) && put({ pk, sk: `event#${id}`, ...event }, "attribute_not_exists(pk)");
  },

  /** A webhook for a profile that we do not know yet: kept beside the profile's id, read with its history later. */
  recordUnknown: (
    account_id: string,
    profile_id: string,
    id: string,
    event: HistoryEvent,
  ): Promise<boolean> =>
    put(
      {
        pk: profilePk(account_id, profile_id),
        sk: `event#${id}`,
        ...event,
        ttl: Math.floor(event.at / 1000) + PARKED_WEBHOOK_SECONDS,
      },
      "attribute_not_exists(pk)",
    ),

  /** What webhooks said of a profile before we knew it, by the ids of their lines. */
  async early(account_id: string, profile_id: string): Promise<{ id: string; event: HistoryEvent }[]> {
    const lines = await query(profilePk(account_id, profile_id), "event#");
    return lines.map((line) => ({
      id: String(line["sk"]).slice("event#".length),
      event: line as unknown as HistoryEvent,
    }));
  },

  /** The timeline, oldest first. */
  async history(key: OnboardingKey, profile_id: string | null): Promise<HistoryEvent[]> {
    const pks = [onboardingPk(key), ...(profile_id ? [profilePk(key.account_id, profile_id)] : [])];
    return linesOf((await Promise.all(pks.map((pk) => query(pk, "event#")))).flat());
  },

  /** A line of what was done to a queue's dead letters, some of which are nobody's onboarding. Once, as above. */
  recordOfQueue: (queue: string, id: string, event: HistoryEvent): Promise<boolean> =>
    put({ pk: deadLettersPk(queue), sk: `event#${id}`, ...event }, "attribute_not_exists(pk)"),

  /** These lines, oldest first. */
  historyOfQueue: async (queue: string): Promise<HistoryEvent[]> =>
    linesOf(await query(deadLettersPk(queue), "event#")),

  /** What was erased, when and on whose word. Written once and kept. */
  receipt: (key: OnboardingKey, receipt: Record<string, unknown>): Promise<boolean> =>
    put({ pk: onboardingPk(key), sk: "receipt", ...receipt }, "attribute_not_exists(pk)"),

  receiptOf: async (key: OnboardingKey): Promise<Receipt | null> =>
    ((await get(onboardingPk(key), "receipt")) as Receipt | undefined) ?? null,
});

const linesOf = (items: readonly Record<string, unknown>[]): HistoryEvent[] =>
  items
    .map(({ at, kind, by, detail }) => ({ at, kind, by, detail }) as HistoryEvent)
    .sort((one, other) => one.at - other.at);
