import { type Command, InvalidArgumentError, Option } from "commander";
import {
  LENGTH,
  listedStatuses,
  type OnboardingsPage,
  onboardingsPageSchema,
} from "../../functions/actions/list-onboardings.ts";
import { duration } from "../../shared/profile/duration.ts";
import { printJson, printLines } from "./print.ts";
import { jsonOption, openStageApi, type StageApi, stageOption } from "./stage-api.ts";
import { tableLines } from "./table-lines.ts";

type Row = OnboardingsPage["onboardings"][number];

export interface ListOptions {
  status?: string;
  stuck: boolean;
  olderThan?: string;
  /** At most so many rows; `null`: all. */
  limit: number | null;
}

/** What one page of the API has at most. */
const PAGE = 100;

/** `list`: what is open, longest waiting first. */
export function listCommand(program: Command): void {
  program
    .command("list")
    .description("list the onboardings that wait for something, those that have waited longest first")
    .addOption(new Option("--status <status>", "only those of this status").choices(listedStatuses))
    .option("--stuck", "only those that somebody should look at", false)
    .option("--older-than <time>", "only those that wait for longer than this: 90m, 36h, 10d", length)
    .option("--limit <n>", "at most so many", limit, 50)
    .option("--all", "every one, however many there are", false)
    .addOption(jsonOption())
    .addOption(stageOption())
    .addHelpText(
      "after",
      `
What is between two waits, for seconds, and what was purged is not in the list; what waits for its purge is.
Status none: requested, without a profile yet. Stuck, with a "!": in Attention, 15 minutes past a deadline, or
put off before the profile was created.

Examples:
  npm run onboarding -- list --stuck --all
  npm run onboarding -- list --status review_required --older-than 2d --stage prod`,
    )
    .action(async ({ stage, json, all, ...options }: CommandOptions) => {
      const api = await openStageApi(stage);
      const listed = await listOpen(api, { ...options, limit: all ? null : options.limit });
      if (json) printJson(listed);
      else printLines(listLines(listed, options, stage, Date.now()));
    });
}

interface CommandOptions extends Omit<ListOptions, "limit"> {
  limit: number;
  all: boolean;
  json: boolean;
  stage?: string;
}

function limit(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("A whole number from 1 on is wanted.");
  return Number(text);
}

function length(text: string): string {
  if (!LENGTH.test(text))
    throw new InvalidArgumentError("A number of minutes, hours or days is wanted, like 90m, 36h or 10d.");
  return text;
}

/** What was found, longest waiting first; `more`: the limit ended it, and there may be more. */
export interface Listed {
  onboardings: Row[];
  more: boolean;
}

/** Reads pages until there is enough or no more. Throws `CommandFailed`. */
async function listOpen(
  api: Pick<StageApi, "call">,
  { status, stuck, olderThan, limit: most }: ListOptions,
): Promise<Listed> {
  const found: Row[] = [];
  let next: string | null = null;
  do {
    const query: URLSearchParams = new URLSearchParams({
      ...(status && { status }),
      ...(stuck && { stuck: "true" }),
      ...(olderThan && { older_than: olderThan }),
      limit: String(Math.min(PAGE, (most ?? Number.POSITIVE_INFINITY) - found.length)),
      ...(next && { next }),
    });
    const page: OnboardingsPage = await api.call(onboardingsPageSchema, "GET", `/onboardings?${query}`);
    found.push(...page.onboardings);
    next = page.next;
  } while (next && (most === null || found.length < most));
  // What parks anew while the pages are read may come twice: where it is now counts.
  const byReference = new Map(found.map((row) => [row.reference_id, row]));
  return {
    onboardings: [...byReference.values()].sort((one, other) =>
      one.waiting_since < other.waiting_since ? -1 : Number(one.waiting_since > other.waiting_since),
    ),
    more: next !== null,
  };
}

/** The list for people, and what to type next. */
export function listLines(
  { onboardings, more }: Listed,
  options: Omit<ListOptions, "limit">,
  stage: string | undefined,
  now: number,
): string[] {
  const [first] = onboardings;
  if (!first) return [nothing(options)];
  const rows = onboardings.map((row) => [
    row.stuck ? "!" : "",
    row.reference_id,
    row.status ?? "none",
    duration(now - Date.parse(row.waiting_since)),
    row.waiting_until ? untilOf(Date.parse(row.waiting_until) - now) : "",
    [row.waiting_for, row.reason, row.held ? "under legal hold" : null].filter(Boolean).join("; "),
  ]);
  const on = stage ? ` --stage ${stage}` : "";
  const many = onboardings.length === 1 ? "1 onboarding" : `${onboardings.length} onboardings`;
  return [
    ...tableLines(["", "REFERENCE", "STATUS", "WAITING", "DEADLINE", "FOR"], rows),
    "",
    more ? `${many}; there may be more: --all, or a higher --limit.` : `${many}.`,
    `npm run onboarding -- show ${first.reference_id}${on}`,
  ];
}

const untilOf = (left: number): string => (left >= 0 ? `in ${duration(left)}` : `${duration(left)} ago`);

function nothing({ status, stuck, olderThan }: Omit<ListOptions, "limit">): string {
  const asked = [
    status && `of status ${status}`,
    olderThan && `that waits for longer than ${olderThan}`,
    stuck && "that is stuck",
  ].filter(Boolean);
  return asked.length === 0
    ? "Nothing waits: every onboarding of this account has ended, or is being worked on right now."
    : `Nothing ${asked.join(" and ")}.`;
}
