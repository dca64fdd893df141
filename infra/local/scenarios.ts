/** What a scripted onboarding must come to. The stage `local` has a workflow, and the sandbox a script, of each name. */
export interface Scenario {
  /** One sentence for people. */
  story: string;
  /** Gateway statuses in the order in which they must be seen; before them come pending and mostly capture_pending. */
  statuses: readonly string[];
  /** The gateway's `reviewer_action` at the end (contract §7.2). */
  reviewerAction: "approved" | "rejected" | null;
  /** The one event of these that our bus must carry. */
  outcomeEvent:
    | "OnboardingCompleted"
    | "OnboardingRejected"
    | "OnboardingCancelled"
    | "OnboardingExpired"
    | "OnboardingFailed";
  /** The second account gets webhooks that carry the status only (W3). */
  account: "first" | "other";
  /** The caller cancels through our API once the capture link is announced. */
  cancels: boolean;
  /** The caller encrypts the request (E17) instead of `POST /onboardings`. */
  encrypts: boolean;
  /** Nobody is scripted: whoever has the capture page and the reviewer's desk open drives it. */
  byHand: boolean;
}

const review = ["in_progress", "review_required"];
const recapture = ["recapture_pending", ...review];
const approved = {
  reviewerAction: "approved",
  outcomeEvent: "OnboardingCompleted",
  account: "first",
  cancels: false,
  encrypts: false,
  byHand: false,
} as const;
const rejected = { ...approved, reviewerAction: "rejected", outcomeEvent: "OnboardingRejected" } as const;

export const scenarios = {
  "straight-through": {
    ...approved,
    story: "the gateway approves by itself",
    statuses: ["in_progress", "completed"],
  },
  "review-approve": {
    ...approved,
    story: "our policy approves the review",
    statuses: [...review, "completed"],
  },
  "review-reject": {
    ...rejected,
    story: "our policy rejects the review",
    statuses: [...review, "completed"],
  },
  "review-by-checker": {
    ...approved,
    story: "a checker at the gateway approves the review",
    statuses: [...review, "completed"],
  },
  "review-by-rules": {
    ...approved,
    story:
      "a rule sends the customer back for a face that is another's, the next one approves what is verified",
    statuses: [...review, ...recapture, "completed"],
  },
  "recapture-once": {
    ...approved,
    story: "our policy sends the customer back once, then approves",
    statuses: [...review, ...recapture, "completed"],
  },
  "recapture-twice": {
    ...approved,
    story: "our policy sends the customer back twice, then approves; webhooks carry the status only",
    statuses: [...review, ...recapture, ...recapture, "completed"],
    account: "other",
  },
  "recapture-by-checker": {
    ...approved,
    story: "a checker at the gateway sends the customer back, then approves",
    statuses: [...review, ...recapture, "completed"],
  },
  "recapture-never-ends": {
    ...rejected,
    story:
      "our policy sends the customer back until the rounds are used up; nobody attends, so it is rejected",
    statuses: [...review, ...recapture, ...recapture, ...recapture, "completed"],
  },
  "recapture-abandoned": {
    ...rejected,
    story: "the customer never returns from a recapture; a checker at the gateway rejects",
    statuses: [...review, "recapture_pending", "completed"],
  },
  "customer-drops-then-returns": {
    ...approved,
    story: "the customer leaves the capture page and returns later",
    statuses: ["in_progress", "completed"],
  },
  reminders: {
    ...approved,
    story: "the customer comes after two reminders, and a checker approves once the review is overdue",
    statuses: [...review, "completed"],
  },
  "link-late": {
    ...approved,
    story: "the capture link is ready only after the first look gave up",
    statuses: ["in_progress", "completed"],
  },
  "link-expires": {
    ...approved,
    story: "the customer never opens the capture link",
    statuses: ["capture_expired"],
    reviewerAction: null,
    outcomeEvent: "OnboardingExpired",
  },
  "capture-failed": {
    ...approved,
    story: "the capture fails at the gateway",
    statuses: ["in_progress", "failed"],
    reviewerAction: null,
    outcomeEvent: "OnboardingFailed",
  },
  "cancelled-by-caller": {
    ...approved,
    story: "the caller cancels through our API",
    statuses: ["cancelled"],
    reviewerAction: null,
    outcomeEvent: "OnboardingCancelled",
    cancels: true,
  },
  "no-capture": {
    ...approved,
    story: "the gateway needs no capture",
    statuses: ["in_progress", "completed"],
  },
  "video-call-scheduled": {
    ...approved,
    story: "the customer books a video call, the agent drops it, the next one succeeds; a checker approves",
    statuses: [...review, "completed"],
  },
  encrypted: {
    ...approved,
    story: "everything about the customer is encrypted from caller to result; our policy approves the review",
    statuses: [...review, "completed"],
    encrypts: true,
  },
  "by-hand": {
    ...approved,
    story: "a person captures, another sends it back once and then approves, both in the browser",
    statuses: [...review, ...recapture, "completed"],
    byHand: true,
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios) as ScenarioName[];

export function isScenarioName(name: string): name is ScenarioName {
  return Object.hasOwn(scenarios, name);
}
