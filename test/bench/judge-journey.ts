import type { ScenarioName } from "../../functions/sandbox/journeys.ts";
import { budgets } from "./budgets.ts";
import type { Journey } from "./journey.ts";
import { type Consumption, dollarsPerMillion, total } from "./prices.ts";

/** How large the profile is that no payload may grow with. */
export const LARGE_PROFILE_BYTES = 1_000_000;

export type OtherDesign = "textbook" | "polling";

/** Courses that a reference design cannot take, and why: all that is missing in the comparison. */
const unknownTo: Record<OtherDesign, Partial<Record<ScenarioName, string>>> = {
  textbook: {
    "recapture-never-ends": "neither asks for a person's attention, nor ends what nobody attends to",
    "no-capture": "the textbook waits for a link, and there is none",
    encrypted: "neither encrypts",
  },
  polling: {
    "recapture-never-ends": "neither asks for a person's attention, nor ends what nobody attends to",
    encrypted: "neither encrypts",
  },
};
export const knows = (design: OtherDesign, scenario: ScenarioName): boolean =>
  unknownTo[design][scenario] === undefined;

/** What is missing in the comparison and why, a line for each course. */
export const leftOut: readonly string[] = [
  ...new Set(
    Object.values(unknownTo).flatMap((courses) =>
      Object.entries(courses).map(([scenario, why]) => `${scenario}: ${why}`),
    ),
  ),
];

/** Something that was counted, and the most that it may be. */
export interface Judged {
  what: "transitions" | "history events" | "write units" | "payload" | "payload with 1 MB" | "hot item";
  is: number;
  most: number;
}

/** A journey beside its budgets; `large` is the same with a profile of a megabyte. */
export function judgeJourney(
  scenario: ScenarioName,
  { used, webhooks, checks, notices, largestItemBytes }: Journey,
  large: Journey,
): Judged[] {
  const { writeUnits, writeUnitsPerWebhook, writeUnitsPerCheck, writeUnitsPerNotice, bookedCall } = budgets;
  const transitions = budgets.stateTransitions[scenario];
  const more = scenario === "video-call-scheduled" ? bookedCall : { writeUnits: 0, hotItemBytes: 0 };
  const mostUnits =
    writeUnits +
    writeUnitsPerWebhook * webhooks +
    writeUnitsPerCheck * checks +
    writeUnitsPerNotice * notices +
    more.writeUnits;
  const mostEvents = Math.max(budgets.historyEvents, 1 + budgets.historyEventsPerTransition * transitions);
  return [
    { what: "transitions", is: used.stateTransitions, most: transitions },
    { what: "history events", is: used.historyEvents, most: mostEvents },
    { what: "write units", is: used.writeUnits, most: mostUnits },
    { what: "payload", is: used.largestPayloadBytes, most: budgets.largestPayloadBytes },
    { what: "payload with 1 MB", is: large.used.largestPayloadBytes, most: budgets.largestPayloadBytes },
    { what: "hot item", is: largestItemBytes, most: budgets.hotItemBytes + more.hotItemBytes },
  ];
}

/** How much more another design takes than ours. */
export const ratiosOver = (ours: Consumption, other: Consumption) => ({
  transitions: other.stateTransitions / ours.stateTransitions,
  dollars: total(dollarsPerMillion(other)) / total(dollarsPerMillion(ours)),
});

/** How much dearer another design has to be on a course. */
export const leastDollars = (design: OtherDesign, scenario: ScenarioName): number =>
  design === "textbook"
    ? (budgets.textbookDollarsOf[scenario] ?? budgets.textbookDollars)
    : (budgets.pollingDollarsOf[scenario] ?? budgets.pollingDollars);
