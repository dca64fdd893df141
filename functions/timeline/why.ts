import { afterDeadline, givesUp, type Outcome } from "../../shared/profile/next.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import type { Claim } from "../../shared/store/claims.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";

/** Why an onboarding is where it is, and what comes if nothing happens: one to three plain sentences. */
export function whyOf(
  claim: Pick<Claim, "released" | "attempt" | "creates" | "profile_id">,
  record: ProfileRecord | null,
  now: number,
): string {
  if (!record) return beforeProfile(claim);
  const { state, outcome, purged_at, held, deadline_at } = record;
  if (purged_at !== null)
    return `It ${ended(outcome)}, and the customer's data is erased. Nothing more will happen.`;
  if (state === null) return "A step is at work on it just now; look again in a moment.";
  const late = deadline_at !== null && deadline_at <= now && !(state === "Retain" && held);
  const sentences = [
    reasons[state](record, now),
    late ? "Its time is over: what comes then is due now." : afterwards(record),
    ...(held ? ["It is under legal hold: nothing of it is erased until the hold is released."] : []),
  ];
  return (state === "Retain" && held ? sentences.toSpliced(1, 1) : sentences).join(" ");
}

function beforeProfile({ released, attempt, creates, profile_id }: Parameters<typeof whyOf>[0]): string {
  if (released)
    return "It ended before there was a profile: the gateway refused the request, or never took it. The reference is free for a new request.";
  if (profile_id) return "The gateway has the profile, and we are writing that down just now.";
  if (attempt > 1)
    return `The gateway has not created the profile, at ${creates} ${creates === 1 ? "try" : "tries"} so far. We try again by ourselves, until the customer's time is over.`;
  return "The request is written down, and its profile is being created.";
}

const outcomes: Record<Outcome, string> = {
  completed: "ended well, with the customer approved",
  rejected: "ended with the customer rejected",
  cancelled: "was cancelled",
  expired: "ended because the customer's time was over",
  failed: "ended without a decision",
};
const ended = (outcome: Outcome | null): string => (outcome ? outcomes[outcome] : "ended");

type Reason = (record: ProfileRecord, now: number) => string;

const reasons: Record<NonNullable<ProfileRecord["state"]>, Reason> = {
  OpenCapture({ status, link_ready, appointment }, now) {
    if (status === "in_progress")
      return "The customer is done at the capture page, and the gateway is checking what was captured.";
    if (appointment && appointment.end_at > now) return "The customer has booked a video call.";
    if (!link_ready) return "The gateway is still preparing the profile: there is no capture link yet.";
    return "The customer has not finished at the capture page.";
  },
  Review: () => "The gateway asks for a decision, and it is left to a person.",
  Recapture: ({ status, rounds }) =>
    status === "in_progress"
      ? `The customer has redone what round ${rounds} asked for, and the gateway is checking it.`
      : `The customer was sent back to redo something, in round ${rounds}, and has not done so.`,
  Attention: ({ reason }) => `A person has to look at it: ${reason ?? "something is wrong"}.`,
  Retain: ({ outcome }) =>
    `It ${ended(outcome)}. What we have of the customer is kept until the retention date.`,
};

/** What the deadline brings, in a sentence. */
const afterwards = (record: ProfileRecord): string =>
  record.state === "Retain"
    ? "Then it is erased, at the gateway and with us."
    : `If nothing happens in time, ${atDeadline(record)}.`;

function atDeadline({ state, status, missed, outcome }: ProfileRecord): string {
  if (!state) return "";
  // Only what its outcome is followed by can have failed.
  if (state === "Attention" && outcome)
    return "what we have of the customer is erased, once its date has come";
  const next = afterDeadline(state, status);
  if (next === "attention") return "a person is asked to look at it";
  if (status === "capture_pending") return "we cancel it at the gateway";
  if (state === "Attention" && givesUp(missed + 1) && !closable.includes(status)) return "we give it up";
  return closable.includes(status)
    ? "we ask the gateway to reject it, and a person if it does not"
    : "we try to end it, and ask a person again if the gateway does not let us";
}

/** What Close asks the gateway to reject (contract A-31). */
const closable: readonly ProfileStatus[] = ["review_required", "recapture_pending"];
