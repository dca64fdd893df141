import type { Notice } from "../../shared/profile/notices.ts";
import type { HistoryEvent } from "../../shared/store/history.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import type { Records } from "../../shared/store/records.ts";
import { type AnnounceDeps, announce } from "./announce.ts";
import { slotOf } from "./slot-of.ts";

/**
 * Tells what is due in a wait, under the same `event_id` whenever it is told again. `record.status` is the gateway's
 * latest word. A slot of which a session was seen is not told of: nobody missed it.
 */
export async function announceNotice(
  deps: AnnounceDeps,
  record: ProfileRecord,
  notice: Notice,
  by: HistoryEvent["by"] = "sweeper",
): Promise<void> {
  switch (notice.kind) {
    case "CaptureReminderDue": {
      const { kind, reminder, of } = notice;
      return announce(deps, kind, record, { once: `${record.wait}#${reminder}`, by, reminder, of });
    }
    case "ReviewOverdue":
      return announce(deps, notice.kind, record, { once: record.wait, by });
    case "AppointmentMissed": {
      const { appointment } = record;
      if (!appointment || (await hadSession(record, appointment.start_at, deps.records))) return;
      await announce(deps, notice.kind, record, {
        once: appointment.end_at,
        by,
        appointment: slotOf(appointment),
      });
    }
  }
}

/** Whether the gateway told of a session's end (W4) since a slot began. */
async function hadSession(
  record: ProfileRecord,
  start_at: number,
  { history }: Pick<Records, "history">,
): Promise<boolean> {
  const lines = await history(record, record.profile_id);
  return lines.some(({ kind, by, at }) => kind === "W4" && by === "webhook" && at >= start_at);
}
