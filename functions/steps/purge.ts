import { createHash } from "node:crypto";
import { NotFound, Unprocessable } from "../../shared/gateway/errors.ts";
import { announce } from "../announce.ts";
import { recordOf, type Step, stepGrants, toStepHandler } from "../step.ts";
import { goOn } from "./park.ts";

/**
 * Erases the customer: at the gateway (E13), then in our vault. A receipt says what was erased, the record stays
 * as a tombstone. An onboarding that was given up is erased on our side even where the gateway refuses.
 */
export const purge: Step = {
  name: "Purge",
  file: "purge",
  grants: [...stepGrants, "vault:delete"],
  async run(state, deps) {
    const record = await recordOf(deps.records, state);
    const gateway = await deps.gatewayOf(state.account_id);
    let atGateway = "purged";
    try {
      await gateway.purgeProfile({ id: record.profile_id });
    } catch (error) {
      const givenUp = record.outcome === "failed" && error instanceof Unprocessable;
      if (!givenUp && !(error instanceof NotFound)) throw error;
      atGateway = givenUp ? "refused" : "unknown";
    }
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
    await deps.records.settle(record, { status: "purged", purged_at });
    return goOn(state, record, { next: "end" });
  },
};

export const handler = toStepHandler(purge);
