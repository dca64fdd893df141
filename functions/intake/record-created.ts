import type { Claim } from "../../shared/store/claims.ts";
import type { Records } from "../../shared/store/records.ts";

/** The hot item of a profile that the gateway has. False: there is one, and it stays as it is. */
export async function recordCreated(records: Records, claim: Claim, profile_id: string): Promise<boolean> {
  const { account_id, reference_id, config_id, execution, created_at, mode } = claim;
  return records.create({
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
