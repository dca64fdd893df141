import type { Appointment } from "../../shared/store/profile-record.ts";

/** A booked slot as we tell it, in the gateway's words (contract §8.4). */
export const slotOf = ({ scheduled_at, start_at, end_at }: Appointment) => ({
  scheduled_at: new Date(scheduled_at).toISOString(),
  start_time: new Date(start_at).toISOString(),
  end_time: new Date(end_at).toISOString(),
});
