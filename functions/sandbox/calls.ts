import { type Changed, change, look, momentOf } from "./advance.ts";
import * as callMoves from "./call-moves.ts";
import { isLapsed, type Moment } from "./moves.ts";
import type { ProfileRecord, Slot } from "./profile-record.ts";
import type { Sandbox } from "./sandbox.ts";
import * as switchboard from "./switchboard.ts";

/** What people do about video calls, on the sandbox's pages. */

/** So many slots are offered. */
const OFFERED_SLOTS = 8;

export interface WaitingCall {
  profile_id: string;
  reference_id: string;
  /** Of the queue that the profile is in, whatever was asked for. */
  video_kyc_priority: number;
  state: "waiting" | "in_call" | "booked";
  since: string;
  agent: string | null;
}

/** The next slots that have capacity in the profile's queue; none for a profile that is not in capture. */
export async function freeSlots(sandbox: Sandbox, profileId: string): Promise<Slot[]> {
  const record = await look(sandbox, profileId);
  if (record?.state.status !== "capture_pending") return [];
  const seen = await sandbox.store.switchboard(record.account_id);
  const { slotSeconds } = sandbox.settings;
  const offered: Slot[] = [];
  for (const slot of switchboard.freeSlots(seen, record, slotSeconds, momentOf(sandbox)))
    if (offered.push(slot) === OFFERED_SLOTS) break;
  return offered;
}

/** `startTime` as `freeSlots` gave it. */
export const bookSlot = (sandbox: Sandbox, profileId: string, startTime: string): Changed =>
  change(sandbox, profileId, async (record, moment, seen) =>
    callMoves.bookSlot(record, startTime, sandbox.settings.slotSeconds, await seen(), moment),
  );

export const askForCall = (sandbox: Sandbox, profileId: string): Changed =>
  change(sandbox, profileId, async (record, moment, seen) =>
    callMoves.askForCall(record, await seen(), moment),
  );

/** Everybody whom the account's agents see: by queue, then by how long they wait, talk or have had their slot. */
export async function waitingCalls(sandbox: Sandbox, accountId: string): Promise<WaitingCall[]> {
  const { lines } = await sandbox.store.switchboard(accountId);
  const moment = momentOf(sandbox);
  const records = await Promise.all(Object.keys(lines).map((profileId) => sandbox.store.read(profileId)));
  return records
    .flatMap((record) => (record ? waitingCall(record, moment) : []))
    .sort((a, b) => a.video_kyc_priority - b.video_kyc_priority || a.since.localeCompare(b.since));
}

export const joinCall = (sandbox: Sandbox, profileId: string, agentEmail: string): Changed =>
  change(sandbox, profileId, async (record, moment, seen) =>
    callMoves.joinCall(record, agentEmail, await seen(), moment),
  );

export const dropCall = (
  sandbox: Sandbox,
  profileId: string,
  reason: "customer_drop" | "agent_drop",
): Changed => change(sandbox, profileId, (record, moment) => callMoves.dropCall(record, reason, moment));

export const endCall = (sandbox: Sandbox, profileId: string, verdict: callMoves.Verdict): Changed =>
  change(sandbox, profileId, (record, moment) => callMoves.endCall(record, verdict, moment));

/** As a look would find it, which writes what has lapsed: nobody's list is the place for that. */
function waitingCall(read: ProfileRecord, moment: Moment): WaitingCall[] {
  const record = callMoves.lapse(read, moment) ?? read;
  if (isLapsed(record, moment.now) || !switchboard.lineOf(record)) return [];
  const { profile_id, reference_id, state } = record;
  const { call, appointment } = state;
  const inCall = call?.state === "in_call" ? call : null;
  return [
    {
      profile_id,
      reference_id,
      video_kyc_priority:
        inCall?.video_kyc_priority ?? switchboard.queueOfProfile(moment.settings, record).priority,
      state: call?.state ?? "booked",
      since: call?.since ?? appointment?.scheduled_at ?? "",
      agent: inCall?.agent ?? null,
    },
  ];
}
