import type { CreateRequest } from "../../shared/gateway/create.ts";
import type { ContentCipher } from "../../shared/gateway/encryption.ts";
import type { WebhookKind } from "../../shared/gateway/webhooks.ts";
import type { WebhookSlot } from "../../shared/store/secrets.ts";
import { captureItems } from "./captures.ts";
import type { MediaKind } from "./media-types.ts";
import { encryptedNotice, fullProfile } from "./profile-document.ts";
import type { Notice, ProfileRecord } from "./profile-record.ts";
import type { WebhookTargets } from "./webhook-targets.ts";

/** Which of the contract's webhooks (§8) a notice is. */
export function kindOf(
  notice: Notice,
  { kind }: WebhookTargets,
  { encrypted = false }: Pick<ProfileRecord, "encrypted">,
): WebhookKind {
  if (notice.kind === "session") return "W4";
  if (notice.kind === "appointment") return "W5";
  return notice.kind === "creation" ? "W6" : encrypted && kind === "W1" ? "W2" : kind;
}

export const slotOf = (notice: Notice): WebhookSlot =>
  (
    ({
      status: "profile-status",
      session: "capture-session",
      appointment: "scheduling",
      creation: "profile-creation",
    }) as const
  )[notice.kind];

/** The body of a notice. It tells the moment the notice was fired for, less what a purge has erased since. */
export async function webhookBody(
  notice: Notice,
  kind: WebhookKind,
  record: ProfileRecord,
  request: CreateRequest | null,
  now: number,
  cipher: ContentCipher,
): Promise<unknown> {
  const { profile_id, reference_id, config, created_at } = record;
  const { state } = notice;
  const data = (!record.encrypted && request?.data) || {};
  const contact = { email_ids: data.email_ids ?? [], mobile_numbers: data.mobile_numbers ?? [] };
  if (kind === "W3") {
    const status_detail = record.state.status === "purged" ? null : state.status_detail;
    return { profile_id, reference_id, status: state.status, status_detail };
  }
  const call = notice.session?.video_call;
  const silent = record.encrypted || record.state.status === "purged";
  if (kind === "W4")
    return {
      config: { id: config.id },
      pending_resources:
        notice.session?.session_status === "incomplete" ? pendingResources(notice.session.pending ?? []) : {},
      profile_data: { created_at, ...contact },
      profile_id,
      reason: notice.session?.reason ?? "",
      reference_id,
      session_status: notice.session?.session_status,
      status: state.status,
      tag: null,
      video_call: {
        agent_remark: silent ? null : (call?.agent_remark ?? null),
        status: call?.status ?? null,
      },
    };
  if (kind === "W5")
    return {
      profile_id,
      reference_id,
      scheduling_details: {
        action: notice.action,
        end_time: state.appointment?.end_time,
        scheduled_at: state.appointment?.scheduled_at,
        start_time: state.appointment?.start_time,
      },
    };
  if (kind === "W6")
    return {
      config: { id: config.id },
      data: { ...contact, name: fullName(data.name) },
      profile_id,
      status: state.status,
    };
  const profile = fullProfile(record, state, request, now);
  return kind === "W2" ? encryptedNotice(profile, cipher) : profile;
}

const pendingResources = (refIds: readonly string[]) => {
  const of = (kind: MediaKind) =>
    captureItems
      .filter((item) => item.kind === kind && refIds.includes(item.ref_id))
      .map(({ ref_id }) => ref_id);
  return { images: of("image"), text: [], videos: of("video") };
};

/** W6 has the name in one string. */
const fullName = (name: NonNullable<CreateRequest["data"]>["name"]): string =>
  [name?.first_name, name?.middle_name, name?.last_name].filter(Boolean).join(" ");
