import type { Gateway } from "../../shared/gateway/client.ts";
import { NotFound } from "../../shared/gateway/errors.ts";
import { type Next, takeOver } from "../../shared/profile/next.ts";
import type { Claim } from "../../shared/store/claims.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import { announce } from "../events/announce.ts";
import type { ExecutionState } from "../executions.ts";
import { ClaimLost, ensureCreated, isRefusedForGood } from "../intake/ensure-created.ts";
import { recordCreated } from "../intake/record-created.ts";
import { type DepsWith, look, recordOf } from "../step.ts";
import { hearEarly } from "../webhooks/hear-webhook.ts";

/**
 * Makes sure that an execution has its profile and record, and says where it goes on. Nothing to create when the profile
 * is known; else look up by reference, else create (contract §3.4). What another execution has left is taken over.
 */
export async function beginOnboarding(
  state: ExecutionState,
  deps: DepsWith<"vault" | "publish" | "cipherOf">,
): Promise<ExecutionState> {
  const { records, gatewayOf } = deps;
  const claim = await records.claimOf(state);
  const ended = { ...state, next: "end" } as const;
  if (!claim || claim.attempt !== state.attempt) return ended;
  const refused = (reason: string) =>
    announce(deps, "OnboardingFailed", claim, {
      once: `refused-${claim.attempt}`,
      reason,
    });
  if (claim.released) {
    // Refused in an earlier try of this step, or by another entry point: said at least once.
    await refused("the gateway refused the request");
    return ended;
  }
  const gateway = await gatewayOf(state.account_id);
  try {
    const cipher = deps.cipherOf(state.account_id);
    const { profile_id } = await ensureCreated(
      { ...deps, gateway, cipher, isExecution: true },
      claim,
      10_000,
    );
    await recordCreated(records, claim, profile_id);
    await hearEarly(state, profile_id, deps);
  } catch (error) {
    if (error instanceof ClaimLost) return ended;
    if (!isRefusedForGood(error)) throw error;
    await refused("the gateway refused the request");
    return ended;
  }
  const goesOn = await takeOverFrom(await recordOf(records, state), claim, gateway, deps);
  // Whoever created the profile before may have left it to the sweeper to start this.
  if (claim.profile_id) await records.started(claim);
  return { ...state, missed: 0, ...goesOn };
}

/** Where to go on with a record, which may be that of an onboarding whose execution is gone. */
async function takeOverFrom(
  record: ProfileRecord,
  claim: Claim,
  gateway: Gateway,
  { records }: DepsWith,
): Promise<{ next: Next; rounds: number }> {
  if (record.purged_at !== null) return { next: "end", rounds: record.rounds };
  if (record.execution !== claim.execution) await records.handOver(record, claim.execution);
  // Nothing was waited for and nothing came of it yet.
  if (!record.state && !record.outcome) return { next: "open", rounds: record.rounds };
  try {
    return takeOver(record, (await look(gateway, record.profile_id)).status ?? record.status);
  } catch (error) {
    // How it ended is known, and that the gateway has it no more changes nothing of that.
    if (!record.outcome || !(error instanceof NotFound)) throw error;
    return { next: "retain", rounds: record.rounds };
  }
}
