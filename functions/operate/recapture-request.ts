import type { RecaptureConfig, RecaptureRequest } from "../../shared/gateway/profile.ts";
import type { RecaptureAsk } from "../../shared/profile/policy.ts";

/** The items as far as the gateway offers them; `null` when that is nothing, or the reason is not offered. */
export function recaptureRequest(
  { items, reason }: RecaptureAsk,
  offer: RecaptureConfig,
): RecaptureRequest | null {
  // The same `ref_id` is offered twice by real gateways (contract §5.2).
  const offered = [...new Map(offer.configuration.resources.map((item) => [item.ref_id, item])).values()];
  const resources =
    items === "all" ? offered : offered.filter(({ ref_id }) => items.ref_ids.includes(ref_id));
  const tasks =
    items === "all"
      ? offer.configuration.tasks
      : offer.configuration.tasks.filter(({ task_key }) => items.task_keys.includes(task_key));
  const known = offer.reasons.find(
    ({ code, reason: text }) => code === reason.code && text === reason.reason,
  );
  if (!known || resources.length + tasks.length === 0) return null;
  if (known.comments_mandatory && !reason.comments) return null;
  return { recapture_configuration: { tasks, resources }, recapture_details: { ...reason } };
}
