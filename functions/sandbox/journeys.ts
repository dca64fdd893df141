import type { ProfileStatus } from "../../shared/profile/status.ts";

/** What the scripted customer, machines and checker of the sandbox can do to a profile. */
export const moves = {
  "link-ready": { after: "readySeconds" },
  "start-tasks": { after: "readySeconds" },
  "drop-session": { after: "customerSeconds" },
  "finish-session": { after: "customerSeconds" },
  "lose-call": { after: "customerSeconds" },
  "hold-call": { after: "customerSeconds" },
  "ask-review": { after: "taskSeconds" },
  "auto-close": { after: "taskSeconds" },
  "fail-tasks": { after: "taskSeconds" },
  "send-back": { after: "checkerSeconds" },
  approve: { after: "checkerSeconds" },
  reject: { after: "checkerSeconds" },
} as const;
export type Move = keyof typeof moves;

/** Moves that take several steps: a slot is booked, it begins, an operator is free, the call ends. */
export type CallMove = "lose-call" | "hold-call";
export const isCallMove = (move: Move): move is CallMove => move === "lose-call" || move === "hold-call";

export type Pace =
  | "readySeconds"
  | "readyLateSeconds"
  | "customerSeconds"
  | "customerLateSeconds"
  | "taskSeconds"
  | "checkerSeconds"
  | "checkerLateSeconds";

type ScriptedMove = Move | { move: Move; after: Pace };

export type Finding = "verified" | "face-mismatch";

/** What happens by itself in each status, turn by turn; the last entry repeats, no entry means nobody acts. */
export interface Script {
  /** Whether there is a capture link at all, and how long it lives. */
  link: "usual" | "short" | "never";
  /** What a scripted agent finds in each of the customer's captures; the last one repeats, none means no finding. */
  findings?: readonly Finding[];
  moves: Partial<Record<ProfileStatus, readonly ScriptedMove[]>>;
}

const captured = { pending: ["link-ready"], capture_pending: ["finish-session"] } as const;
const reviewed = { ...captured, in_progress: ["ask-review"] } as const;
const recaptured = { ...reviewed, recapture_pending: ["finish-session"] } as const;
const usual = (script: Script["moves"]): Script => ({ link: "usual", moves: script });

/** The scripted journeys, by the scenario that a package plays. */
export const journeys = {
  "straight-through": usual({ ...captured, in_progress: ["auto-close"] }),
  "review-approve": usual(recaptured),
  "review-reject": usual(recaptured),
  "review-by-checker": usual({ ...recaptured, review_required: ["approve"] }),
  "review-by-rules": { ...usual(recaptured), findings: ["face-mismatch", "verified"] },
  "recapture-once": usual(recaptured),
  "recapture-twice": usual(recaptured),
  "recapture-by-checker": usual({ ...recaptured, review_required: ["send-back", "approve"] }),
  "recapture-never-ends": usual(recaptured),
  "recapture-abandoned": usual({
    ...reviewed,
    recapture_pending: [{ move: "reject", after: "checkerLateSeconds" }],
  }),
  "customer-drops-then-returns": usual({
    ...captured,
    capture_pending: ["drop-session", "finish-session"],
    in_progress: ["auto-close"],
  }),
  reminders: usual({
    ...reviewed,
    capture_pending: [{ move: "finish-session", after: "customerLateSeconds" }],
    review_required: [{ move: "approve", after: "checkerLateSeconds" }],
  }),
  "link-late": usual({
    ...captured,
    pending: [{ move: "link-ready", after: "readyLateSeconds" }],
    in_progress: ["auto-close"],
  }),
  "link-expires": { link: "short", moves: { pending: ["link-ready"] } },
  "capture-failed": usual({ ...captured, in_progress: ["fail-tasks"] }),
  "cancelled-by-caller": usual({ pending: ["link-ready"] }),
  "video-call-scheduled": usual({
    ...reviewed,
    capture_pending: ["lose-call", "hold-call"],
    review_required: ["approve"],
  }),
  "by-hand": usual({ pending: ["link-ready"], in_progress: ["ask-review"] }),
  encrypted: usual(recaptured),
  "no-capture": { link: "never", moves: { pending: ["start-tasks"], in_progress: ["auto-close"] } },
} as const satisfies Record<string, Script>;
export type ScenarioName = keyof typeof journeys;

export const isScenario = (name: string): name is ScenarioName => Object.hasOwn(journeys, name);

/** What is found in the customer's last capture of so many, or `null`. */
export function findingIn(scenario: ScenarioName, captures: number): Finding | null {
  const { findings }: Script = journeys[scenario];
  return findings?.[Math.min(captures, findings.length) - 1] ?? null;
}

/** What happens by itself on this turn in a status, and which setting says how soon. */
export function scriptedMove(
  scenario: ScenarioName,
  status: ProfileStatus,
  turn: number,
): { move: Move; after: Pace } | null {
  const script: Script = journeys[scenario];
  const turns = script.moves[status] ?? [];
  const entry = turns[Math.min(turn, turns.length - 1)];
  if (!entry) return null;
  return typeof entry === "string" ? { move: entry, after: moves[entry].after } : entry;
}
