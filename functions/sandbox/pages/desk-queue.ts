import { look } from "../advance.ts";
import { type WaitingCall, waitingCalls } from "../calls.ts";
import type { HttpAnswer } from "../http.ts";
import type { ProfileRecord } from "../profile-record.ts";
import { type DeskVisit, deskPage } from "./desk-page.ts";
import { type Content, type Html, html } from "./html.ts";
import { badge } from "./layout.ts";

/** Everybody of the account who needs a person, the oldest of each kind first. */
export async function deskQueue(visit: DeskVisit): Promise<HttpAnswer> {
  const { sandbox, session, root } = visit;
  const [ids, calls] = await Promise.all([
    sandbox.store.newestProfiles(session.account_id),
    waitingCalls(sandbox, session.account_id),
  ]);
  const found = await Promise.all(ids.toReversed().map((id) => look(sandbox, id)));
  const records = found.filter((record) => record !== null);
  const inStatus = (status: string) => records.filter(({ state }) => state.status === status);
  const now = sandbox.clock.now();
  const row = (record: ProfileRecord, tone: "wait" | "plain", what: string, more?: Content) =>
    caseRow(visit, record, badge(tone, what), html`Created ${age(record.created_at, now)}`, more);
  const groups: [string, Html[]][] = [
    ["To review", inStatus("review_required").map((record) => row(record, "wait", "Review required"))],
    ["Video calls", calls.map((call) => callRow(visit, call, now))],
    [
      "Sent back to the customer",
      inStatus("recapture_pending").map((record) =>
        row(record, "plain", "Recapture pending", record.state.status_description.reason),
      ),
    ],
  ];
  const nobody = groups.every(([, rows]) => rows.length === 0);
  const main = html`
<p class="row"><a class="button" href="${root}desk">Look again</a> <span class="quiet">Newest 100 profiles of ${session.account_id}</span></p>
${nobody && html`<p class="card">Nobody needs you right now.</p>`}
${groups.map(
  ([title, rows], index) =>
    rows.length > 0 &&
    html`<section aria-labelledby="group-${index}"><h2 id="group-${index}">${title} <span class="quiet">(${rows.length})</span></h2>
<ul class="plain">${rows}</ul></section>`,
)}`;
  return deskPage(visit, 200, { title: "Queue", main });
}

const callStates = {
  waiting: { tone: "wait", text: "Waiting", since: "Asked" },
  booked: { tone: "plain", text: "Has a slot", since: "Booked" },
  in_call: { tone: "good", text: "In a call", since: "Began" },
} as const;

function callRow(visit: DeskVisit, call: WaitingCall, now: number): Html {
  const { tone, text, since } = callStates[call.state];
  const more = call.agent === null ? `Queue ${call.video_kyc_priority}` : `With ${call.agent}`;
  return caseRow(visit, call, badge(tone, text), html`${since} ${age(call.since, now)}`, more);
}

function caseRow(
  { root }: DeskVisit,
  { profile_id, reference_id }: { profile_id: string; reference_id: string },
  state: Html,
  since: Html,
  more: Content,
): Html {
  return html`<li class="card case">
<p><a href="${root}desk/profiles/${encodeURIComponent(profile_id)}">${reference_id}</a>${more && html`<br><span class="quiet small">${more}</span>`}</p>
<p>${state}<br><span class="quiet small">${since}</span></p>
</li>`;
}

/** How long ago, in the largest unit that says something. */
function age(at: string, now: number): Html {
  const minutes = Math.max(0, Math.floor((now - Date.parse(at)) / 60_000));
  const [count, unit] =
    minutes < 60
      ? [minutes, "min"]
      : minutes < 2880
        ? [Math.floor(minutes / 60), "h"]
        : [Math.floor(minutes / 1440), "days"];
  return html`<time datetime="${at}">${minutes === 0 ? "just now" : `${count} ${unit} ago`}</time>`;
}
