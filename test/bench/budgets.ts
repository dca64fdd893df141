import type { ScenarioName } from "../../functions/sandbox/journeys.ts";

/** What is promised: counts hold exactly and are tested, ratios are measured by the bench. */
export const budgets = {
  /** State transitions, the start included. */
  stateTransitions: {
    "straight-through": 5,
    "link-late": 5,
    "review-approve": 7,
    "recapture-by-checker": 11,
    "recapture-once": 11,
  } satisfies Partial<Record<ScenarioName, number>>,
  historyEvents: 60,
  /** Of an onboarding without waiting, and what each webhook and each check may add. */
  writeUnits: 20,
  writeUnitsPerWebhook: 4,
  writeUnitsPerCheck: 4,
  /** One write unit, with a task token of 700 characters. */
  hotItemBytes: 1_024,
  largestPayloadBytes: 1_024,
  largestBundleBytes: 520 * 1_024,
  /** Until a bundle is loaded and can be handed its event, over an empty handler: what Lambda calls init. */
  loadedRatio: 4,
  /** The first whole answer, in processor time, over one read of the table with the AWS SDK and nothing else. */
  firstAnswerOverSdk: 2.75,
  /** How much dearer, and how many more transitions, the other designs have to be. */
  textbookTransitions: 1.5,
  textbookDollars: 1.5,
  pollingDollars: 300,
  /** Rate with the most that wait, over the rate with the fewest. */
  flatness: 0.7,
} as const;
