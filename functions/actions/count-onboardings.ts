import * as z from "zod";
import { endpoint } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { type Tally, tallies, visitOpen } from "../metrics/census.ts";
import { type OpenDeps, openDeps, openGrants } from "./open-index.ts";

const tallySchema = z.object({
  count: z.int(),
  stuck: z.int(),
  age_seconds: z
    .object({ p50: z.int(), p90: z.int(), p99: z.int(), max: z.int() })
    .nullable()
    .describe("How long they wait for what they wait for now, by nearest rank; null without any."),
});

export const onboardingCountsSchema = z.object({
  at: z.string(),
  complete: z.boolean().describe("False: there was too much to count all of it."),
  total: tallySchema,
  statuses: z.array(tallySchema.extend({ status: z.string().nullable() })),
});
export type OnboardingCounts = z.output<typeof onboardingCountsSchema>;

/** Entries of whatever account, and time: what an answer may take to count. */
const MAX_ENTRIES = 200_000;
const MAX_MS = 20_000;

/** `GET /onboarding-counts`: how much is open of the caller's by status, how long it waits, and what is stuck. */
export const countOnboardings = defineAction<OpenDeps>({
  file: "count-onboardings",
  serves: endpoint({
    operations: [],
    summary: "Count the onboardings that wait for something, by status, and how long they wait",
    method: "GET",
    path: "/onboarding-counts",
    refusesQuery: true,
    success: { status: 200, body: onboardingCountsSchema },
    refusals: ["badRequest"],
  }),
  grants: openGrants,
  async run({ account_id }, { records, now }) {
    const at = now();
    const { visit, read } = tallies((onboarding) => (onboarding.state ? onboarding.status : null), at);
    const complete = await visitOpen(
      { records, now },
      { entries: MAX_ENTRIES, until: at + MAX_MS },
      (onboarding) => {
        if (onboarding.account_id === account_id) visit(onboarding);
      },
    );
    const { byKind, total } = read();
    return {
      status: 200,
      body: {
        at: new Date(at).toISOString(),
        complete,
        total: shown(total),
        statuses: byKind.map(({ kind, tally }) => ({ status: kind, ...shown(tally) })),
      },
    };
  },
});

export const handler = toHandler(countOnboardings, openDeps);

const shown = ({ count, stuck, ages }: Tally) => ({ count, stuck, age_seconds: ages });
