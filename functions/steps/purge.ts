import { createHash } from "node:crypto";
import type { Gateway } from "../../shared/gateway/client.ts";
import { NotFound, Unprocessable } from "../../shared/gateway/errors.ts";
import { givesUp, type Outcome, outcomeOf } from "../../shared/profile/next.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import { withPublish, withVault } from "../aws-parts.ts";
import { announce } from "../events/announce.ts";
import { drives } from "../executions.ts";
import {
  commonDeps,
  type DepsWith,
  look,
  recordOf,
  type Step,
  settle,
  stepGrants,
  toStepHandler,
} from "../step.ts";
import { outcomeEvents } from "./outcome.ts";
import { goOn } from "./park.ts";

/**
 * Erases the customer: at the gateway (E13), then in our vault. A receipt says what was erased, the record stays
 * as a tombstone. On our side it is erased even where the gateway refuses, once the onboarding or its purge was given up;
 * nothing is erased of one that is under legal hold.
 */
export const purge: Step<"vault" | "publish"> = {
  name: "Purge",
  file: "purge",
  grants: [...stepGrants, "records:history", "vault:erase", "events:publish"],
  async run(state, deps) {
    const record = await recordOf(deps.records, state);
    if (!drives(state, record)) return { ...state, next: "end" };
    const gateway = await deps.gatewayOf(state.account_id);
    // What is held meanwhile goes to Attention, and waits there or in Retain.
    if (!(await deps.records.beginPurge(record, deps.now())))
      throw new Error("it is under legal hold, or an operator's reason is being put into the vault");
    let atGateway = "purged";
    try {
      await gateway.purgeProfile({ id: record.profile_id });
    } catch (error) {
      const { attentionSeconds } = deps.workflowOf(record.config_id);
      // Rounds without an answer count too, and leave nobody the time: it begins with the first refusal.
      const hadTime = record.refused_at !== null && deps.now() >= record.refused_at + attentionSeconds * 1000;
      const isGivenUp = record.outcome === "failed" || (givesUp(state.missed ?? 0) && hadTime);
      const givenUp = isGivenUp && error instanceof Unprocessable;
      if (!givenUp && !(error instanceof NotFound)) {
        if (error instanceof Unprocessable) await deps.records.forgoPurge(record, deps.now());
        throw error;
      }
      atGateway = givenUp ? "refused" : "unknown";
    }
    const outcome = await sayOutcome(record, atGateway === "unknown" ? null : gateway, deps);
    const objects = await deps.vault.erase(record);
    const purged_at = deps.now();
    const history = await deps.records.history(record, record.profile_id);
    await deps.records.receipt(record, {
      purged_at,
      gateway: atGateway,
      objects,
      by: record.retain_until !== null && purged_at >= record.retain_until ? "retention" : "gateway",
      history_hash: createHash("sha256").update(JSON.stringify(history)).digest("hex"),
    });
    await announce(deps, "ProfilePurged", { ...record, status: "purged" }, { once: "purged" });
    await settle(deps.records, record, { status: "purged", purged_at, outcome });
    return goOn(state, record, { next: "end" });
  },
};

/**
 * The outcome, announced now if nobody did so before: somebody may purge a profile at the gateway before we see its
 * end, or before we said what we saw. All that a purge leaves of an end is the decision.
 */
async function sayOutcome(
  record: ProfileRecord,
  gateway: Gateway | null,
  deps: DepsWith<"publish">,
): Promise<Outcome> {
  const history = await deps.records.history(record, record.profile_id);
  // Of an earlier request under the reference, whose create was refused or given up, no status is told.
  const said = history.some(({ kind, detail }) => outcomeKinds.includes(kind) && detail["status"] !== null);
  if (record.outcome && said) return record.outcome;
  const reviewer_action = gateway && (await look(gateway, record.profile_id)).reviewer_action;
  const decided = reviewer_action ? outcomeOf({ status: "completed", reviewer_action }) : "failed";
  const outcome = record.outcome ?? decided;
  const about = { ...record, status: "purged", reviewer_action } as const;
  if (said) return outcome;
  if (outcome === "failed")
    await announce(deps, "OnboardingFailed", about, {
      once: "outcome",
      reason: "purged at the gateway before its end was seen",
    });
  else await announce(deps, outcomeEvents[outcome], about, { once: "outcome" });
  return outcome;
}

const outcomeKinds: readonly string[] = Object.values(outcomeEvents);

export const handler = toStepHandler(purge, () => ({ ...commonDeps(), ...withVault(), ...withPublish() }));
