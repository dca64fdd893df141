import type { Gateway } from "../../shared/gateway/client.ts";
import { NotFound } from "../../shared/gateway/errors.ts";
import { nextLookAt } from "../../shared/profile/checks.ts";
import { limitSeconds, type Next, type Wait, waitsFor } from "../../shared/profile/next.ts";
import { nextNoticeAt } from "../../shared/profile/notices.ts";
import type { Workflow } from "../../shared/profile/policy.ts";
import type { ProfileStatus, Truth } from "../../shared/profile/status.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import { drives, type ExecutionState } from "../executions.ts";
import { type DepsWith, look, recordOf } from "../step.ts";

/** What a step makes of one look: go on, or wait. */
export type Verdict =
  | { next: Next; reason?: string; rounds?: number; missed?: number; rule?: string | null }
  | { wait: true; fields?: Fields; deadlineAt?: number; alsoFor?: ProfileStatus[] };

type Fields = Partial<
  Pick<ProfileRecord, "rounds" | "link_ready" | "reason" | "missed" | "outcome" | "retain_until">
>;

export interface Look {
  record: ProfileRecord;
  /** The status, or the last known one where the gateway's word is new to us. */
  status: ProfileStatus;
  truth: Truth;
  gateway: Gateway;
  workflow: Workflow;
}

/** So many signals in a row between look and park, and the step gives up and is retried. */
const MAX_LOOKS = 8;

/**
 * The shape of every wait: look at the gateway, let `judge` act and decide, then park on the condition that no
 * signal came since before the look; otherwise look again (design: signal, then look).
 */
export async function parkUnless(
  wait: Wait,
  state: ExecutionState,
  deps: DepsWith<"executions">,
  taskToken: string,
  judge: (look: Look) => Promise<Verdict>,
): Promise<ExecutionState | null> {
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const record = await recordOf(deps.records, state);
    if (!drives(state, record)) return { ...state, next: "end" };
    // Given up by Step Functions while this try went on: a later one waits by now, here or elsewhere, and must not lose its place.
    const isTaken = record.task_token !== null && record.task_token !== taskToken;
    if (isTaken && !(await deps.executions.isWaitedFor(taskToken))) return null;
    const { gateway, truth } = await lookFor(wait, record, deps);
    if (!truth.status && truth.raw_status) {
      deps.log.warn("unknown status", { profile_id: record.profile_id, state: wait });
      deps.metrics.count("UnknownStatus", { why: "new-word" });
    }
    const status = truth.status ?? record.status;
    const workflow = deps.workflowOf(record.config_id);
    const verdict = await judge({ record, status, truth, gateway, workflow });
    if ("next" in verdict) return goOn(state, record, verdict);

    const now = deps.now();
    const deadline_at = verdict.deadlineAt ?? now + limitSeconds(wait, workflow) * 1000;
    const parking = { state: wait, parked_at: now, deadline_at };
    const waiting = { ...record, ...verdict.fields, ...parking, reminders: 0 };
    const notice_at = nextNoticeAt(waiting, workflow, status, now);
    const look_at = nextLookAt({ ...waiting, status, notice_at, checks: 0 }, workflow, now);
    const parked = await deps.records.park(
      record,
      {
        ...parking,
        task_token: taskToken,
        waits_for: [...waitsFor(wait, status), ...(verdict.alsoFor ?? [])],
        notice_at,
        due_at: Math.min(deadline_at, look_at),
      },
      { status, reviewer_action: truth.reviewer_action, ...verdict.fields },
    );
    if (parked) {
      deps.log.info("parked", { profile_id: record.profile_id, state: wait, status, wait: record.wait + 1 });
      return null;
    }
  }
  throw new Error("signals kept coming while the step wanted to park");
}

/**
 * Attention is the last net: where the gateway gives no answer it parks on the last known word. So does Retain where the
 * gateway has the profile no more and how it ended is known: what we have is still kept, and erased at its date.
 */
async function lookFor(
  wait: Wait,
  record: ProfileRecord,
  deps: DepsWith,
): Promise<Pick<Look, "gateway" | "truth">> {
  let gateway: Gateway | undefined;
  try {
    gateway = await deps.gatewayOf(record.account_id);
    return { gateway, truth: await look(gateway, record.profile_id) };
  } catch (error) {
    const isKept = wait === "Retain" && record.outcome !== null && error instanceof NotFound;
    if (wait !== "Attention" && !isKept) throw error;
    const { profile_id, reference_id, reviewer_action } = record;
    return {
      // Neither of them asks it anything more.
      gateway: gateway as Gateway,
      truth: { profile_id, reference_id, reviewer_action, status: null, raw_status: "" },
    };
  }
}

/** The state for the next step: ids, counts and where to go; what is held waits before its purge. */
export function goOn(
  { account_id, reference_id, attempt }: ExecutionState,
  record: Pick<ProfileRecord, "rounds" | "held">,
  {
    next,
    reason,
    rounds = record.rounds,
    missed = 0,
    rule,
  }: { next: Next; reason?: string | undefined; rounds?: number; missed?: number; rule?: string | null },
): ExecutionState {
  return {
    account_id,
    reference_id,
    attempt,
    next: next === "purge" && record.held ? "retain" : next,
    rounds,
    missed,
    ...(reason ? { reason } : {}),
    ...(rule ? { rule } : {}),
  };
}
