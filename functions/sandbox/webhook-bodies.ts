import type { CreateRequest } from "../../shared/gateway/create.ts";
import type { WebhookKind } from "../../shared/gateway/webhooks.ts";
import type { WebhookSlot } from "../../shared/store/secrets.ts";
import { fullProfile } from "./profile-document.ts";
import type { Notice, ProfileRecord } from "./profile-record.ts";
import type { WebhookTargets } from "./webhook-targets.ts";

/** Which of the contract's webhooks (§8) a notice is. */
export function kindOf(notice: Notice, targets: WebhookTargets): WebhookKind {
  if (notice.kind === "session") return "W4";
  return notice.kind === "creation" ? "W6" : targets.kind;
}

export const slotOf = (notice: Notice): WebhookSlot =>
  (({ status: "profile-status", session: "capture-session", creation: "profile-creation" }) as const)[
    notice.kind
  ];

/** The body of a notice. It tells the moment the notice was fired for, less what a purge has erased since. */
export function webhookBody(
  notice: Notice,
  kind: WebhookKind,
  record: ProfileRecord,
  request: CreateRequest | null,
  now: number,
): unknown {
  const { profile_id, reference_id, config, created_at } = record;
  const { state } = notice;
  const data = request?.data ?? {};
  const contact = { email_ids: data.email_ids ?? [], mobile_numbers: data.mobile_numbers ?? [] };
  if (kind === "W3") {
    const status_detail = record.state.status === "purged" ? null : state.status_detail;
    return { profile_id, reference_id, status: state.status, status_detail };
  }
  if (kind === "W4")
    return {
      config: { id: config.id },
      pending_resources:
        notice.session?.session_status === "incomplete"
          ? { images: ["nil.selfie.nil.1.nil"], text: [], videos: [] }
          : {},
      profile_data: { created_at, ...contact },
      profile_id,
      reason: notice.session?.reason ?? "",
      reference_id,
      session_status: notice.session?.session_status,
      status: state.status,
      tag: null,
      video_call: { agent_remark: null, status: null },
    };
  if (kind === "W6")
    return {
      config: { id: config.id },
      data: { ...contact, name: fullName(data.name) },
      profile_id,
      status: state.status,
    };
  return fullProfile(record, state, request, now);
}

/** W6 has the name in one string. */
const fullName = (name: NonNullable<CreateRequest["data"]>["name"]): string =>
  [name?.first_name, name?.middle_name, name?.last_name].filter(Boolean).join(" ");
