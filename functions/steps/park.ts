import type { Gateway } from "../../shared/gateway/client.ts";
import { limitSeconds, type Next, nextCheckSeconds, type Wait, waitsFor } from "../../shared/profile/next.ts";
import type { Workflow } from "../../shared/profile/policy.ts";
import type { ProfileStatus, Truth } from "../../shared/profile/status.ts";
import type { ProfileRecord } from "../../shared/store/records.ts";
import type { ExecutionState } from "../executions.ts";
import { look, recordOf, type StepDeps } from "../step.ts";

/** What a step makes of one look: go on, or wait. */
export type Verdict =
  | { next: Next; reason?: string; rounds?: number; missed?: number }
  | { wait: true; fields?: Fields; deadlineAt?: number; linkReady?: boolean; alsoFor?: ProfileStatus[] };

type Fields = Partial<Pick<ProfileRecord, "rounds" | "link_ready" | "reason" | "missed" | "retain_until">>;

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
  deps: StepDeps,
  taskToken: string,
  judge: (look: Look) => Promise<Verdict>,
): Promise<ExecutionState | null> {
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const record = await recordOf(deps.records, state);
    const { gateway, truth } = await lookFor(wait, record, deps);
    if (!truth.status) deps.log.warn("unknown status", { profile_id: record.profile_id, state: wait });
    const status = truth.status ?? record.status;
    const workflow = deps.workflowOf(record.config_id);
    const verdict = await judge({ record, status, truth, gateway, workflow });
    if ("next" in verdict) return goOn(state, record, verdict);

    const now = deps.now();
    const deadline_at = verdict.deadlineAt ?? now + limitSeconds(wait, workflow) * 1000;
    const parked = await deps.records.park(
      record,
      {
        state: wait,
        task_token: taskToken,
        waits_for: [...waitsFor(wait, status, verdict.linkReady ?? true), ...(verdict.alsoFor ?? [])],
        deadline_at,
        due_at: Math.min(deadline_at, now + nextCheckSeconds(workflow.firstCheckSeconds, 0) * 1000),
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

/** Attention is the last net: where the gateway gives no answer it parks on the last known word. */
async function lookFor(
  wait: Wait,
  record: ProfileRecord,
  deps: StepDeps,
): Promise<Pick<Look, "gateway" | "truth">> {
  let gateway: Gateway | undefined;
  try {
    gateway = await deps.gatewayOf(record.account_id);
    return { gateway, truth: await look(gateway, record.profile_id) };
  } catch (error) {
    if (wait !== "Attention") throw error;
    const { profile_id, reference_id, reviewer_action } = record;
    return {
      // Attention itself asks the gateway nothing.
      gateway: gateway as Gateway,
      truth: { profile_id, reference_id, reviewer_action, status: null, raw_status: "" },
    };
  }
}

/** The state for the next step: ids, counts and where to go. */
export function goOn(
  { account_id, reference_id, attempt }: ExecutionState,
  record: Pick<ProfileRecord, "rounds">,
  {
    next,
    reason,
    rounds = record.rounds,
    missed = 0,
  }: { next: Next; reason?: string | undefined; rounds?: number; missed?: number },
): ExecutionState {
  return { account_id, reference_id, attempt, next, rounds, missed, ...(reason ? { reason } : {}) };
}
