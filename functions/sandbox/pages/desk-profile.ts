import type { FullProfile } from "../../../shared/gateway/profile.ts";
import { isAllowed, linkOpens } from "../../../shared/profile/lifecycle.ts";
import type { ProfileStatus } from "../../../shared/profile/status.ts";
import { artifactPath } from "../artifacts.ts";
import { captureItems, finishedCaptures, openCaptures, type ShownCapture } from "../captures.ts";
import type { HttpAnswer } from "../http.ts";
import { fullProfile } from "../profile-document.ts";
import type { ProfileRecord } from "../profile-record.ts";
import { recaptureConfig } from "../recapture-offer.ts";
import { MAX_TEXT } from "./desk-acts.ts";
import { type DeskVisit, deskForm, deskPage } from "./desk-page.ts";
import type { Form } from "./form.ts";
import { type Content, type Html, html } from "./html.ts";
import { badge, facts, moment, notice } from "./layout.ts";
import { suppliedRows } from "./supplied-rows.ts";

/** What the page says of the button that led to it; `form` is what was entered when that failed. */
export interface Told {
  status: number;
  tone: "good" | "bad";
  text: string;
  form?: Form;
}

/** A profile as a reviewer sees it: everything that is known of it, and what can be done. */
export async function deskProfile(
  visit: DeskVisit,
  record: ProfileRecord,
  told: Told | null,
): Promise<HttpAnswer> {
  const { sandbox } = visit;
  const { state, reference_id } = record;
  const request = state.status === "purged" ? null : await sandbox.store.request(record.profile_id);
  const now = sandbox.clock.now();
  const profile = fullProfile(record, state, request, now);
  const open = linkOpens(state.status) ? openCaptures(record, state) : [];
  const finished = request ? finishedCaptures(record, state) : [];
  const main = html`
${told && notice(told.tone, html`<p>${told.text}</p>`)}
<p>${badge(tones[state.status], state.status.replaceAll("_", " "))} ${state.reviewer_action && badge(state.reviewer_action === "approved" ? "good" : "bad", state.reviewer_action)}</p>
${state.status_detail && html`<p>${state.status_detail}</p>`}
<div class="halves">
<div>
${open.length > 0 && section("open", "Captured, not handed in yet", pictures(visit, record, open, now))}
${section("captures", "Captured by the customer", pictures(visit, record, finished, now))}
</div>
<div class="side">
${decisions(visit, record, told?.form)}
${calls(visit, record)}
${section("about", "Profile", about(record))}
${section("history", "History", history(record))}
</div>
<div>
${section("supplied", "Supplied by the caller", supplied(request))}
${section("tasks", "Tasks", tasks(profile))}
</div>
</div>`;
  return deskPage(visit, told?.status ?? 200, { title: reference_id, main });
}

const tones: Record<ProfileStatus, "good" | "bad" | "wait" | "plain"> = {
  pending: "plain",
  capture_pending: "plain",
  in_progress: "plain",
  review_required: "wait",
  recapture_pending: "wait",
  completed: "good",
  cancelled: "plain",
  capture_expired: "plain",
  failed: "bad",
  purged: "plain",
};

const section = (id: string, title: string, content: Content): Html =>
  html`<section class="card" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${content}</section>`;

const about = ({ profile_id, reference_id, group_id, config, created_at, link, state }: ProfileRecord) =>
  facts([
    ["Profile", profile_id],
    ["Reference", reference_id],
    ["Group", group_id],
    ["Config", config.id],
    ["Created", moment(created_at)],
    ["Link closes", link?.expires_at && moment(link.expires_at)],
    ["Completed", state.completed_at && moment(state.completed_at)],
    ["Purged", state.purged_at && moment(state.purged_at)],
  ]);

function pictures(
  { root }: DeskVisit,
  record: ProfileRecord,
  captures: readonly ShownCapture[],
  now: number,
): Html {
  if (captures.length === 0) return html`<p class="quiet">Nothing is captured.</p>`;
  const figures = captures.map(({ item, artifact, content_type }) => {
    const address = `${root}${artifactPath(record, artifact, now)}`;
    const shown = content_type.startsWith("image/")
      ? html`<a href="${address}"><img src="${address}" alt="${item.label}: open in full size"></a>`
      : html`<p><a href="${address}">Watch: ${item.label}</a></p>`;
    return html`<li><figure>${shown}<figcaption>${item.label}<br><span class="quiet small">${item.ref_id}</span></figcaption></figure></li>`;
  });
  return html`<ul class="plain pictures">${figures}</ul>`;
}

function supplied(request: object | null): Html {
  const rows = suppliedRows(request);
  return rows.length > 0 ? facts(rows) : html`<p class="quiet">Nothing.</p>`;
}

function tasks(profile: FullProfile): Html {
  if (profile.tasks.length === 0) return html`<p class="quiet">None.</p>`;
  const items = profile.tasks.map(({ key, task_type, status, result }) => {
    const { status: word, remarks } = (result?.manual_response ?? {}) as Record<string, string | undefined>;
    return html`<li><h3>${key} ${badge("plain", status ?? "unknown")}</h3>
<p class="quiet small">${task_type}${word && html` · by a person: ${word}`}</p>${remarks && html`<p>${remarks}</p>`}</li>`;
  });
  return html`<ul class="plain">${items}</ul>`;
}

const verbs = { review: "Reviewed", recapture: "Sent back", video_call: "Held a video call" } as const;

function history({ state }: ProfileRecord): Html {
  if (state.performed_by.length === 0) return html`<p class="quiet">Nobody did anything yet.</p>`;
  const entries = state.performed_by.map(
    ({ performed_at, action, email }) =>
      html`<li><p>${verbs[action]} <span class="quiet small">${moment(performed_at)}<br>${email}</span></p></li>`,
  );
  return html`<ol class="plain">${entries}</ol>`;
}

/** Approve, reject or send back, where the lifecycle lets anybody decide. */
function decisions({ session }: DeskVisit, record: ProfileRecord, entered: Form | undefined): Content {
  const { status } = record.state;
  if (!isAllowed("completeProfile", status)) return null;
  const approve = html`<button class="main" name="act" value="approve">Approve</button>`;
  const reject = html`<div class="field"><label for="reject-reason">Reason</label>
<input id="reject-reason" name="reject-reason" required maxlength="${MAX_TEXT}" value="${entered?.text("reject-reason")}"></div>
<button class="bad" name="act" value="reject">Reject</button>`;
  return section(
    "decide",
    "Decide",
    html`${deskForm(session, approve)}
<h3>Reject</h3>${deskForm(session, reject)}
<h3>Ask for recapture</h3>${deskForm(session, recapture(record, entered))}`,
  );
}

function recapture(record: ProfileRecord, entered: Form | undefined): Html {
  const { configuration, reasons } = recaptureConfig(record);
  const offered = new Set(configuration.resources.map(({ ref_id }) => ref_id));
  const choice = (name: "resource" | "task", value: string, label: Content) =>
    html`<label class="choice"><input type="checkbox" name="${name}" value="${value}"${entered?.all(name).includes(value) && html` checked`}> <span>${label}</span></label>`;
  const resources = [...offered].map((ref_id) =>
    choice("resource", ref_id, captureItems.find((item) => item.ref_id === ref_id)?.label ?? ref_id),
  );
  const redone = configuration.tasks.map(({ task_key }) =>
    choice("task", task_key, html`All that <code>${task_key}</code> works on`),
  );
  const options = reasons.map(
    ({ reason, comments_mandatory }) =>
      html`<option value="${reason}"${entered?.text("reason") === reason && html` selected`}>${reason}${comments_mandatory && " (say more in the comments)"}</option>`,
  );
  return html`<fieldset><legend>What to capture again</legend>${resources}${redone}</fieldset>
<div class="field"><label for="reason">Reason</label><select id="reason" name="reason">${options}</select></div>
<div class="field"><label for="comments">Comments <span class="hint">The customer sees them</span></label>
<textarea id="comments" name="comments" maxlength="${MAX_TEXT}">${entered?.text("comments")}</textarea></div>
<button name="act" value="recapture">Ask for recapture</button>`;
}

/** What an agent can do about the customer's video call, and how the last one ended. */
function calls({ session }: DeskVisit, { state }: ProfileRecord): Content {
  const { call, appointment, video_call } = state;
  const join = html`<button class="main" name="act" value="join">Join the call</button>`;
  if (call?.state === "in_call") {
    const end = html`<div class="field"><label for="remark">Remark</label>
<textarea id="remark" name="remark" maxlength="${MAX_TEXT}"></textarea></div>
<div class="row"><button class="main" name="act" value="end-verified">End: verified</button>
<button class="bad" name="act" value="end-rejected">End: rejected</button>
<button name="act" value="drop">Drop the call</button></div>`;
    return section(
      "call",
      "Video call",
      html`<p>In progress since ${moment(call.since)}, with ${call.agent}.</p>${deskForm(session, end)}`,
    );
  }
  if (call)
    return section(
      "call",
      "Video call",
      html`<p>The customer waits since ${moment(call.since)}.</p>${deskForm(session, join)}`,
    );
  if (appointment?.state === "booked")
    return section(
      "call",
      "Video call",
      html`<p>Booked for ${moment(appointment.start_time)}.</p>${deskForm(session, join)}`,
    );
  if (!video_call) return null;
  return section(
    "call",
    "Video call",
    html`<p>Held, ${badge(video_call.status === "verified" ? "good" : "bad", video_call.status)}</p>${video_call.agent_remark && html`<p>${video_call.agent_remark}</p>`}`,
  );
}
