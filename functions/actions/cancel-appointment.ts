import { endpoints } from "../../shared/gateway/endpoints.ts";
import { NotFound } from "../../shared/gateway/errors.ts";
import type { OnboardingKey } from "../../shared/store/keys.ts";
import { defineAction, toHandler } from "../action.ts";
import { type ChangeDeps, changeDeps, changeGrants, changeProfile } from "./gateway-call.ts";

/** E14: gives the booked video-call slot back. The onboarding waits on: the customer may book another one. */
export const cancelAppointment = defineAction<ChangeDeps>({
  file: "cancel-appointment",
  serves: endpoints.cancelAppointment,
  grants: changeGrants,
  async run(call, deps) {
    const { reference_id } = call.body as { reference_id: string };
    const asked = { ...call, id: reference_id, query_type: "reference_id" } as const;
    const key = { account_id: call.account_id, reference_id };
    try {
      return await changeProfile(asked, deps, "AppointmentCancelledByCaller", async (gateway) => {
        const answer = await gateway.cancelAppointment({ body: call.body });
        await forget(key, deps);
        return answer;
      });
    } catch (error) {
      // There is none (any more): a first attempt may have got through without an answer.
      if (error instanceof NotFound) await forget(key, deps);
      throw error;
    }
  },
});

/** From now on no slot is booked: a webhook of a booking before that, which is still on its way, comes too late. */
async function forget(key: OnboardingKey, { records, now }: ChangeDeps): Promise<void> {
  const booked = (await records.find(key))?.appointment?.scheduled_at ?? 0;
  await records.appointment(key, null, Math.max(now(), booked + 1));
}

export const handler = toHandler(cancelAppointment, changeDeps);
