import type { Onboarding } from "../../functions/actions/fetch-onboarding.ts";
import { type NotedCall, readCalls } from "../../functions/timeline/noted-calls.ts";
import { statusWords } from "../../functions/timeline/timeline-words.ts";
import { eventTypes } from "../../shared/events/published.ts";
import { duration } from "../../shared/profile/duration.ts";
import { profileStatusSchema } from "../../shared/profile/status.ts";
import { printable } from "./print.ts";

export interface Rendering {
  /** Epoch milliseconds. */
  now: number;
  /** Characters in a line. */
  width: number;
  /** `since-start`: how long after the request, instead of the time of day. */
  times: "utc" | "since-start";
  /** What to type for an action. */
  commandFor: (action: string) => string;
}

const LABEL = 12;
const ACTION = 15;
const WHO = 16;
/** Below this, words would be a column of syllables. */
const MIN_WORDS = 30;

/** An onboarding as a page for people: where it is and why, what may be done, and how it came there. */
export function renderOnboarding(onboarding: Onboarding, rendering: Rendering): string {
  const blocks = [head(onboarding, rendering), mayDo(onboarding, rendering), timeline(onboarding, rendering)];
  return `${blocks.map((lines) => lines.map(printable).join("\n")).join("\n\n")}\n`;
}

function head(onboarding: Onboarding, rendering: Rendering): string[] {
  const { reference_id, profile_id, config_id, status, state, outcome, held, decision } = onboarding;
  const { appointment, round, reminders } = onboarding;
  const when = (at: string | null) => at && moment(at, onboarding, rendering);
  const known = profileStatusSchema.safeParse(status);
  const meaning = known.success ? ` (${statusWords[known.data]})` : "";
  const rows: [string, string | null][] = [
    ["Onboarding", reference_id],
    ["Profile", profile_id],
    ["Workflow", config_id],
    ["Where", state ? `waiting in ${state}` : outcome || status === "purged" ? "it is over" : "at work"],
    ["Status", status && `${status}${meaning}`],
    ["Why", onboarding.why],
    ["Look here", onboarding.stuck ? "somebody should see to it" : null],
    ["Waits for", onboarding.waiting_for],
    ["Since", when(onboarding.waiting_since)],
    ["Until", when(onboarding.waiting_until)],
    ["Next look", when(onboarding.next_check_at)],
    ["Legal hold", held && `by ${held.by}, ${when(held.at)}`],
    ["Video call", appointment && `${when(appointment.start_time)}, until ${clock(appointment.end_time)}`],
    ["Recaptures", round > 0 ? String(round) : null],
    ["Reminders", reminders > 0 ? String(reminders) : null],
    ["Ended", outcome],
    ["Decision", decision && `${when(decision.at)}: ${decision.says}`],
    ["Console", onboarding.console_url],
  ];
  return rows.flatMap(([label, text]) => (text ? row(label, text, rendering) : []));
}

const row = (label: string, text: string, { width }: Rendering): string[] =>
  hang(`${label.padEnd(LABEL)}`, label === "Console" ? [text] : wrap(text, width - LABEL));

function mayDo({ may_do }: Onboarding, { width, commandFor }: Rendering): string[] {
  if (may_do.length === 0) return ["Nothing is left to be done."];
  return [
    "What may be done now",
    ...may_do.flatMap(({ action, does }) => [
      ...hang(`  ${action}`.padEnd(ACTION), wrap(does, width - ACTION)),
      `${" ".repeat(ACTION)}${commandFor(action)}`,
    ]),
  ];
}

function timeline(onboarding: Onboarding, rendering: Rendering): string[] {
  const { events, steps_note, created_at } = onboarding;
  const { times, width } = rendering;
  const since = (at: string) => `+${duration(Date.parse(at) - Date.parse(created_at))}`;
  const afters = events.map(({ at }) => since(at));
  const column = Math.max(...afters.map(({ length }) => length));
  const rows = events.flatMap(({ at, kind, by, says, detail }, index) => {
    const after = (afters[index] ?? "").padEnd(column);
    const begin = `  ${times === "utc" ? `${clock(at)}  ${after}` : after}  ${whoOf(kind, by).padEnd(WHO)}`;
    const room = Math.max(MIN_WORDS, width - begin.length);
    const calls = readCalls(detail["calls"]).map(callText);
    const asked = calls.length > 0 ? wrap(`(asked the gateway: ${calls.join(", ")})`, room) : [];
    return hang(begin, [...wrap(says, room), ...asked]);
  });
  const title = times === "utc" ? "Timeline, in UTC and since the request" : "Timeline, since the request";
  return [title, ...rows, ...(steps_note ? wrap(steps_note, width - 2).map((line) => `  ${line}`) : [])];
}

/** What was announced because of a webhook was announced by us. */
function whoOf(kind: string, by: string): string {
  if (by === "webhook") return (eventTypes as readonly string[]).includes(kind) ? "orchestrator" : "gateway";
  return by === "step-functions" ? "Step Functions" : by;
}

/** What was asked of the gateway, in a word or two. */
const callWords: Record<string, string> = {
  fetchStatus: "status",
  fetchProfile: "whole profile",
  fetchProfileEncrypted: "whole profile, encrypted",
  fetchCaptureLink: "capture link",
  fetchRecaptureConfig: "what can be redone",
  submitRecapture: "send the customer back",
  completeProfile: "decide",
  cancelProfile: "cancel",
  purgeProfile: "erase",
  createProfileSync: "create",
  createProfileAsync: "create",
  createProfileEncrypted: "create, encrypted",
};

const faultWords: Record<string, string> = {
  NotFound: "not there",
  StateConflict: "refused",
  Unprocessable: "refused",
  BadRequest: "refused",
  AuthError: "key refused",
};

const callText = ({ name, times, fault }: NotedCall): string =>
  `${callWords[name] ?? name}${times > 1 ? ` ×${times}` : ""}${fault ? ` (${faultWords[fault] ?? "no answer"})` : ""}`;

/** To the second, with the distance from now. */
function moment(at: string, { created_at }: Onboarding, { now, times }: Rendering): string {
  const distance = Date.parse(at) - now;
  const far = distance > 0 ? `in ${duration(distance)}` : `${duration(distance)} ago`;
  return times === "utc"
    ? `${clock(at)} (${far})`
    : `${duration(Date.parse(at) - Date.parse(created_at))} after the request (${far})`;
}

const clock = (at: string): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** Lines of words of at most `width` characters; a longer word has a line of its own. An event's name is not torn off. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/(?<!\(event) /)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The first line behind `begin`, the others under it. */
const hang = (begin: string, lines: readonly string[]): string[] =>
  lines.map((line, index) => (index === 0 ? begin : " ".repeat(begin.length)) + line);
