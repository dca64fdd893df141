import { endpoints } from "../../shared/gateway/endpoints.ts";
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
    const answer = await changeProfile(asked, deps, "AppointmentCancelledByCaller", (gateway) =>
      gateway.cancelAppointment({ body: call.body }),
    );
    const record = await deps.records.find({ account_id: call.account_id, reference_id });
    if (record?.appointment)
      await deps.records.appointment(record, null, record.appointment.scheduled_at + 1);
    return answer;
  },
});

export const handler = toHandler(cancelAppointment, changeDeps);
