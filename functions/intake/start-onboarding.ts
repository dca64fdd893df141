import type { CreateRequest } from "../../shared/gateway/create.ts";
import type { Claim } from "../../shared/store/claims.ts";
import { claimReference } from "./claim.ts";
import type { IntakeDeps } from "./intake-deps.ts";

/** Claims the reference and starts its execution, whose first step creates the profile. The same again, the same answer. */
export async function startOnboarding(
  deps: IntakeDeps,
  hashKey: string,
  account_id: string,
  request: CreateRequest,
): Promise<{ claim: Claim; execution_arn: string }> {
  const claim = await claimReference({ ...deps, hashKey }, account_id, request, "async");
  // A known profile has its execution, or a create that is about to start it; starting again is harmless either way.
  const execution_arn = claim.profile_id
    ? deps.executions.arnOf(claim.execution)
    : await deps.executions.start(claim);
  return { claim, execution_arn };
}
