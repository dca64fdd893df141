import { canBecome, linkOpens } from "../../shared/profile/lifecycle.ts";
import type { ProfileStatus, ReviewerAction } from "../../shared/profile/status.ts";
import { missingItems } from "./captures.ts";
import { type CallMove, isCallMove, journeys, type Move, type Pace, scriptedMove } from "./journeys.ts";
import type {
  Asked,
  HeldCall,
  Job,
  Notice,
  Outgoing,
  PerformedBy,
  ProfileRecord,
  ProfileState,
  StatusDescription,
} from "./profile-record.ts";
import { timestamp } from "./sandbox.ts";
import { MAX_DELAY_SECONDS, type Settings } from "./settings.ts";

/** When a move happens and under which settings; all that these functions know beside the profile. */
export interface Moment {
  now: number;
  settings: Settings;
}

const CHECKER = "checker@sandbox.example.com";
const API_CALLER = "api@sandbox.example.com";

/** A profile that was just accepted. `ready`: its link is there at once (sync), otherwise it is `pending` first. */
export function begin(
  fields: Omit<ProfileRecord, "state" | "version" | "step" | "turns" | "notices" | "outbox" | "created_at">,
  ready: boolean,
  moment: Moment,
): ProfileRecord {
  const record: ProfileRecord = {
    ...fields,
    created_at: timestamp(moment.now),
    state: {
      status: "pending",
      status_detail: null,
      status_description: {},
      reviewer_action: null,
      completed_at: null,
      purged_at: null,
      performed_by: [],
      captures: 0,
      appointment: null,
      call: null,
      video_call: null,
    },
    version: 1,
    step: 1,
    turns: {},
    notices: 0,
    outbox: [],
  };
  return ready ? { ...openLink(record, moment), version: 1 } : plan(record, moment);
}

/** The profile after a scripted move. Throws if the script asks for what the lifecycle forbids. */
export function perform(record: ProfileRecord, move: Exclude<Move, CallMove>, moment: Moment): ProfileRecord {
  const before = played(record);
  switch (move) {
    case "link-ready":
      return openLink(before, moment);
    case "start-tasks":
      return become(before, "in_progress", {}, moment);
    case "drop-session":
      return dropSession(before, "customer_drop", moment);
    case "finish-session":
      return finishSession(before, moment);
    case "ask-review":
      return become(before, "review_required", {}, moment);
    case "auto-close":
      return complete(before, "approved", { status_detail: "auto-close" }, moment);
    case "fail-tasks":
      return become(before, "failed", { status_detail: "Processing failed" }, moment);
    case "send-back":
      return sendBack(
        before,
        { ref_ids: ["nil.selfie.nil.1.nil"], task_keys: [] },
        { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie", comments: null },
        CHECKER,
        moment,
      );
    case "approve":
      return decide(before, "approved", {}, CHECKER, moment);
    case "reject": {
      const reason = "The customer did not return";
      return decide(before, "rejected", { code: null, reason, comments: null }, CHECKER, moment);
    }
  }
}

/** The scripted turn in this status is over. */
export function played(record: ProfileRecord): ProfileRecord {
  const { status } = record.state;
  return { ...record, turns: { ...record.turns, [status]: (record.turns[status] ?? 0) + 1 } };
}

/** E9, or the checker: the customer must redo what is `asked`. A lapsed link gets a new lifetime. */
export function sendBack(
  record: ProfileRecord,
  asked: Asked,
  description: StatusDescription,
  by: string | null,
  moment: Moment,
): ProfileRecord {
  const state = {
    status_description: description,
    performed_by: performed(record, "recapture", by, moment),
  };
  const due = record.link?.expires_at ? Date.parse(record.link.expires_at) <= moment.now : false;
  const sent = { ...(due ? withLifetime(record, moment) : record), asked };
  return become(sent, "recapture_pending", state, moment);
}

/** E10, or the checker's word on a review. */
export function decide(
  record: ProfileRecord,
  action: ReviewerAction,
  description: StatusDescription,
  by: string | null,
  moment: Moment,
): ProfileRecord {
  const state = {
    status_detail: description.reason ?? null,
    status_description: description,
    performed_by: performed(record, "review", by, moment),
  };
  return complete(record, action, state, moment);
}

export const cancel = (record: ProfileRecord, moment: Moment): ProfileRecord =>
  become(record, "cancelled", {}, moment);

export const expire = (record: ProfileRecord, moment: Moment): ProfileRecord =>
  become(record, "capture_expired", {}, moment);

/** Whether the capture link's lifetime is over while the link was still open. */
export const isLapsed = (record: ProfileRecord, now: number): boolean =>
  linkOpens(record.state.status) &&
  record.link?.expires_at != null &&
  Date.parse(record.link.expires_at) <= now;

/** E13: ids, config and the decision stay; what says anything about a person goes, request and captures with it. */
export function purge(record: ProfileRecord, moment: Moment): ProfileRecord {
  const purged = become(
    record,
    "purged",
    {
      status_detail: null,
      status_description: {},
      performed_by: [],
      appointment: null,
      video_call: null,
      purged_at: timestamp(moment.now),
    },
    moment,
    true,
  );
  const outbox: Outgoing[] = [...purged.outbox, { dueAt: moment.now, job: { kind: "erase" } }];
  const { relay_data: _, ...kept } = purged;
  return { ...kept, captured: [], outbox };
}

function openLink(record: ProfileRecord, moment: Moment): ProfileRecord {
  const opened = withStatus(withLifetime(record, moment), "capture_pending", {});
  return plan(step(tell(opened, [{ kind: "creation" }], moment)), moment);
}

/** The customer did all that was asked for: everything is captured, and the tasks begin. */
export const finishSession = (record: ProfileRecord, moment: Moment): ProfileRecord =>
  finish(record, {}, moment);

/** The same in a call with an agent, who says what came of it. */
export function finishCall(
  record: ProfileRecord,
  held: HeldCall,
  agent: string,
  moment: Moment,
): ProfileRecord {
  const performed_by = performed(record, "video_call", agent, moment);
  return finish(record, { video_call: held, performed_by }, moment);
}

function finish(
  record: ProfileRecord,
  held: Partial<Pick<ProfileState, "video_call" | "performed_by">>,
  moment: Moment,
): ProfileRecord {
  const told = tellSession(record, "complete", "", moment, held.video_call);
  const state = { ...held, captures: record.state.captures + 1, status_description: {} };
  return become(told, "in_progress", state, moment);
}

/** Whether the customer's session ended unfinished, and nothing was done since. */
export const wasLeft = ({ left, version }: ProfileRecord): boolean => left === version;

/** A journey that ended before its end: the receiver is told, the profile stays as it is. */
export const dropSession = (
  record: ProfileRecord,
  reason: "customer_drop" | "agent_drop",
  moment: Moment,
): ProfileRecord => {
  // As the version that is now to be written.
  const dropped = { ...record, left: record.version + 1, state: { ...record.state, call: null } };
  return plan(step(tellSession(dropped, "incomplete", reason, moment)), moment);
};

const complete = (
  record: ProfileRecord,
  action: ReviewerAction,
  state: Partial<ProfileState>,
  moment: Moment,
): ProfileRecord =>
  become(
    record,
    "completed",
    { ...state, reviewer_action: action, completed_at: timestamp(moment.now) },
    moment,
  );

/** A change of status: told to the receiver of status webhooks, and followed by whatever the script says. */
function become(
  record: ProfileRecord,
  status: ProfileStatus,
  state: Partial<ProfileState>,
  moment: Moment,
  anyState = false,
): ProfileRecord {
  const { status: from } = record.state;
  if (!anyState && !canBecome(from, status)) throw new Error(`no move from ${from} to ${status}`);
  const changed = withStatus(record, status, { ...withoutCalls(record.state), ...state });
  return plan(step(tell(changed, [{ kind: "status" }], moment)), moment);
}

/** Calls and slots are for the capture alone: whatever ends it ends them. */
const withoutCalls = ({ appointment }: ProfileState): Partial<ProfileState> => ({
  call: null,
  ...(appointment?.state === "booked" && { appointment: { ...appointment, state: "cancelled" } }),
});

const withStatus = (
  record: ProfileRecord,
  status: ProfileStatus,
  state: Partial<ProfileState>,
): ProfileRecord => ({ ...record, state: { ...record.state, ...state, status } });

function withLifetime(record: ProfileRecord, { now, settings }: Moment): ProfileRecord {
  if (!record.link) return record;
  const short = journeys[record.scenario].link === "short";
  const seconds = short ? settings.shortLinkLifetimeSeconds : settings.linkLifetimeSeconds;
  const expires_at = seconds === 0 ? null : timestamp(now + seconds * 1000);
  return { ...record, link: { ...record.link, expires_at } };
}

export const step = (record: ProfileRecord): ProfileRecord => ({ ...record, step: record.step + 1 });

const tellSession = (
  record: ProfileRecord,
  session_status: "complete" | "incomplete",
  reason: string,
  moment: Moment,
  video_call: HeldCall | null = null,
): ProfileRecord => {
  const missing = session_status === "incomplete" ? missingItems(record, record.state) : [];
  const pending = missing.map(({ ref_id }) => ref_id);
  return tell(
    record,
    [{ kind: "session", session: { session_status, reason, pending, video_call } }],
    moment,
  );
};

/** Adds notices to the outbox. Those of one move share a job, which posts them in order. */
export function tell(
  record: ProfileRecord,
  notices: Pick<Notice, "kind" | "session" | "action">[],
  { now }: Moment,
): ProfileRecord {
  const numbered = notices.map((notice, index) => ({
    ...notice,
    id: `${record.profile_id}.${record.notices + index + 1}`,
    state: record.state,
  }));
  const last = record.outbox.at(-1);
  const joins = last?.job.kind === "deliver" && last.dueAt === now;
  const together: Outgoing = {
    dueAt: now,
    job: {
      kind: "deliver",
      account_id: record.account_id,
      profile_id: record.profile_id,
      notices: [...(joins && last.job.kind === "deliver" ? last.job.notices : []), ...numbered],
      attempt: 0,
      faultsDrawn: false,
    },
  };
  const outbox = [...(joins ? record.outbox.slice(0, -1) : record.outbox), together];
  return { ...record, notices: record.notices + numbered.length, outbox };
}

/** Adds what happens next by itself: the script's move, and the end of the link where the queue reaches that far. */
export function plan(record: ProfileRecord, moment: Moment): ProfileRecord {
  const { profile_id, scenario, state, turns, link } = record;
  const { now } = moment;
  const jobs: { dueAt: number; job: Job }[] = [];
  const next = scriptedMove(scenario, state.status, turns[state.status] ?? 0);
  if (next) {
    const dueAt = dueOf(next, state, moment);
    jobs.push({ dueAt, job: { kind: "journey", profile_id, step: record.step } });
  }
  const end = link?.expires_at ? Date.parse(link.expires_at) : null;
  if (end !== null && linkOpens(state.status) && end - now <= MAX_DELAY_SECONDS * 1000)
    jobs.push({ dueAt: end, job: { kind: "expiry", profile_id } });
  return { ...record, outbox: [...record.outbox, ...jobs] };
}

/** A slot that is booked is waited for. Nothing of a call is due at once: who is busy is asked again and again. */
function dueOf(
  { move, after }: { move: Move; after: Pace },
  { appointment }: ProfileState,
  { now, settings }: Moment,
): number {
  const usual = now + settings[after] * 1000;
  if (!isCallMove(move)) return usual;
  const begins = appointment?.state === "booked" ? Date.parse(appointment.start_time) : usual;
  return Math.max(begins, now + 1000);
}

const performed = (
  record: ProfileRecord,
  action: PerformedBy["action"],
  by: string | null,
  { now }: Moment,
): PerformedBy[] => [
  ...record.state.performed_by,
  {
    performed_at: timestamp(now),
    action,
    email: by ?? API_CALLER,
    account_id: record.account_id,
  },
];
