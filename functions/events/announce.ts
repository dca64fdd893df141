import { createHash } from "node:crypto";
import type { Publish } from "../../shared/events/bus.ts";
import type { EventAddition, EventDetail, EventType } from "../../shared/events/published.ts";
import type { HistoryEvent } from "../../shared/store/history.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import type { Records } from "../../shared/store/records.ts";
import type { Metrics } from "../metrics/metrics.ts";

/** What it takes to announce something. */
export interface AnnounceDeps {
  records: Records;
  publish: Publish;
  metrics: Metrics;
  now: () => number;
}

export type About = Pick<ProfileRecord, "account_id" | "reference_id" | "config_id"> &
  Partial<Pick<ProfileRecord, "status" | "reviewer_action" | "rounds">> & { profile_id?: string | null };

/**
 * Publishes an event and writes it into the timeline. At least once: a step that is repeated publishes again
 * under the same `event_id`. `once` tells apart events of one type that belong to different occasions.
 */
export async function announce<Type extends EventType>(
  { records, publish, metrics, now }: AnnounceDeps,
  type: Type,
  about: About,
  {
    once,
    by = "orchestrator",
    ...added
  }: EventAddition<Type> & { once: string | number; by?: HistoryEvent["by"] },
): Promise<void> {
  const {
    account_id,
    reference_id,
    config_id,
    profile_id = null,
    status = null,
    reviewer_action = null,
  } = about;
  const round = about.rounds ?? 0;
  const { reason, reminder, of } = added as { reason?: string; reminder?: number; of?: number };
  const event_id = createHash("sha256")
    .update(JSON.stringify([account_id, reference_id, profile_id, type, once]))
    .digest("base64url")
    .slice(0, 22);
  await publish(type, {
    event_id,
    account_id,
    reference_id,
    profile_id,
    config_id,
    status,
    reviewer_action,
    round,
    ...added,
  } as unknown as EventDetail<Type>);
  metrics.count("EventPublished", { type });
  await records.record(about, `${type}#${event_id}`, {
    at: now(),
    kind: type,
    by,
    detail: {
      status,
      reviewer_action,
      round,
      ...(reason && { reason }),
      ...(reminder && of && { reminder, of }),
    },
  });
}
