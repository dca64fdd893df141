import { ATTEMPT_TIMEOUT_MS, type TimeLeft } from "../../shared/gateway/client.ts";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import type { Claim } from "../../shared/store/claims.ts";
import { type CipherOf, ciphersFromSecret, type GatewayOf, gatewaysFromSecret } from "../gateway/gateways.ts";
import { withinTime } from "../gateway/wrap-gateway.ts";
import type { Grant } from "../grants.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { claimReference } from "./claim.ts";
import { type Created, ensureCreated } from "./ensure-created.ts";
import { type IntakeDeps, intakeDeps, intakeGrants } from "./intake-deps.ts";
import { recordCreated } from "./record-created.ts";

/** The whole create, whatever it waits for. Together with a cold start it stays under the 29 s that its function has. */
const TOTAL_MS = 20_000;

/** What a create that begins now has left of its time. */
export function createTime({ now }: Pick<CreateDeps, "now">): TimeLeft {
  const until = now() + TOTAL_MS;
  return () => until - now();
}

/** What the gateway-shaped creates need: intake, and the gateway itself, which may refuse what is in the vault by then. */
export interface CreateDeps extends IntakeDeps {
  gatewayOf: GatewayOf;
  cipherOf: CipherOf;
}
export const createGrants: readonly Grant[] = [...intakeGrants, "vault:read", "vault:delete", "gateway:call"];
export const createDeps = (log: Log, metrics: Metrics): CreateDeps => ({
  ...intakeDeps(),
  gatewayOf: gatewaysFromSecret(log, metrics),
  cipherOf: ciphersFromSecret(),
});

/**
 * A gateway-shaped create: the profile is created before the answer, then the onboarding goes on by itself.
 *
 * @throws DuplicateReference, what the gateway refuses the create with, and Transient when the time is over
 */
export async function createAtOnce(
  deps: CreateDeps,
  { account_id, hashKey }: { account_id: string; hashKey: string },
  request: CreateRequest,
  mode: Claim["mode"],
  timeLeft: TimeLeft = createTime(deps),
): Promise<Created> {
  const claim = await claimReference({ ...deps, hashKey }, account_id, request, mode);
  const gateway = withinTime(await deps.gatewayOf(account_id), timeLeft);
  const created = await ensureCreated(
    { ...deps, gateway, cipher: deps.cipherOf(account_id) },
    claim,
    // Whoever waits longer for another create could not begin one.
    timeLeft() - ATTEMPT_TIMEOUT_MS,
  );
  await recordCreated(deps.records, claim, created.profile_id);
  // Long after the end its execution's name is free again: what was purged stays purged.
  if (!(await deps.records.find(claim))?.purged_at) await deps.executions.start(claim);
  return created;
}
