import { change } from "../../functions/sandbox/advance.ts";
import {
  askForCall,
  bookSlot,
  dropCall,
  endCall,
  freeSlots,
  joinCall,
} from "../../functions/sandbox/calls.ts";
import { type CallMove, isCallMove, type Move } from "../../functions/sandbox/journeys.ts";
import { perform } from "../../functions/sandbox/moves.ts";
import type { ProfileRecord } from "../../functions/sandbox/profile-record.ts";
import type { Sandbox } from "../../functions/sandbox/sandbox.ts";
import { isTooLong } from "../../functions/sandbox/switchboard.ts";
import { refusals } from "../../shared/gateway/answers.ts";
import { type EndpointName, endpoints } from "../../shared/gateway/endpoints.ts";
import { type GatewayEvent, gatewayEvents } from "../../shared/profile/lifecycle.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";

/** What happens to a profile at the gateway. */
export type Occurrence = GatewayEvent | EndpointName;

/** The requests that make a profile, and those that are about one. */
export const creates = names((path) => path.endsWith("/profiles"));
export const operations = names((path) => path.includes("{id}") || path.includes("/appointments/"));

function names(isOne: (path: string) => boolean): EndpointName[] {
  return (Object.keys(endpoints) as EndpointName[]).filter((name) => isOne(endpoints[name].path));
}

/** What had ended by itself when somebody looked, and was written down before anything else. */
export function ended(before: ProfileRecord, after: ProfileRecord, now: number): GatewayEvent[] {
  const { call, appointment } = before.state;
  return [
    ...(after.state.status === "capture_expired" ? (["link-expires"] as const) : []),
    ...(appointment?.state === "booked" && after.state.appointment?.state === "missed"
      ? (["miss-slot"] as const)
      : []),
    ...(call && isTooLong(call, now) ? (["drop-call"] as const) : []),
  ];
}

/** What a scripted move did; those of a call take several steps, and wait in between. */
export function played(move: Move, before: ProfileRecord, after: ProfileRecord): GatewayEvent | null {
  if (!isCallMove(move)) return move;
  if (before.state.call?.state === "in_call") return move === "lose-call" ? "drop-call" : "end-call";
  if (after.state.call?.state === "in_call") return "join-call";
  const isBooked = ({ state }: ProfileRecord) => state.appointment?.state === "booked";
  return !isBooked(before) && isBooked(after) ? "book-slot" : null;
}

type Act = (sandbox: Sandbox, profileId: string) => Promise<unknown>;

/** A scripted move, which the script did not foresee here. */
const move =
  (name: Exclude<Move, CallMove>): Act =>
  (sandbox, profileId) =>
    change(sandbox, profileId, (record, moment) => {
      const { status, call } = record.state;
      const allowed: readonly ProfileStatus[] = gatewayEvents[name].allowed;
      // A profile has a link, or begins without.
      const isItsWay = status !== "pending" || (record.link !== null) === (name === "link-ready");
      return allowed.includes(status) && isItsWay && call?.state !== "in_call"
        ? perform(record, name, moment)
        : refusals.wrongState(status);
    });

const REVIEWER = "reviewer@example.com";

/** What customers, agents, checkers and machines do of their own accord, where the profile's status lets them. */
export const acts = {
  "link-ready": move("link-ready"),
  "start-tasks": move("start-tasks"),
  "book-slot": async (sandbox, profileId) => {
    const [slot] = await freeSlots(sandbox, profileId);
    if (slot) await bookSlot(sandbox, profileId, slot.start_time);
  },
  "ask-for-call": askForCall,
  "join-call": (sandbox, profileId) => joinCall(sandbox, profileId, REVIEWER),
  "drop-call": (sandbox, profileId) => dropCall(sandbox, profileId, "agent_drop"),
  "end-call": (sandbox, profileId) => endCall(sandbox, profileId, { verdict: "verified", remark: null }),
  "drop-session": move("drop-session"),
  "finish-session": move("finish-session"),
  "ask-review": move("ask-review"),
  "auto-close": move("auto-close"),
  "fail-tasks": move("fail-tasks"),
  "send-back": move("send-back"),
  approve: move("approve"),
  reject: move("reject"),
} satisfies Partial<Record<GatewayEvent, Act>>;
export type Actable = keyof typeof acts;
