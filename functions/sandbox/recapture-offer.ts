import { type Answer, refusals } from "../../shared/gateway/answers.ts";
import type { RecaptureConfig, RecaptureRequest } from "../../shared/gateway/profile.ts";
import type { Asked, ProfileRecord } from "./profile-record.ts";
import { sandboxTasks } from "./sandbox-tasks.ts";

const item = (
  ref_id: string,
  resource_type: "image" | "text" | "video" | "document",
  document_type: string | null,
  attr: string | null = null,
) => ({ attr, document_type, ref_id, resource_type });

const code = "DOCUMENT_INSUFFICIENCY";
const reasons = [
  "Incorrect business location photo",
  "Incorrect selfie",
  "Incorrect business location photo and selfie",
  "Incorrect video",
].map((reason) => ({ code, comments_mandatory: false, reason }));

/** E8: what may be sent back, and why (contract §5.2, §7.11). The selfie is listed twice, as seen live. */
export function recaptureConfig(record: ProfileRecord): RecaptureConfig {
  const captured = [
    item("nil.selfie.nil.1.nil", "image", "selfie"),
    item("exterior1.nil.nil.1.nil", "image", null),
    item("nil.selfie.nil.1.nil", "image", "selfie"),
    item("nil.nil.self.1.nil", "video", null, "self"),
    item("nil.ind_pan.nil.1.front", "image", "ind_pan"),
  ];
  return {
    configuration: {
      resources: record.link ? captured : [],
      tasks: record.link ? sandboxTasks.map(({ key, task_type }) => ({ task_key: key, task_type })) : [],
    },
    reasons: [...reasons, { code, comments_mandatory: true, reason: "Other" }],
  };
}

/** E9: the refusal of a submit that names what was not offered, or `null` (contract §5.3). */
export function refuseRecapture(record: ProfileRecord, submit: RecaptureRequest): Answer | null {
  const offer = recaptureConfig(record);
  const { tasks, resources } = submit.recapture_configuration;
  const offered =
    tasks.every((asked) =>
      offer.configuration.tasks.some(
        ({ task_key, task_type }) => task_key === asked.task_key && task_type === asked.task_type,
      ),
    ) &&
    resources.every((asked) => offer.configuration.resources.some(({ ref_id }) => ref_id === asked.ref_id));
  if (!offered) return refusals.invalidRecaptureConfiguration();
  const { code: askedCode, reason: askedReason, comments } = submit.recapture_details;
  const reason = offer.reasons.find((known) => known.code === askedCode && known.reason === askedReason);
  if (!reason) return refusals.invalidRecaptureReason();
  return reason.comments_mandatory && !comments?.trim() ? refusals.commentsMandatory() : null;
}

/** What a submit that was not refused asks for, each thing once. */
export const askedIn = ({ recapture_configuration: { tasks, resources } }: RecaptureRequest): Asked => ({
  ref_ids: [...new Set(resources.map(({ ref_id }) => ref_id))],
  task_keys: [...new Set(tasks.map(({ task_key }) => task_key))],
});
