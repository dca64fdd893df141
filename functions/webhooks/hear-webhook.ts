import type { HistoryEvent } from "../../shared/store/history.ts";
import type { OnboardingKey } from "../../shared/store/keys.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import type { Records } from "../../shared/store/records.ts";
import { type AnnounceDeps, announce } from "../events/announce.ts";

/** A gateway's clock may be ahead of ours, but not by more; a slot said to be booked later than that is nonsense. */
const MAX_AHEAD_MS = 86_400_000;

/**
 * What a webhook says beside "look": a customer's session ended (W4), a slot was booked (W5). Announced once under
 * `once`, and again if whoever announces it is repeated.
 */
export async function hearWebhook(
  record: ProfileRecord,
  { kind, detail }: Pick<HistoryEvent, "kind" | "detail">,
  once: string,
  deps: AnnounceDeps,
): Promise<void> {
  const word = (name: string) => (typeof detail[name] === "string" ? detail[name] : "");
  if (kind === "W4") {
    const [session_status, reason] = [word("session_status"), word("reason")];
    await announce(deps, "CaptureSessionEnded", record, {
      once,
      by: "webhook",
      ...(session_status && { session_status }),
      ...(reason && { reason }),
    });
  }
  if (kind === "W5" && word("action")) {
    const [action, scheduled_at, start_time, end_time] = [
      "action",
      "scheduled_at",
      "start_time",
      "end_time",
    ].map(word) as [string, string, string, string];
    const appointment = { action, scheduled_at, start_time, end_time };
    if (await keepAppointment(record, appointment, deps.records, deps.now()))
      await announce(deps, "AppointmentScheduled", record, { once, by: "webhook", appointment });
  }
}

/** Webhooks that came before the profile's record: what they said beside "look" is heard when there is one. */
export async function hearEarly(
  { account_id, reference_id }: OnboardingKey,
  profile_id: string,
  deps: AnnounceDeps,
): Promise<void> {
  const lines = await deps.records.early(account_id, profile_id);
  const record = lines.length > 0 ? await deps.records.find({ account_id, reference_id }) : null;
  // In no wait yet: the same name as ingestion gives them from now on.
  if (record) for (const { id, event } of lines) await hearWebhook(record, event, `0#${id}`, deps);
}

/**
 * The slot as the gateway's latest word on it has it: an older one that arrives late changes nothing. Nobody can
 * ask the gateway about slots, so this is kept on a webhook's word; it decides nothing. False: it is none to tell of.
 */
async function keepAppointment(
  record: ProfileRecord,
  {
    action,
    scheduled_at,
    start_time,
    end_time,
  }: Record<"action" | "scheduled_at" | "start_time" | "end_time", string>,
  records: Pick<Records, "appointment">,
  now: number,
): Promise<boolean> {
  const said_at = Date.parse(scheduled_at);
  if (said_at > now + MAX_AHEAD_MS) return false;
  if (action === "cancelled") {
    // After the booking that it takes back, which has the same `scheduled_at`.
    await records.appointment(record, null, said_at + 1);
    return false;
  }
  const slot = { scheduled_at: said_at, start_at: Date.parse(start_time), end_at: Date.parse(end_time) };
  return records.appointment(record, slot, said_at);
}
