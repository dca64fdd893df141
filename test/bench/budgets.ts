import type { ScenarioName } from "../../functions/sandbox/journeys.ts";

/** What is promised: counts hold exactly and are tested, ratios are measured by the bench. */
export const budgets = {
  /** State transitions, the start included. */
  stateTransitions: {
    "straight-through": 5,
    "review-approve": 7,
    "review-reject": 7,
    "review-by-checker": 7,
    "review-by-rules": 11,
    "recapture-once": 11,
    "recapture-twice": 15,
    "recapture-by-checker": 11,
    "recapture-never-ends": 23,
    "recapture-abandoned": 13,
    "customer-drops-then-returns": 5,
    reminders: 7,
    "link-late": 5,
    "link-expires": 7,
    "capture-failed": 7,
    "cancelled-by-caller": 7,
    "video-call-scheduled": 7,
    "by-hand": 11,
    encrypted: 7,
    "no-capture": 5,
  } satisfies Record<ScenarioName, number>,
  /** Of a recapture reviewed again, and of all that is no longer; one with more transitions has more. */
  historyEvents: 60,
  historyEventsPerTransition: 4,
  /** Of an onboarding without waiting, and what each webhook and each check may add. */
  writeUnits: 20,
  writeUnitsPerWebhook: 4,
  writeUnitsPerCheck: 3,
  /** Of a reminder, and of all else that time alone has us announce. */
  writeUnitsPerNotice: 4,
  /** What an onboarding with a booked call has beside that: with its slot the record takes two units. */
  bookedCall: { writeUnits: 20, hotItemBytes: 128 },
  /** One write unit, with a task token of 700 characters. */
  hotItemBytes: 1_024,
  largestPayloadBytes: 1_024,
  largestBundleBytes: 520 * 1_024,
  /** What the first answer of the worst function was to take over an empty handler's. It is missed, and not held. */
  firstAnswerGoal: 3.5,
  /** Until a bundle is loaded and can be handed its event, over an empty handler: what Lambda calls init. */
  loadedRatio: 4,
  /** The first whole answer, in processor time, over one read of the table with the AWS SDK and nothing else. */
  firstAnswerOverSdk: 2.75,
  /** How much dearer, and how many more transitions, the other designs have to be. */
  textbookTransitions: 1.5,
  textbookDollars: 1.5,
  pollingDollars: 300,
  /** What is held where that is missed: docs/performance.md says why it is. */
  textbookDollarsOf: {
    "recapture-twice": 1.4,
    "recapture-by-checker": 1.3,
    "recapture-abandoned": 1.05,
    reminders: 1.4,
    "link-expires": 1.2,
    "capture-failed": 1.3,
    "cancelled-by-caller": 1.3,
    "video-call-scheduled": 1.4,
    "by-hand": 1.4,
  } as Partial<Record<ScenarioName, number>>,
  pollingDollarsOf: {
    "video-call-scheduled": 100,
    "no-capture": 5,
  } as Partial<Record<ScenarioName, number>>,
  /** Rate with the most that wait, over the rate with the fewest; of onboardings, and of webhooks. */
  flatness: 0.7,
} as const;
