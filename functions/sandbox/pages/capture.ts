import { type Answer, refusals } from "../../../shared/gateway/answers.ts";
import { linkOpens } from "../../../shared/profile/lifecycle.ts";
import type { ProfileStatus } from "../../../shared/profile/status.ts";
import { change, look } from "../advance.ts";
import { askForCall, bookSlot, dropCall } from "../calls.ts";
import { askedItems, type CaptureItem, captureOf, missingItems, withCapture } from "../captures.ts";
import type { HttpAnswer, HttpRequest } from "../http.ts";
import { type MediaKind, mediaTypeOf, mediaTypes } from "../media-types.ts";
import { dropSession, finishSession, wasLeft } from "../moves.ts";
import type { Capture, ProfileRecord } from "../profile-record.ts";
import type { Sandbox } from "../sandbox.ts";
import { captureView, type NoteName, notes } from "./capture-view.ts";
import { type Form, readForm } from "./form.ts";
import { type Content, html } from "./html.ts";
import { seeOther, shortPage } from "./layout.ts";

/** All that one form may bring: an HTTP API and a Lambda take 6 MB, in base64. */
const MAX_UPLOAD_BYTES = 4 * 1024 * 1024;

/** One form of a customer whose link is open. */
interface Visit {
  sandbox: Sandbox;
  record: ProfileRecord;
  form: Form;
  requestBytes: number;
}

/** What became of it: the page again, with a note or with what is wrong. */
type Outcome = { note: NoteName; item?: CaptureItem } | { status: number; problem: Content };

/** The customer's page behind the capture link. Its token is all that a visitor needs, and all that forms carry. */
export async function capture(sandbox: Sandbox, request: HttpRequest): Promise<HttpAnswer> {
  const token = request.query.get("t") ?? "";
  const profileId = token === "" ? null : await sandbox.store.findByLink(token);
  const record = profileId === null ? null : await look(sandbox, profileId);
  if (!record) return shortPage(404, "Unknown link", "Please check that you opened the whole link.");
  if (!linkOpens(record.state.status)) return closed(record);
  if (request.method === "GET") {
    const note = notes.get(request.query.get("note") as NoteName);
    return captureView(sandbox, record, 200, note && { tone: "good", text: note });
  }
  const form = await readForm(request);
  if (!form) return captureView(sandbox, record, 400, { tone: "bad", text: "This form could not be read." });
  // A form that is sent by the enter key names no button.
  const act = Object.hasOwn(acts, form.text("act")) ? (form.text("act") as keyof typeof acts) : "upload";
  const outcome = await acts[act]({ sandbox, record, form, requestBytes: request.bytes.length });
  if ("note" in outcome) {
    const query = new URLSearchParams({ t: token, note: outcome.note });
    return seeOther(`captures?${query}${outcome.item ? `#${outcome.item.ref_id}` : ""}`);
  }
  const now = (await look(sandbox, record.profile_id)) ?? record;
  if (!linkOpens(now.state.status)) return closed(now);
  return captureView(sandbox, now, outcome.status, { tone: "bad", text: outcome.problem });
}

/** What the page's buttons do. */
const acts = {
  async upload(visit) {
    const { sandbox, record, form, requestBytes } = visit;
    const item = askedItem(visit);
    if (!item) return notAsked;
    const bytes = await form.file("file");
    if (bytes.length === 0) return refused(422, `${item.label}: choose a file first, or use the sample.`);
    if (requestBytes > MAX_UPLOAD_BYTES)
      return refused(413, `${item.label}: the file is too large. At most 4 MB are taken.`);
    const content_type = mediaTypeOf(bytes);
    if (!content_type || !accepts(item.kind, content_type))
      return refused(422, `${item.label}: this is not ${wanted[item.kind]}.`);
    const upload = sandbox.ids.token();
    await sandbox.store.saveUpload(record.profile_id, upload, bytes);
    const outcome = await keep(visit, item, { upload, content_type });
    if (!("note" in outcome)) await sandbox.store.eraseUpload(record.profile_id, upload);
    return outcome;
  },

  async sample(visit) {
    const item = askedItem(visit);
    return item ? keep(visit, item, { upload: null, content_type: "image/png" }) : notAsked;
  },

  async finish({ sandbox, record }) {
    let missing: readonly CaptureItem[] = [];
    const changed = await change(sandbox, record.profile_id, (now, moment) => {
      if (!linkOpens(now.state.status)) return refusals.wrongState(now.state.status);
      if (now.state.call?.state === "in_call") return unfinished("hang up first");
      missing = missingItems(now, now.state);
      return missing.length > 0 ? unfinished("items are missing") : finishSession(now, moment);
    });
    if (missing.length === 0) return noted("finished", changed);
    const links = missing.map(({ ref_id, label }) => html`<li><a href="#${ref_id}">${label}</a></li>`);
    return {
      status: 422,
      problem: html`<p>You cannot finish yet. This is still missing:</p><ul>${links}</ul>`,
    };
  },

  async leave({ sandbox, record }) {
    const changed = await change(sandbox, record.profile_id, (now, moment) => {
      if (!linkOpens(now.state.status)) return refusals.wrongState(now.state.status);
      return wasLeft(now) ? now : dropSession(now, "customer_drop", moment);
    });
    return noted("left", changed);
  },

  call: async ({ sandbox, record }) => noted("waiting", await askForCall(sandbox, record.profile_id)),
  book: async ({ sandbox, record, form }) =>
    noted("booked", await bookSlot(sandbox, record.profile_id, form.text("slot"))),
  "hang-up": async ({ sandbox, record }) =>
    noted("hung-up", await dropCall(sandbox, record.profile_id, "customer_drop")),
} satisfies Record<string, (visit: Visit) => Promise<Outcome>>;

const unfinished = (reason: string): Answer => ({ status: 422, body: { error: "conflict", reason } });

const wanted: Record<MediaKind, string> = {
  image: "a PNG, JPEG or WebP image",
  video: "an MP4 or WebM video",
};
const accepts = (kind: MediaKind, type: string): boolean =>
  (mediaTypes[kind] as readonly string[]).includes(type);

const refused = (status: number, text: string): Outcome => ({ status, problem: html`<p>${text}</p>` });
const notAsked = refused(422, "This item is not asked for.");

const askedItem = ({ record, form }: Visit): CaptureItem | undefined =>
  askedItems(record, record.state).find(({ ref_id }) => ref_id === form.text("item"));

/** Notes what was captured, if it is still asked for. What it replaces is erased. */
async function keep(
  { sandbox, record: { profile_id } }: Visit,
  item: CaptureItem,
  capture: Pick<Capture, "upload" | "content_type">,
): Promise<Outcome> {
  let replaced: string | null = null;
  const changed = await change(sandbox, profile_id, (now) => {
    if (!linkOpens(now.state.status)) return refusals.wrongState(now.state.status);
    if (!askedItems(now, now.state).includes(item)) return refusals.invalidRecaptureConfiguration();
    replaced = captureOf(now, now.state, item)?.upload ?? null;
    return withCapture(now, { ref_id: item.ref_id, ...capture });
  });
  if (!changed || "refusal" in changed) return explained(changed);
  if (replaced !== null) await sandbox.store.eraseUpload(profile_id, replaced);
  return { note: "captured", item };
}

type Changed = Awaited<ReturnType<typeof askForCall>>;

const noted = (note: NoteName, changed: Changed): Outcome =>
  changed && "record" in changed ? { note } : explained(changed);

/** A refusal in the words that it came with, which are ours. */
function explained(changed: Changed): Outcome {
  const refusal = changed && "refusal" in changed ? changed.refusal : null;
  const reason = (refusal?.body as { reason?: string } | undefined)?.reason ?? "nothing could be done";
  return refused(refusal?.status ?? 409, `That did not work: ${reason}.`);
}

/** A link that does not open any more says why, but not what was decided. */
function closed({ state }: ProfileRecord): HttpAnswer {
  const [title, text] = closings[state.status] ?? ["This link is closed", "Nothing more is to be done here."];
  return shortPage(410, title, text);
}

const received: [string, string] = [
  "Thank you",
  "Everything has been handed in. Nothing more is to be done here; you can close this page.",
];
const closings: Partial<Record<ProfileStatus, [string, string]>> = {
  in_progress: received,
  review_required: received,
  capture_expired: ["This link has expired", "Please ask whoever sent it to you for a new one."],
  cancelled: ["This link is closed", "Whoever sent it to you has withdrawn it."],
};
