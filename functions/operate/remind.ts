import { isReminded } from "../../shared/profile/notices.ts";
import type { Workflow } from "../../shared/profile/policy.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import type { AnnounceDeps } from "../events/announce.ts";
import { announceNotice } from "../events/announce-notice.ts";

/**
 * The wait's next reminder, now and on an operator's word; it takes the place of the one that time would bring next, and
 * may go beyond what the workflow allows. `status` is what a fresh look found. The reminder's number, or `null` where
 * no customer of this profile is waited for.
 */
export async function remind(
  record: ProfileRecord,
  status: ProfileStatus,
  { reminders }: Workflow,
  deps: AnnounceDeps,
): Promise<number | null> {
  if (!record.task_token || record.due_at === null || !isReminded(record, status)) return null;
  const reminder = record.reminders + 1;
  const of = Math.max(reminder, reminders?.atMost ?? 0);
  const told = { reminders: reminder };
  const notice = { kind: "CaptureReminderDue", at: deps.now(), reminder, of, told } as const;
  await announceNotice(deps, { ...record, status }, notice, "operator");
  // Where a look was faster it told the same reminder, under the same id, and counted it.
  await deps.records.postpone(record, record.due_at, told);
  return reminder;
}
