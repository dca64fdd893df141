import { createHash } from "node:crypto";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import type { CaptureLink, FullProfile, ProfileStatusAnswer } from "../../shared/gateway/profile.ts";
import { isAllowed } from "../../shared/profile/lifecycle.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import { artifactUrl } from "./artifacts.ts";
import type { ProfileRecord, ProfileState } from "./profile-record.ts";
import { capturedResources, merge, noResources, suppliedResources } from "./resources.ts";

/**
 * The full profile (contract §4.1) in `state`, which may lie behind the record's own. `request` is `null` after a
 * purge: then ids, config and the decision are all that is left (§5.6).
 */
export function fullProfile(
  record: ProfileRecord,
  state: ProfileState,
  request: CreateRequest | null,
  now: number,
): FullProfile {
  const gone = record.state.status === "purged" || request === null;
  const data = request?.data ?? {};
  const supplied = gone ? noResources() : suppliedResources(data);
  const resources =
    gone || state.captures === 0
      ? supplied
      : merge(
          supplied,
          capturedResources((name) => artifactUrl(record, name, now)),
        );
  return {
    config: record.config as FullProfile["config"],
    device_info:
      gone || state.captures === 0 ? {} : { final_ipv4: "192.0.2.1", user_agent: "Sandbox customer" },
    group_id: record.group_id,
    profile_data: {
      completed_at: state.completed_at,
      created_at: record.created_at,
      email_ids: gone ? [] : (data.email_ids ?? []),
      mobile_numbers: gone ? [] : (data.mobile_numbers ?? []),
      notes: null,
      performed_by: gone ? [] : state.performed_by,
      purged_at: state.purged_at,
    },
    profile_id: record.profile_id,
    purged_at: state.purged_at,
    reference_id: record.reference_id,
    relay_data: gone ? null : (request?.relay_data ?? null),
    resources,
    reviewer_action: state.reviewer_action,
    schema_version: "1.0.0",
    status: state.status,
    status_description: gone ? {} : state.status_description,
    status_detail: gone ? null : state.status_detail,
    tag: null,
    tasks: gone ? [] : tasksOf(record, state),
    version: "v1.1",
  };
}

/** E5: exactly five keys (contract §4.4). */
export const statusAnswer = ({ profile_id, reference_id, state }: ProfileRecord): ProfileStatusAnswer => ({
  profile_id,
  reference_id,
  reviewer_action: state.reviewer_action,
  status: state.status,
  status_detail: state.status_detail,
});

/** E1, E6 and E7; `null` where the contract answers 404: no link (yet), or purged. */
export function captureLink({ link, origin, profile_id, state }: ProfileRecord): CaptureLink | null {
  if (!link || !isAllowed("fetchCaptureLink", state.status)) return null;
  const capture_link = `${origin}/captures?t=${link.token}`;
  return { capture_expires_at: link.expires_at, capture_link, profile_id };
}

/** The tasks of every sandbox workflow; E8 offers the same. */
export const sandboxTasks = [
  { key: "fiv_check", task_type: "validate.face_liveness", resources: ["nil.selfie.nil.1.nil"] },
  {
    key: "self_video.capture_and_verify",
    task_type: "self_video.capture_and_verify",
    resources: ["nil.nil.self.1.nil"],
  },
] as const;

const taskStatus: Record<ProfileStatus, string> = {
  pending: "queued",
  capture_pending: "queued",
  recapture_pending: "queued",
  in_progress: "in_progress",
  review_required: "completed",
  completed: "completed",
  failed: "failed",
  cancelled: "cancelled",
  capture_expired: "cancelled",
  purged: "completed",
};

function tasksOf(record: ProfileRecord, state: ProfileState): FullProfile["tasks"] {
  if (!record.link) return [];
  const status = taskStatus[state.status];
  const verdict = state.reviewer_action === "rejected" ? "rejected" : "verified";
  return sandboxTasks.map((task) => ({
    key: task.key,
    resources: state.captures > 0 ? [...task.resources] : [],
    result: {
      automated_response: status === "completed" ? { confidence: 97 } : null,
      manual_response: state.reviewer_action ? { status: verdict } : null,
    },
    status,
    task_id: uuidOf(`${record.profile_id}/${task.key}`),
    task_type: task.task_type,
    tasks: [],
  }));
}

/** The same task keeps its id from one answer to the next. */
function uuidOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
