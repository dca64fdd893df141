import type { ScenarioName } from "../../functions/sandbox/journeys.ts";
import { budgets } from "./budgets.ts";
import type { Journey } from "./journey.ts";
import { type Consumption, dollarsPerMillion, total } from "./prices.ts";

/** The journeys that are held to budgets, and those of them that the reference designs know. */
export const journeyNames = Object.keys(
  budgets.stateTransitions,
) as (keyof typeof budgets.stateTransitions)[];
export const comparable = [
  "straight-through",
  "review-approve",
  "recapture-once",
] as const satisfies readonly ScenarioName[];

/** Something that was counted, and the most that it may be. */
export interface Judged {
  what: string;
  is: number;
  most: number;
}

/** A journey beside its budgets. */
export function judgeJourney(
  scenario: keyof typeof budgets.stateTransitions,
  { used, webhooks, checks, largestItemBytes }: Journey,
): Judged[] {
  const { writeUnits, writeUnitsPerWebhook, writeUnitsPerCheck } = budgets;
  const mostUnits = writeUnits + writeUnitsPerWebhook * webhooks + writeUnitsPerCheck * checks;
  return [
    { what: "transitions", is: used.stateTransitions, most: budgets.stateTransitions[scenario] },
    { what: "history events", is: used.historyEvents, most: budgets.historyEvents },
    { what: "write units", is: used.writeUnits, most: mostUnits },
    { what: "bytes of the largest payload", is: used.largestPayloadBytes, most: budgets.largestPayloadBytes },
    { what: "bytes of the hot item", is: largestItemBytes, most: budgets.hotItemBytes },
  ];
}

/** How much more another design takes than ours. */
export const ratiosOver = (ours: Consumption, other: Consumption) => ({
  transitions: other.stateTransitions / ours.stateTransitions,
  dollars: total(dollarsPerMillion(other)) / total(dollarsPerMillion(ours)),
});
