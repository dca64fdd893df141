import { Metrics as EmbeddedMetrics } from "@aws-lambda-powertools/metrics";
import { once, readSettings } from "../environment.ts";
import {
  type CountDimensions,
  type CountName,
  METRIC_NAMESPACE,
  type MeasureDimensions,
  type MeasureName,
  measures,
} from "./metric-names.ts";

/** What is counted and measured of onboardings, and nothing that is not in `metric-names.ts`. No ids, no free text. */
export interface Metrics {
  /** It happened once more. */
  count<Name extends CountName>(name: Name, ...dimensions: CountDimensions[Name]): void;
  /** It is so much, in the metric's unit. */
  measure<Name extends MeasureName>(name: Name, value: number, ...dimensions: MeasureDimensions[Name]): void;
}

/**
 * Metrics as lines of the function's log, in the format that CloudWatch takes metrics from (EMF). Each is a line of
 * its own, written at once: dimensions differ, and of a function that is killed the last words are those that matter.
 */
export function createMetrics(stage: string): Metrics {
  // Most requests that end well count nothing.
  const lines = once(() => {
    const made = new EmbeddedMetrics({ namespace: METRIC_NAMESPACE });
    // Powertools would add the service's name, which says nothing here and would have to be in every alarm.
    made.clearDefaultDimensions();
    made.setDefaultDimensions({ stage });
    return made;
  });
  return {
    count(name, ...dimensions) {
      const [own] = dimensions as Own[];
      if (own) lines().addDimensions({}).addDimensions(own);
      lines().addMetric(name, "Count", 1).publishStoredMetrics();
    },
    measure(name, value, ...dimensions) {
      const [own] = dimensions as Own[];
      if (own) lines().addDimensions(own);
      lines().addMetric(name, measures[name].unit, value).publishStoredMetrics();
    },
  };
}

type Own = Readonly<Record<string, string>>;

/** The metrics of the stage that this function belongs to. */
export const metricsOfStage = (): Metrics => createMetrics(readSettings().stage);
