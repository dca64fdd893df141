import { type Answer, refusals } from "../../shared/gateway/answers.ts";
import { endpoints } from "../../shared/gateway/endpoints.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import { defineAction, toHandler } from "../action.ts";
import { unlessHeld } from "../operate/unless-held.ts";
import { type ChangeDeps, changeDeps, changeGrants, changeProfile, onboardingOf } from "./gateway-call.ts";

/** E13: erases the profile now; the onboarding follows and erases what we hold. Refused under a legal hold. */
export const purgeProfile = defineAction<ChangeDeps>({
  file: "purge-profile",
  serves: endpoints.purgeProfile,
  grants: changeGrants,
  async run(call, deps) {
    const key = await onboardingOf(call, deps);
    const record = key && (await deps.records.find(key));
    const purge = (id: string) =>
      changeProfile({ ...call, id }, deps, "PurgedByCaller", (gateway) => gateway.purgeProfile({ id }));
    if (!record) return purge(call.id);
    return (
      (await unlessHeld(record, deps, () => purge(record.profile_id))) ?? (await refuseHeld(record, deps))
    );
  },
});

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
