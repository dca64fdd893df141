import type { Claim } from "../../shared/store/claims.ts";
import type { Records } from "../../shared/store/records.ts";

/** The hot item of a profile that the gateway has; a second time changes nothing. */
export async function recordCreated(records: Records, claim: Claim, profile_id: string): Promise<void> {
  const { account_id, reference_id, config_id, execution, created_at, mode } = claim;
  await records.create({
    account_id,
    reference_id,
    config_id,
    execution,
    created_at,
    profile_id,
    status: "pending",
    encrypted: mode === "encrypted",
  });
}
