import type { EventType } from "../../shared/events/published.ts";
import type { WebhookKind } from "../../shared/gateway/webhooks.ts";
import { duration } from "../../shared/profile/duration.ts";
import { type ProfileStatus, profileStatusSchema } from "../../shared/profile/status.ts";
import type { HistoryEvent } from "../../shared/store/history.ts";
import { readCalls } from "./noted-calls.ts";

type Detail = HistoryEvent["detail"];

/** What a line of the timeline says; where it depends on the line, its detail is handed in. "We" is the orchestrator. */
type Words = string | ((detail: Detail) => string);

/** What each of the gateway's statuses means, to go on after "the gateway says". */
export const statusWords: Record<ProfileStatus, string> = {
  pending: "the profile is being prepared",
  capture_pending: "the customer can begin, with the capture link",
  capture_expired: "the customer's link has run out",
  in_progress: "what was handed in is being checked",
  review_required: "somebody has to decide",
  recapture_pending: "the customer has to redo something",
  completed: "it is decided",
  cancelled: "it was cancelled",
  failed: "it failed at the gateway",
  purged: "the customer's data is erased there",
};

const statusIn = ({ status }: Detail): string => {
  const known = profileStatusSchema.safeParse(status);
  return known.success ? `${known.data}: ${statusWords[known.data]}` : "something changed";
};
const told = (detail: Detail) => `The gateway says ${statusIn(detail)}.`;
const because = ({ reason }: Detail, words = ": ") => (reason ? `${words}${reason}` : "");
const asked = ({ calls }: Detail, call: string) => readCalls(calls).some(({ name }) => name === call);
const drops: Record<string, string> = {
  customer_drop: "the customer left",
  agent_drop: "the agent dropped out",
};
const dropped = ({ reason }: Detail) => (reason ? `: ${drops[String(reason)] ?? reason}` : "");
const moment = (time: unknown) =>
  typeof time === "string" && !Number.isNaN(Date.parse(time))
    ? `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`
    : "an unknown time";

/** Events on our bus, whose names are put behind these words. */
const published: Record<EventType, Words> = {
  CaptureLinkReady: "The customer's capture link is there, for the caller to pass on.",
  CaptureReminderDue: ({ reminder, of }) =>
    `The customer has not finished, and the caller should send a reminder${reminder ? `: number ${reminder} of ${of}` : ""}.`,
  CaptureSessionEnded: (detail) => `The caller is told that the customer's session ended${dropped(detail)}.`,
  AppointmentScheduled: "The caller is told of the customer's video call.",
  AppointmentMissed: "The customer's booked video call is over, and we heard of no call.",
  ReviewRequired: "A person has to decide: approve, reject or send the customer back.",
  ReviewOverdue: "Nobody has decided for longer than the workflow likes: whoever reviews is reminded.",
  RecaptureRequested: (detail) =>
    `${
      asked(detail, "submitRecapture") ? "We sent the customer back" : "The customer was sent back"
    } to redo something, round ${detail["round"] ?? "?"}. The same link opens again.`,
  OnboardingCompleted:
    "It ended well: the customer is approved. The result is kept until its retention date.",
  OnboardingRejected: "It ended: the customer is rejected. The result is kept until its retention date.",
  OnboardingCancelled: "It ended: it was cancelled.",
  OnboardingExpired: (detail) =>
    asked(detail, "cancelProfile")
      ? "It ended: the customer's time was over, and we cancelled the profile at the gateway."
      : "It ended: the customer's time was over.",
  OnboardingFailed: (detail) =>
    `It ended without a decision${
      detail["status"] === "failed" && !detail["reason"] ? ": it failed at the gateway" : because(detail)
    }.`,
  ProfilePurged: (detail) => `The customer's data is erased ${erasedAt(detail)}. A receipt stays.`,
  AttentionNeeded: (detail) => `Something is wrong, and a person has to look at it${because(detail)}.`,
};

const erasedAt = ({ gateway }: Detail): string => {
  if (gateway === "refused") return "with us; the gateway refused, and has to be asked by hand";
  return gateway === "unknown"
    ? "with us; the gateway no longer knew the profile"
    : "at the gateway and with us";
};

/** What the gateway told us. Hints: nothing happens on their word alone, we look ourselves. */
const webhooks: Record<WebhookKind, Words> = {
  W1: told,
  W2: told,
  W3: told,
  W4: (detail) =>
    detail["session_status"] === "complete"
      ? "The gateway says that the customer has finished at the capture page."
      : `The gateway says that the customer's session ended unfinished${dropped(detail)}.`,
  W5: (detail) =>
    detail["action"] === "cancelled"
      ? "The gateway says that the booked video call was given back."
      : `The gateway says that the customer booked a video call, from ${moment(detail["start_time"])}.`,
  W6: "The gateway says that the profile is ready for its customer.",
};

/** What a caller did with the gateway's operations on our API. */
const callers: Record<string, Words> = {
  CancelledByCaller: "The caller cancelled the profile at the gateway.",
  ProfileCompletedByCaller: ({ decision }) =>
    `The caller ${decision ?? "decided about"} the customer at the gateway.`,
  RecaptureSubmitted: "The caller sent the customer back to redo something.",
  PurgedByCaller: "The caller had the customer's data erased at the gateway.",
  PurgeHeldBack: "The caller wanted the customer's data erased; the legal hold kept it.",
  ConfigUpdatedByCaller: "The caller changed the queue or the agents of the customer's video call.",
  AppointmentCancelledByCaller: "The caller gave the booked video call back.",
};

/** What operators did. */
const operators: Record<string, Words> = {
  OperatorAsked: ({ who, action, queue, ticket, reason }) =>
    `The operator ${who} asked for: ${action}${queue ? ` (${queue})` : ""}${ticket ? `, ticket ${ticket}` : ""}${reason ? `. Why: ${reason}` : ""}.`,
  RefusedToOperator: ({ who, action, says }) =>
    `What the operator ${who} asked for was not done (${action}): ${says}.`,
  FailedForOperator: ({ who, action, says }) => `What the operator ${who} asked for (${action}): ${says}.`,
  RecheckedByOperator: ({ who }) => `The operator ${who} had us look at the gateway now.`,
  LinkResentByOperator: ({ who }) => `The operator ${who} had the capture link announced once more.`,
  RemindedByOperator: ({ who }) => `The operator ${who} had the caller told to remind the customer.`,
  RecaptureAskedByOperator: ({ who }) => `The operator ${who} sent the customer back to redo something.`,
  ApprovedByOperator: ({ who }) => `The operator ${who} approved the customer at the gateway.`,
  RejectedByOperator: ({ who }) => `The operator ${who} rejected the customer at the gateway.`,
  CancelledByOperator: ({ who }) => `The operator ${who} cancelled the profile at the gateway.`,
  PurgedByOperator: ({ who }) => `The operator ${who} had the customer's data erased at the gateway.`,
  HeldByOperator: ({ who }) => `The operator ${who} put it under legal hold: nothing of it is erased.`,
  ReleasedByOperator: ({ who }) => `The operator ${who} ended the legal hold: what is due by now is done.`,
  RestartedByOperator: ({ who }) => `The operator ${who} had a new execution take it over.`,
  RedrivenByOperator: ({ who, says }) => `The operator ${who} had dead letters redriven: ${says}.`,
};

/** What we did and announced to nobody; the first two are read off the claim. */
const ours: Record<string, Words> = {
  OnboardingRequested: "The caller asked for this onboarding. We wrote that down before anything else.",
  ProfileCreated: ({ by, tries }) =>
    by === "look-up"
      ? "The gateway had the profile already, from a try whose answer got lost. We took it over."
      : `We had the gateway create the profile${Number(tries) > 1 ? `, at try ${tries}` : ""}.`,
  Decided: (detail) => `${decidedWords(detail)}${because(detail)}.`,
  GatewayAsked: (detail) => {
    const call = readCalls(detail["calls"]).find(({ name }) => name in wishes);
    const wish =
      call?.name === "completeProfile" && detail["decision"] === "approved" ? "approve" : call?.name;
    const since = detail["step"] === "Close" ? ", since the time was over" : "";
    const came = call?.fault ? (refused.includes(call.fault) ? ". It refused" : ". It gave no answer") : "";
    return `We asked the gateway ${wishes[wish ?? ""] ?? "for a change"}${since}${came}.`;
  },
  ExecutionGone: "There is something to do and no execution that does it. An operator has to restart it.",
};

/** What a policy may decide, to go on after "we decided". */
const policyWords: Record<string, string> = {
  approve: "approve the customer",
  reject: "reject the customer",
  recapture: "send the customer back",
  person: "ask a person",
  attention: "ask for somebody's attention",
};

const decidedWords = (detail: Detail): string => {
  const { act, policy, rule, facts } = detail;
  const does = `We decided to ${policyWords[String(act)] ?? "go on"}`;
  // Without rules the round is all that a policy looks at.
  if (policy !== "rules") return `${does}, as the workflow says${facts ? ` ${afterRounds(detail)}` : ""}`;
  const by = rule ? `by the workflow's rule "${rule}"` : "since none of the workflow's rules matched";
  return `${does}, ${by}${facts ? ` (looking at ${facts})` : ""}`;
};

const afterRounds = ({ round }: Detail): string =>
  Number(round) > 0 ? `after recapture round ${round}` : "before any recapture";

const wishes: Record<string, string> = {
  approve: "to approve the customer",
  completeProfile: "to reject the customer",
  submitRecapture: "to send the customer back",
  cancelProfile: "to cancel the profile",
  purgeProfile: "to erase the customer's data",
};

/** Answers of the gateway that say that nothing was changed. */
const refused: readonly string[] = ["BadRequest", "NotFound", "StateConflict", "Unprocessable", "AuthError"];

/** What each state of the state machine does, to go on after its name. */
const stateWords: Record<string, string> = {
  OpenCapture: "sees to it that there are a profile and its link, then waits for the customer",
  Review: "decides as the workflow says, or waits for a person",
  Recapture: "sends the customer back if nobody has, then waits for the customer",
  Attention: "tells a person, then waits for one",
  Close: "ends what did not come to a decision, and says how",
  Retain: "keeps the result, if there is one, and waits for the retention date",
  Purge: "erases the customer's data",
};

/** What Step Functions tells of the execution. */
const execution: Record<string, Words> = {
  ExecutionStarted: "The execution began.",
  StepEntered: ({ state }) => {
    const does = stateWords[String(state)];
    return `Step ${state} begins${does ? `: it ${does}` : ""}.`;
  },
  StepWaited: ({ state, waited_seconds }) =>
    `Step ${state} has waited for ${duration(Number(waited_seconds) * 1000)} and goes on.`,
  StepFailed: ({ state, error, goes }) =>
    `Step ${state} failed${error ? ` (${error})` : ""}; ${goes === "again" ? "it is tried again" : "it is not tried any more"}.`,
  ExecutionRedriven: "The execution was set going again, from the step that had failed.",
  ExecutionEnded: ({ status }) =>
    status === "SUCCEEDED"
      ? "The execution came to its end."
      : `The execution broke off (${status}). Nothing drives this onboarding until it is restarted.`,
  HistoryCut: "There is more of the execution than is shown here; the console has all of it.",
};

/** What is said of a timeline itself. */
const timeline: Record<string, Words> = {
  TimelineCut: ({ left_out }) =>
    `${left_out ?? "Some"} lines are left out here: more than any onboarding has by itself. The table has them.`,
};

/** The kinds that tell of a decision on the customer by a caller or an operator. */
const decisions: readonly string[] = ["ProfileCompletedByCaller", "ApprovedByOperator", "RejectedByOperator"];

/** Every kind of line that there is. A new one has its words in one of the tables above. */
export const timelineWords: Readonly<Record<string, Words>> = {
  ...published,
  ...webhooks,
  ...callers,
  ...operators,
  ...ours,
  ...execution,
  ...timeline,
};

/** A line in plain words. */
export function saysOf({ kind, detail }: Pick<HistoryEvent, "kind" | "detail">): string {
  const words = timelineWords[kind];
  if (words === undefined) return `${kind}.`;
  const says = typeof words === "string" ? words : words(detail);
  return kind in published ? `${says} (event ${kind})` : says;
}

/** Whether a line tells that the customer was approved or rejected: what the gateway refused is no decision. */
export function tellsDecision({ kind, detail }: Pick<HistoryEvent, "kind" | "detail">): boolean {
  if (kind === "Decided") return detail["act"] === "approve" || detail["act"] === "reject";
  if (kind !== "GatewayAsked") return decisions.includes(kind);
  // What Review asks for was decided, in a line of its own.
  if (detail["step"] !== "Close") return false;
  return readCalls(detail["calls"]).some(({ name, fault }) => name === "completeProfile" && !fault);
}
