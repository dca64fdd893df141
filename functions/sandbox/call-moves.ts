import { type Answer, refusals } from "../../shared/gateway/answers.ts";
import type { ConfigUpdate } from "../../shared/gateway/video-calls.ts";
import type { CallMove } from "./journeys.ts";
import { dropSession, finishCall, type Moment, plan, played, step, tell } from "./moves.ts";
import type { Appointment, ProfileRecord, ProfileState } from "./profile-record.ts";
import { timestamp } from "./sandbox.ts";
import {
  freeSlotAt,
  freeSlots,
  isFull,
  isTooLong,
  operatorIsFree,
  queueOfProfile,
  type Switchboard,
} from "./switchboard.ts";

const AGENT = "agent@sandbox.example.com";

/** What an agent says of a call that was held. */
export interface Verdict {
  verdict: "verified" | "rejected";
  remark: string | null;
}

/** Refusals that only people get, on the sandbox's pages; the contract has none for them. */
const conflict = (reason: string): Answer => ({ status: 409, body: { error: "conflict", reason } });

/** The customer wants to talk to an agent now, and waits. Asking again changes nothing. */
export function askForCall(
  record: ProfileRecord,
  switchboard: Switchboard,
  moment: Moment,
): ProfileRecord | Answer {
  const { call } = record.state;
  if (call?.state === "waiting") return record;
  const waiting = { state: "waiting", since: timestamp(moment.now) } as const;
  return outsideCall(record) ?? noRoom(record, switchboard, moment) ?? withState(record, { call: waiting });
}

/** The customer takes a slot (W5) and leaves the queue; an earlier slot is given back. */
export function bookSlot(
  record: ProfileRecord,
  startTime: string,
  everySeconds: number,
  switchboard: Switchboard,
  moment: Moment,
): ProfileRecord | Answer {
  const { appointment: before } = record.state;
  const refusal = outsideCall(record) ?? noRoom(record, switchboard, moment);
  if (refusal) return refusal;
  if (before?.state === "booked" && before.start_time === startTime) return record;
  const slot = freeSlotAt(startTime, freeSlots(switchboard, record, everySeconds, moment));
  if (!slot) return conflict("the slot is not free");
  const appointment: Appointment = { state: "booked", scheduled_at: timestamp(moment.now), ...slot };
  const action = before?.state === "booked" ? "rescheduled" : "scheduled";
  const booked = withState(record, { appointment, call: null });
  return plan(step(tell(booked, [{ kind: "appointment", action }], moment)), moment);
}

/** An agent takes a customer who waits or has a slot, if the queue has an operator left. */
export function joinCall(
  record: ProfileRecord,
  agent: string,
  switchboard: Switchboard,
  moment: Moment,
): ProfileRecord | Answer {
  const { call, appointment } = record.state;
  const booked = appointment?.state === "booked";
  const refusal = outsideCall(record);
  if (refusal) return refusal;
  if (!call && !booked) return conflict("the customer does not wait for a call");
  const queue = queueOfProfile(moment.settings, record);
  if (!operatorIsFree(switchboard, queue, moment)) return conflict("no operator of the queue is free");
  const since = timestamp(moment.now);
  const joined = withState(record, {
    call: { state: "in_call", since, agent, video_kyc_priority: queue.priority },
    ...(booked && { appointment: { ...appointment, state: "kept" } }),
  });
  return plan(step(joined), moment);
}

/** The call broke off, or the customer left the queue: W4 incomplete. */
export function dropCall(
  record: ProfileRecord,
  reason: "customer_drop" | "agent_drop",
  moment: Moment,
): ProfileRecord | Answer {
  const { call } = record.state;
  const dropped = call?.state === "in_call" || (call?.state === "waiting" && reason === "customer_drop");
  return dropped ? dropSession(record, reason, moment) : notInCall(record);
}

/** The call was held to its end: the agent's word is kept, and the journey is finished. */
export function endCall(
  record: ProfileRecord,
  { verdict, remark }: Verdict,
  moment: Moment,
): ProfileRecord | Answer {
  const { call } = record.state;
  if (call?.state !== "in_call") return notInCall(record);
  return finishCall(record, { status: verdict, agent_remark: remark }, call.agent, moment);
}

/** E14: the slot is free again (contract §6.1). */
export const cancelAppointment = (record: ProfileRecord, moment: Moment): ProfileRecord | Answer =>
  endAppointment(record, "cancelled", moment) ?? refusals.unknownAppointment();

/** E15: keys that are given replace the stored ones, others stay (contract §6.2). */
export function reroute(record: ProfileRecord, { config, relay_data }: ConfigUpdate): ProfileRecord {
  const overrides = { ...(record.config.overrides as object | null), ...config.overrides };
  return {
    ...record,
    config: { ...record.config, overrides },
    ...(relay_data !== undefined && { relay_data }),
  };
}

/**
 * What has ended by itself meanwhile: a slot in which nobody met, a call that nobody ended, a wait whose customer
 * went away. `null`: nothing.
 */
export function lapse(record: ProfileRecord, moment: Moment): ProfileRecord | null {
  const { call, appointment } = record.state;
  const over = appointment?.state === "booked" && Date.parse(appointment.end_time) <= moment.now;
  const missed = over ? endAppointment(record, "missed", moment) : null;
  if (!call || !isTooLong(call, moment.now)) return missed;
  const reason = call.state === "in_call" ? "agent_drop" : "customer_drop";
  return dropSession(missed ?? record, reason, moment);
}

/**
 * One step of the scripted customer and agent towards a call that breaks off or is held: a slot is booked, its
 * beginning and a free operator are waited for, the call begins, it ends. With that the turn is over.
 */
export function playCall(
  record: ProfileRecord,
  move: CallMove,
  switchboard: Switchboard,
  moment: Moment,
): ProfileRecord {
  const stepped = callStep(record, move, switchboard, moment);
  return "profile_id" in stepped ? stepped : plan(step(record), moment);
}

function callStep(
  record: ProfileRecord,
  move: CallMove,
  switchboard: Switchboard,
  moment: Moment,
): ProfileRecord | Answer {
  const { call, appointment } = record.state;
  if (call?.state === "in_call")
    return move === "lose-call"
      ? dropCall(played(record), "agent_drop", moment)
      : endCall(played(record), { verdict: "verified", remark: null }, moment);
  if (appointment?.state === "booked")
    return Date.parse(appointment.start_time) <= moment.now
      ? joinCall(record, AGENT, switchboard, moment)
      : conflict("the slot has not begun");
  const everySeconds = moment.settings.scriptedSlotSeconds;
  const [soonest] = freeSlots(switchboard, record, everySeconds, moment);
  return soonest
    ? bookSlot(record, soonest.start_time, everySeconds, switchboard, moment)
    : conflict("no slot is free");
}

/** The refusal of what is only for a customer in capture who is not in a call. */
function outsideCall({ state }: ProfileRecord): Answer | null {
  if (state.status !== "capture_pending") return refusals.wrongState(state.status);
  return state.call?.state === "in_call" ? conflict("the call is in progress") : null;
}

const notInCall = ({ state }: ProfileRecord): Answer =>
  state.status === "capture_pending" ? conflict("no call is in progress") : refusals.wrongState(state.status);

const noRoom = ({ profile_id }: ProfileRecord, switchboard: Switchboard, moment: Moment): Answer | null =>
  !(profile_id in switchboard.lines) && isFull(switchboard, moment)
    ? conflict("the switchboard is full")
    : null;

function endAppointment(
  record: ProfileRecord,
  state: "cancelled" | "missed",
  moment: Moment,
): ProfileRecord | null {
  const { appointment } = record.state;
  if (appointment?.state !== "booked") return null;
  return plan(step(withState(record, { appointment: { ...appointment, state } })), moment);
}

const withState = (record: ProfileRecord, state: Partial<ProfileState>): ProfileRecord => ({
  ...record,
  state: { ...record.state, ...state },
});
