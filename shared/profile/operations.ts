import { isAllowed, linkOpens } from "./lifecycle.ts";
import type { Wait } from "./next.ts";
import { isReminded } from "./notices.ts";
import type { ProfileStatus } from "./status.ts";

/** What an operator may do to an onboarding, by the words of the API and of the command line. */
export const operatorActions = [
  "recheck",
  "resend-link",
  "remind",
  "recapture",
  "approve",
  "reject",
  "cancel",
  "purge",
  "hold",
  "release",
  "restart",
] as const;
export type OperatorAction = (typeof operatorActions)[number];

/** What each of them does, in plain words. */
export const operatorActionWords: Record<OperatorAction, string> = {
  recheck: "ask the gateway now and go on if there is news",
  "resend-link": "publish the capture link once more, as CaptureLinkReady",
  remind: "publish CaptureReminderDue now",
  recapture: "send the customer back to redo items",
  approve: "approve the profile at the gateway",
  reject: "reject the profile at the gateway",
  cancel: "cancel the profile at the gateway: its link ends",
  purge: "erase the customer's data now, at the gateway and with us",
  hold: "put it under legal hold: nothing of it is erased until it is released",
  release: "end the legal hold: what is due by now is done",
  restart: "start a new execution for one whose execution is gone",
};

/** As much of an onboarding as decides what may be done. */
export interface Situation {
  /** The gateway's last known word or a fresh one; `null` while there is no profile. */
  status: ProfileStatus | null;
  state: Wait | null;
  link_ready: boolean;
  held: boolean;
  /** The purge of our copy has begun. */
  purging: boolean;
  /** It is purged, or was refused for good: nothing is left to be done. */
  ended: boolean;
  /** Whether an execution runs for it; left out: nobody asked. */
  driven?: boolean;
}

/** The situation of an onboarding as its claim and its record tell it. */
export const situationOf = (
  claim: { released: boolean },
  record: {
    status: ProfileStatus;
    state: Wait | null;
    link_ready: boolean;
    held: object | null;
    purging: boolean;
    purged_at: number | null;
  } | null,
): Situation => ({
  status: record?.status ?? null,
  state: record?.state ?? null,
  link_ready: record?.link_ready ?? false,
  held: record?.held != null,
  purging: record?.purging ?? false,
  ended: claim.released || record?.purged_at != null,
});

/** Why we do not do an action, whatever the gateway would say; `null`: nothing of ours is against it. */
export function barred(action: OperatorAction, situation: Situation): string | null {
  const { status, held, purging, ended, driven } = situation;
  if (ended) return "the onboarding has ended";
  switch (action) {
    case "recheck":
      return driven === false ? "no execution runs for it: restart it" : null;
    case "restart":
      return driven === true ? "its execution runs" : null;
    case "hold":
      if (held) return "it is under legal hold already";
      if (purging) return "its purge has begun";
      break;
    case "release":
      return held ? null : "it is not under legal hold";
    case "purge":
      if (held) return "it is under legal hold: release it first";
  }
  return status === null ? "there is no profile yet" : null;
}

/** Why an action cannot be done as things are, in plain words; `null`: it can. */
export function whyNot(action: OperatorAction, situation: Situation): string | null {
  const { state, link_ready } = situation;
  // A record may be of the moment before the profile was ready for the link that it has.
  const status = situation.status === "pending" && link_ready ? "capture_pending" : situation.status;
  const bar = barred(action, situation);
  if (bar !== null || status === null) return bar;
  const when = (allowed: boolean) => (allowed ? null : `the profile is ${status}`);
  switch (action) {
    case "resend-link":
      return when(linkOpens(status));
    case "remind":
      return isReminded({ state, link_ready }, status) ? null : "no customer is waited for";
    case "recapture":
      return when(isAllowed("submitRecapture", status));
    case "approve":
    case "reject":
      return when(isAllowed("completeProfile", status));
    case "cancel":
      return when(isAllowed("cancelProfile", status));
    case "purge":
      return when(isAllowed("purgeProfile", status));
    default:
      return null;
  }
}

/** What may be done now. A restart is offered only to those who know that no execution runs. */
export const mayDo = (situation: Situation): { action: OperatorAction; does: string }[] =>
  operatorActions
    .filter((action) => action !== "restart" || situation.driven === false)
    .filter((action) => whyNot(action, situation) === null)
    .map((action) => ({ action, does: operatorActionWords[action] }));
