import * as z from "zod";
import { refusals } from "../../shared/gateway/answers.ts";
import { endpoint } from "../../shared/gateway/endpoints.ts";
import { profileStatuses } from "../../shared/profile/status.ts";
import { isStuck } from "../../shared/profile/stuck.ts";
import { DUE_SHARDS } from "../../shared/store/keys.ts";
import type { OpenOnboarding } from "../../shared/store/open-onboardings.ts";
import { defineAction, toHandler } from "../action.ts";
import { openPageStart, type PageStart, sealPageStart } from "../page-token.ts";
import { waitingFor, waitingForCreate } from "../timeline/waiting-for.ts";
import { type OpenDeps, openDeps, openGrants } from "./open-index.ts";

/** What is asked for that has no profile yet, and so no status. */
const WITHOUT_PROFILE = "none";
export const listedStatuses = [...profileStatuses, WITHOUT_PROFILE] as const;

/** A length of time, as people type it. */
export const LENGTH = /^[1-9]\d{0,4}[mhd]$/;
const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const listQuerySchema = z.strictObject({
  status: z
    .enum(listedStatuses)
    .optional()
    .describe("Only those of this status, as last known; `none`: those without a profile yet."),
  stuck: z
    .enum(["true", "false"])
    .optional()
    .describe(
      "`true`: only those that somebody should look at: in Attention, 15 minutes past a deadline, or put off before their profile was created. `false`: only the others.",
    ),
  older_than: z
    .string()
    .regex(LENGTH, "a number of minutes, hours or days is wanted, like 90m, 36h or 10d")
    .optional()
    .describe("Only those that wait for longer than this for what they wait for now: `90m`, `36h`, `10d`."),
  limit: z.coerce.number().int().min(1).max(100).default(50).describe("At most so many on a page."),
  next: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,4000}$/, "must be the `next` of a page before")
    .optional()
    .describe("The `next` of the page before, with the same `status`, `stuck` and `older_than`."),
});
type ListQuery = z.output<typeof listQuerySchema>;

const openOnboardingSchema = z.object({
  reference_id: z.string(),
  profile_id: z.string().nullable(),
  status: z.string().nullable(),
  waiting_for: z.string(),
  waiting_since: z.string(),
  waiting_until: z.string().nullable(),
  requested_at: z.string(),
  stuck: z.boolean(),
  reason: z.string().nullable(),
  held: z.boolean(),
  config_id: z.string(),
});

export const onboardingsPageSchema = z.object({
  onboardings: z.array(openOnboardingSchema),
  next: z
    .string()
    .nullable()
    .describe("What to ask the next page with; null on the last one. A page before may be short or empty."),
});
export type OnboardingsPage = z.output<typeof onboardingsPageSchema>;

/** Entries that one page looks at, of whatever account: what bounds its time and its cost. */
const MAX_EXAMINED = 2_000;
/** Read at a time. */
const BATCH = 250;

/** `GET /onboardings`: what is open of the caller's, page by page in no order of his. */
export const listOnboardings = defineAction<OpenDeps>({
  file: "list-onboardings",
  serves: endpoint({
    operations: [],
    summary: "List the onboardings that wait for something",
    method: "GET",
    path: "/onboardings",
    query: listQuerySchema,
    success: { status: 200, body: onboardingsPageSchema },
    refusals: ["badRequest"],
  }),
  grants: openGrants,
  async run({ account_id, hashKey, query }, { records, now }) {
    const { limit, next, ...filter } = query as ListQuery;
    const about = [account_id, filter.status ?? "", filter.stuck ?? "", filter.older_than ?? ""];
    const start = next === undefined ? { shard: 0, after: null } : openPageStart(next, hashKey, about);
    if (!start || start.shard >= DUE_SHARDS)
      return refusals.badRequest("next: must be the `next` of a page before, with the same parameters");
    const at = now();
    const matches = matching(filter, at);
    const page = await readPage(
      records,
      start,
      limit,
      (onboarding) => onboarding.account_id === account_id && matches(onboarding),
    );
    return {
      status: 200,
      body: {
        onboardings: page.found.map((onboarding) => rowOf(onboarding, at)),
        next: page.end && sealPageStart(page.end, hashKey, about),
      },
    };
  },
});

export const handler = toHandler(listOnboardings, openDeps);

/** What is wanted from a start on, until there is enough of it or enough was looked at; no `end`: that was all. */
async function readPage(
  records: OpenDeps["records"],
  start: PageStart,
  limit: number,
  isWanted: (onboarding: OpenOnboarding) => boolean,
): Promise<{ found: OpenOnboarding[]; end: PageStart | null }> {
  const found: OpenOnboarding[] = [];
  let { shard, after } = start;
  for (let examined = 0; examined < MAX_EXAMINED; ) {
    const batch = await records.open(shard, Math.min(BATCH, MAX_EXAMINED - examined), after);
    for (const { onboarding, position } of batch.entries) {
      if (isWanted(onboarding)) found.push(onboarding);
      if (found.length === limit) return { found, end: { shard, after: position } };
    }
    examined += batch.entries.length;
    after = batch.next;
    if (!after) shard++;
    if (shard === DUE_SHARDS) return { found, end: null };
  }
  return { found, end: { shard, after } };
}

function matching({ status, stuck, older_than }: Omit<ListQuery, "limit" | "next">, now: number) {
  const atMost = older_than === undefined ? now : now - lengthMs(older_than);
  return (onboarding: OpenOnboarding): boolean =>
    (status === undefined || (statusOf(onboarding) ?? WITHOUT_PROFILE) === status) &&
    (stuck === undefined || isStuck(onboarding, now) === (stuck === "true")) &&
    (older_than === undefined || onboarding.since < atMost);
}

const lengthMs = (length: string): number =>
  Number(length.slice(0, -1)) * unitMs[length.slice(-1) as keyof typeof unitMs];

const statusOf = (onboarding: OpenOnboarding) => (onboarding.state ? onboarding.status : null);

function rowOf(onboarding: OpenOnboarding, now: number): z.output<typeof openOnboardingSchema> {
  const { reference_id, config_id, since, requested_at } = onboarding;
  const parked = onboarding.state ? onboarding : null;
  const until = parked ? parked.deadline_at : onboarding.due_at;
  return {
    reference_id,
    profile_id: parked?.profile_id ?? null,
    status: statusOf(onboarding),
    // A booked video call is not in the index: it would cost a write whenever one is booked.
    waiting_for: parked ? waitingFor(parked.state) : waitingForCreate,
    waiting_since: isoOf(since),
    waiting_until: until === null ? null : isoOf(until),
    requested_at: isoOf(requested_at),
    stuck: isStuck(onboarding, now),
    reason: parked?.reason ?? null,
    held: parked?.held ?? false,
    config_id,
  };
}

const isoOf = (at: number): string => new Date(at).toISOString();
