import { createHash } from "node:crypto";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import type { ContentCipher } from "../../shared/gateway/encryption.ts";
import type {
  CaptureLink,
  EncryptedProfile,
  FullProfile,
  ProfileStatusAnswer,
} from "../../shared/gateway/profile.ts";
import { isAllowed } from "../../shared/profile/lifecycle.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import { artifactUrl } from "./artifacts.ts";
import { finishedCaptures } from "./captures.ts";
import { type Finding, findingIn } from "./journeys.ts";
import type { HeldCall, ProfileRecord, ProfileState } from "./profile-record.ts";
import { calledResources, capturedResources, merge, noResources, suppliedResources } from "./resources.ts";
import { sandboxTasks } from "./sandbox-tasks.ts";

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
  const urlOf = (name: string) => artifactUrl(record, name, now);
  const captured =
    gone || state.captures === 0 ? noResources() : capturedResources(finishedCaptures(record, state), urlOf);
  const called = gone || !state.video_call ? noResources() : calledResources(urlOf);
  const resources = merge(merge(supplied, captured), called);
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
    relay_data: gone ? null : (record.relay_data ?? request?.relay_data ?? null),
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

/** The personal parts of a full profile, each a token of its own (contract §9). */
const encryptedParts = async (
  { profile_data, resources, tasks }: FullProfile,
  cipher: ContentCipher,
): Promise<Pick<EncryptedProfile, "encrypted_profile_data" | "encrypted_resources" | "encrypted_tasks">> => ({
  encrypted_profile_data: await cipher.encrypt(profile_data),
  encrypted_resources: await cipher.encrypt(resources),
  encrypted_tasks: await cipher.encrypt(tasks),
});

/** E18 (contract §9.2). */
export async function encryptedProfile(
  profile: FullProfile,
  cipher: ContentCipher,
): Promise<EncryptedProfile> {
  const { profile_id, reference_id, group_id, config, status, status_detail, reviewer_action } = profile;
  return {
    ...(await encryptedParts(profile, cipher)),
    config,
    group_id,
    profile_id,
    purged_at: profile.purged_at,
    reference_id,
    relay_data: profile.relay_data,
    reviewer_action,
    schema_version: profile.schema_version,
    status,
    status_detail,
  };
}

/** W2 (contract §8.2). The resources come under both names that receivers are known to read. */
export async function encryptedNotice(profile: FullProfile, cipher: ContentCipher): Promise<object> {
  const parts = await encryptedParts(profile, cipher);
  return {
    ...parts,
    config: { id: profile.config.id },
    device_info: { final_ipv4: "192.0.2.1" },
    encrypted_resource: parts.encrypted_resources,
    profile_id: profile.profile_id,
    reference_id: profile.reference_id,
    reviewer_action: profile.reviewer_action,
    schema_version: profile.schema_version,
    status: profile.status,
    status_description: profile["status_description"],
    status_detail: profile.status_detail,
    version: profile["version"],
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
  const finding = status === "completed" ? findingIn(record.scenario, state.captures) : null;
  const tasks = sandboxTasks.map((task) => ({
    key: task.key,
    resources: state.captures > 0 ? [...task.resources] : [],
    result: {
      automated_response: status === "completed" ? { confidence: 97 } : null,
      manual_response: state.reviewer_action
        ? { status: verdict }
        : finding && foundIn(task.task_type, finding),
    },
    status,
    task_id: uuidOf(`${record.profile_id}/${task.key}`),
    task_type: task.task_type,
    tasks: [],
  }));
  return state.video_call ? [...tasks, callTask(record, state.video_call)] : tasks;
}

/** An agent's word on a task (contract §4.3). */
const foundIn = (taskType: string, finding: Finding): Record<string, string> =>
  finding === "face-mismatch" && taskType === "validate.face_liveness"
    ? { status: "rejected", status_reason: "Face mismatch with PAN" }
    : { status: "verified" };

/** The task of a call that was held: the agent's word, and the videos of both sides. */
function callTask({ profile_id }: ProfileRecord, call: HeldCall): FullProfile["tasks"][number] {
  const key = "vkyc.assisted_vkyc";
  return {
    key,
    resources: calledResources(() => "").videos.map(({ ref_id }) => ref_id),
    result: {
      automated_response: null,
      manual_response: { remarks: call.agent_remark, status: call.status },
    },
    status: "completed",
    task_id: uuidOf(`${profile_id}/${key}`),
    task_type: key,
    tasks: [],
  };
}

/** The same task keeps its id from one answer to the next. */
function uuidOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
