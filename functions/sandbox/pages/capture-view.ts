import { artifactPath } from "../artifacts.ts";
import { freeSlots } from "../calls.ts";
import { askedItems, type CaptureItem, captureOf } from "../captures.ts";
import type { HttpAnswer } from "../http.ts";
import { scriptedMove } from "../journeys.ts";
import { mediaTypes } from "../media-types.ts";
import type { LiveCall, ProfileRecord } from "../profile-record.ts";
import type { Sandbox } from "../sandbox.ts";
import { type Content, type Html, html } from "./html.ts";
import { badge, moment, notice, page, readable } from "./layout.ts";

/** What a visitor is told after a form was taken. The address carries the name only. */
export const notes = new Map([
  ["captured", "Captured."],
  ["left", "You left. What you captured is kept: come back to this page whenever you like."],
  ["waiting", "You are in the queue for a video call."],
  ["booked", "Your video call is booked."],
  ["hung-up", "You hung up. You can go on by yourself, or ask for an agent again."],
  ["finished", "Everything has been handed in."],
] as const);
export type NoteName = typeof notes extends Map<infer Name, string> ? Name : never;

/** The page of a customer whose link is open: what is asked for, what is done, and ways to go on. */
export async function captureView(
  sandbox: Sandbox,
  record: ProfileRecord,
  status: number,
  told: { tone: "good" | "bad"; text: Content } | undefined,
): Promise<HttpAnswer> {
  const { state, link } = record;
  const now = sandbox.clock.now();
  const items = askedItems(record, state);
  const done = items.filter((item) => captureOf(record, state, item)).length;
  const again = state.status === "recapture_pending";
  const call = again ? null : await callCard(sandbox, record);
  const calling = state.call || state.appointment?.state === "booked";
  const main = html`
${told && notice(told.tone, told.text)}
${again ? sentBack(record) : html`<p>Please capture the following. You can take pictures with this device, or upload files.</p>`}
<p><strong>${done} of ${items.length} captured</strong>${link?.expires_at && html`<span class="quiet"> · This link closes on ${moment(link.expires_at)}</span>`}</p>
${calling && call}
<ol class="plain">${items.map((item) => html`<li>${itemCard(record, item, now)}</li>`)}</ol>
${state.call?.state !== "in_call" && ending(done === items.length)}
${!calling && call}
${
  scriptedMove(record.scenario, state.status, record.turns[state.status] ?? 0) &&
  html`<p class="quiet small">A scripted customer plays this profile, too. Whoever is faster moves it on.</p>`
}`;
  return page(status, { title: again ? "Please capture this once more" : "Your onboarding", main });
}

function sentBack({ state }: ProfileRecord): Html {
  const { reason, comments } = state.status_description;
  return notice(
    "wait",
    html`<p>Something of what you captured needs to be done again${reason && html`: <strong>${reason}</strong>`}.</p>
${comments && html`<p>${comments}</p>`}`,
  );
}

function itemCard(record: ProfileRecord, item: CaptureItem, now: number): Html {
  const { ref_id, label, hint } = item;
  const capture = captureOf(record, record.state, item);
  const form = itemForm(item);
  return html`<section class="card" id="${ref_id}" aria-labelledby="${ref_id}-label">
<h2 id="${ref_id}-label">${label} ${capture ? badge("good", "Done") : badge("wait", "Missing")}</h2>
<p class="quiet">${hint}</p>
${
  capture
    ? html`${preview(record, item, capture, now)}<details><summary>Capture it again</summary>${form}</details>`
    : form
}
</section>`;
}

function preview(
  record: ProfileRecord,
  { label, sample }: CaptureItem,
  { upload, content_type }: { upload: string | null; content_type: string },
  now: number,
): Html {
  const address = artifactPath(record, upload ?? sample, now);
  return content_type.startsWith("image/")
    ? html`<img class="preview" src="${address}" alt="${label}, as captured">`
    : html`<p><a href="${address}">Watch your video</a></p>`;
}

function itemForm({ ref_id, label, kind, camera }: CaptureItem): Html {
  return html`<form method="post" enctype="multipart/form-data">
<input type="hidden" name="item" value="${ref_id}">
<div class="field">
<label for="${ref_id}-file">${kind === "video" ? "Video" : "Picture"} <span class="hint">${kind === "video" ? "MP4 or WebM" : "PNG, JPEG or WebP"}, at most 4 MB</span></label>
<input type="file" id="${ref_id}-file" name="file" accept="${mediaTypes[kind].join(",")}" capture="${camera}" required>
</div>
<div class="row">
<button class="main" name="act" value="upload" aria-label="Upload: ${label}">Upload</button>
<button name="act" value="sample" formnovalidate aria-label="Use a sample: ${label}">Use a sample</button>
</div>
</form>`;
}

const ending = (ready: boolean): Html => html`<div class="row">
<form method="post"><button ${ready && html`class="main"`} name="act" value="finish">Finish</button></form>
<form method="post"><button name="act" value="leave">Leave, and go on later</button></form>
</div>`;

/** A call in place of doing all alone: to ask for one, to wait, to book a time, to hang up. */
async function callCard(sandbox: Sandbox, record: ProfileRecord): Promise<Html> {
  const { call, appointment } = record.state;
  const booked = appointment?.state === "booked" ? appointment : null;
  const content =
    call?.state === "in_call"
      ? inCall(record, call)
      : html`${booked && notice("wait", html`<p>Your call is booked for <strong>${moment(booked.start_time)}</strong>, until ${moment(booked.end_time)}. Open this page again at that time.</p>`)}
${call ? waiting(record, call) : html`<p>An agent can go through this with you.</p>${button("call", "Talk to an agent")}`}
${(call || booked) && (await slotForm(sandbox, record, booked !== null))}`;
  return html`<section class="card" aria-labelledby="call"><h2 id="call">Video call</h2>${content}</section>`;
}

const inCall = (record: ProfileRecord, { since }: LiveCall): Html =>
  html`${notice("good", html`<p>You are in a call since ${moment(since)}. The agent ends it; this sandbox has neither sound nor picture.</p>`)}
${lookAgain(record)}${button("hang-up", "Hang up")}`;

const waiting = (record: ProfileRecord, { since }: LiveCall): Html =>
  html`<p>You are waiting since ${moment(since)}. No agent has joined yet.</p>
${lookAgain(record)}${button("hang-up", "Stop waiting")}`;

/** Without the note of the last form. */
const lookAgain = ({ link }: ProfileRecord): Html =>
  html`<p><a href="captures?t=${encodeURIComponent(link?.token ?? "")}">Look again</a> to see whether anything changed.</p>`;

const button = (act: string, text: string): Html =>
  html`<form method="post"><button name="act" value="${act}">${text}</button></form>`;

async function slotForm(sandbox: Sandbox, record: ProfileRecord, booked: boolean): Promise<Html> {
  const slots = await freeSlots(sandbox, record.profile_id);
  if (slots.length === 0) return html`<p class="quiet">No time can be booked.</p>`;
  const options = slots.map(
    ({ start_time }) => html`<option value="${start_time}">${readable(start_time)}</option>`,
  );
  return html`<form method="post">
<div class="field"><label for="slot">${booked ? "Another time" : "Or book a time"}</label>
<select id="slot" name="slot">${options}</select></div>
<button name="act" value="book">Book this time</button>
</form>`;
}
