import type { Gateway } from "../../shared/gateway/client.ts";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import type { Claim } from "../../shared/store/claims.ts";
import { claimReference } from "./claim.ts";
import { type Created, ensureCreated } from "./ensure-created.ts";
import type { IntakeDeps } from "./intake-deps.ts";
import { recordCreated } from "./record-created.ts";

/** Together with a cold start this stays under the 30 s after which an HTTP API gives up. */
const PATIENCE_MS = 12_000;

/**
 * A gateway-shaped create: the profile is created before the answer, then the onboarding goes on by itself.
 *
 * @throws DuplicateReference, and what the gateway refuses the create with
 */
export async function createAtOnce(
  deps: IntakeDeps & { gateway: Gateway; hashKey: string },
  account_id: string,
  request: CreateRequest,
  mode: Claim["mode"],
): Promise<Created> {
  const claim = await claimReference(deps, account_id, request, mode);
  const created = await ensureCreated(deps, claim, PATIENCE_MS);
  await recordCreated(deps.records, claim, created.profile_id);
  // Long after the end its execution's name is free again: what was purged stays purged.
  if (!(await deps.records.find(claim))?.purged_at) await deps.executions.start(claim);
  return created;
}
