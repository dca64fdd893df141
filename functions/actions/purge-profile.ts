import { type Answer, refusals } from "../../shared/gateway/answers.ts";
import { endpoints } from "../../shared/gateway/endpoints.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import { type Call, defineAction, toHandler } from "../action.ts";
import { unlessHeld } from "../operate/unless-held.ts";
import { type ChangeDeps, changeDeps, changeGrants, changeProfile } from "./gateway-call.ts";

/** E13: erases the profile now; the onboarding follows and erases what we hold. Refused under a legal hold. */
export const purgeProfile = defineAction<ChangeDeps>({
  file: "purge-profile",
  serves: endpoints.purgeProfile,
  grants: changeGrants,
  async run(call, deps) {
    const record = await recordFor(call, deps);
    const purge = (id: string) =>
      changeProfile({ ...call, id }, deps, "PurgedByCaller", (gateway) => gateway.purgeProfile({ id }));
    if (!record) return purge(call.id);
    return (
      (await unlessHeld(record, deps, () => purge(record.profile_id))) ?? (await refuseHeld(record, deps))
    );
  },
});

/** As the gateway spells the ids of its profiles (contract §4.1). */
const asTheGatewaySpells = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * Whose profile this is; `null` for one that is none of ours. What we do not know by this id may be one of ours in another
 * spelling, which the gateway might take as well: it tells who that is.
 */
async function recordFor(
  { account_id, id }: Call,
  { records, gatewayOf }: ChangeDeps,
): Promise<ProfileRecord | null> {
  const known = await records.referenceOf(account_id, id);
  if (known) return records.find(known);
  if (asTheGatewaySpells.test(id)) return null;
  const gateway = await gatewayOf(account_id);
  const { profile_id } = await gateway.fetchStatus({ id });
  const meant = profile_id === id ? null : await records.referenceOf(account_id, profile_id);
  return meant && records.find(meant);
}

/** The refusal of a purge of what is under legal hold, in the words of contract §5.6. */
async function refuseHeld(record: ProfileRecord, { records, now }: ChangeDeps): Promise<Answer> {
  const [at, { status }] = [now(), record];
  await records.record(record, `PurgeHeldBack#${at}`, {
    at,
    kind: "PurgeHeldBack",
    by: "caller",
    detail: { status },
  });
  return refusals.purgeNotAllowed(record, status, null);
}

export const handler = toHandler(purgeProfile, changeDeps);
