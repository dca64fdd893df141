import {
  ExecutionDoesNotExist,
  type HistoryEvent as ExecutionEvent,
  GetExecutionHistoryCommand,
  SFNClient,
  SFNServiceException,
} from "@aws-sdk/client-sfn";
import { type Wait, waits } from "../../shared/profile/next.ts";
import type { Claim } from "../../shared/store/claims.ts";
import type { Executions } from "../executions.ts";
import type { TimelineLine } from "./timeline.ts";

/** What Step Functions keeps of an execution, up to 90 days after its end. */
export interface ExecutionHistory {
  events: ExecutionEvent[];
  /** There is more than was read. */
  isCut: boolean;
}

/** `null`: there is no such execution, yet or any more. `busy`: Step Functions had no time for the question. */
export type ReadHistory = (executionArn: string) => Promise<ExecutionHistory | "busy" | null>;

const PAGE_EVENTS = 1_000;
/** An onboarding has a hundred; more than this is a case for the console. */
const MAX_PAGES = 3;

/** Without inputs and outputs, which carry task tokens. */
export const historyFrom =
  (client = new SFNClient({})): ReadHistory =>
  async (executionArn) => {
    const events: ExecutionEvent[] = [];
    let nextToken: string | undefined;
    try {
      for (let page = 0; page < MAX_PAGES; page++) {
        const answer = await client.send(
          new GetExecutionHistoryCommand({
            executionArn,
            includeExecutionData: false,
            maxResults: PAGE_EVENTS,
            ...(nextToken && { nextToken }),
          }),
        );
        events.push(...(answer.events ?? []));
        nextToken = answer.nextToken;
        if (!nextToken) break;
      }
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return null;
      // All executions of an account share few reads of histories a second.
      if (error instanceof SFNServiceException && isOverload(error)) return "busy";
      throw error;
    }
    return { events, isCut: nextToken !== undefined };
  };

const isOverload = ({ $fault, name }: SFNServiceException): boolean =>
  $fault === "server" || name === "ThrottlingException";

const ends: Partial<Record<string, string>> = {
  ExecutionSucceeded: "SUCCEEDED",
  ExecutionFailed: "FAILED",
  ExecutionTimedOut: "TIMED_OUT",
  ExecutionAborted: "ABORTED",
};

/** Of an onboarding that was started anew, so many executions are read. */
const MAX_ATTEMPTS = 3;
const KEPT_DAYS = 90;
const DAY_MS = 86_400_000;

/**
 * The lines that the executions of an onboarding add to its timeline; `runs` says whether the latest one does, where
 * that is known, and `note` why it has no lines, where it has none.
 */
export async function executionLines(
  { execution, attempt, created_at }: Pick<Claim, "execution" | "attempt" | "created_at">,
  { arnOf }: Pick<Executions, "arnOf">,
  readHistory: ReadHistory,
  now: number,
): Promise<{ lines: TimelineLine[]; runs?: boolean; note: string | null }> {
  const first = Math.max(1, attempt - MAX_ATTEMPTS + 1);
  const names = Array.from({ length: attempt - first + 1 }, (_, index) => nameOf(execution, first + index));
  const histories = await Promise.all(names.map((name) => readHistory(arnOf(name))));
  const lines = histories.flatMap((history) => (history && history !== "busy" ? linesOf(history) : []));
  const latest = histories.at(-1);
  const busy = histories.includes("busy")
    ? "Step Functions had no time to tell all of the steps: ask again in a minute."
    : null;
  if (latest && latest !== "busy")
    return { lines, runs: !((latest.events.at(-1)?.type ?? "") in ends), note: busy };
  if (busy) return { lines, note: busy };
  const note =
    now - created_at > KEPT_DAYS * DAY_MS
      ? `Step Functions forgets an execution ${KEPT_DAYS} days after its end: its steps are not known any more.`
      : "There is no execution yet.";
  return { lines, note };
}

/** Execution names end in their attempt. */
const nameOf = (execution: string, attempt: number): string =>
  `${execution.slice(0, execution.lastIndexOf("-"))}-${attempt}`;

/** A wait shorter than this was none: the step went on at once. */
const MIN_WAIT_MS = 1_000;

/** The lines that an execution adds to the timeline: steps entered, waited in, failed; its beginning and its end. */
export function linesOf({ events, isCut }: ExecutionHistory): TimelineLine[] {
  const lines: TimelineLine[] = [];
  let state = "";
  /** Since when the step's present try runs or waits; `null` once that try failed. */
  let tried: number | null = null;
  for (const [index, event] of events.entries()) {
    const { type = "", stateEnteredEventDetails: entered } = event;
    const at = event.timestamp?.getTime() ?? 0;
    const add = (kind: string, detail: TimelineLine["detail"]) =>
      lines.push({ at, kind, by: "step-functions", detail });
    if (type === "ExecutionStarted" || type === "ExecutionRedriven") add(type, {});
    if (type === "TaskStateEntered" || type === "WaitStateEntered") {
      state = entered?.name ?? "";
      tried = at;
      add("StepEntered", { state });
    }
    if (type === "TaskScheduled") tried = at;
    if (isFault(type)) {
      tried = null;
      add("StepFailed", {
        state,
        error: errorOf(event),
        goes: isTriedAgain(events, index) ? "again" : "over",
      });
    }
    if (type === "TaskStateExited" && isWait(state) && tried !== null && at - tried >= MIN_WAIT_MS)
      add("StepWaited", { state, waited_seconds: Math.floor((at - tried) / 1000) });
    const status = ends[type];
    if (status) add("ExecutionEnded", { status });
  }
  const last = lines.at(-1);
  if (isCut && last) lines.push({ ...last, kind: "HistoryCut", detail: {} });
  return lines;
}

const isWait = (state: string): state is Wait => (waits as readonly string[]).includes(state);

const isFault = (type: string): boolean =>
  /^(Task|LambdaFunction)(Start|Submit|Schedule)?(Failed|TimedOut)$/.test(type);

/** A fault is over with the step's next try, or with its end; until one of them comes a try is to come. */
function isTriedAgain(events: readonly ExecutionEvent[], index: number): boolean {
  const next = events
    .slice(index + 1)
    .find(({ type = "" }) => type === "TaskScheduled" || type === "TaskStateExited" || type in ends);
  return next === undefined || next.type === "TaskScheduled";
}

/** Names only: a cause may quote what it failed on. */
function errorOf({ taskFailedEventDetails, taskTimedOutEventDetails }: ExecutionEvent): string | null {
  const name = (taskFailedEventDetails ?? taskTimedOutEventDetails)?.error ?? "";
  return /^[A-Za-z.]{1,60}$/.test(name) ? name : null;
}
