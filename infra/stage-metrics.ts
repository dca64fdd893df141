import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import {
  type CountDimensions,
  type CountName,
  METRIC_NAMESPACE,
  type MeasureDimensions,
  type MeasureName,
} from "../functions/metrics/metric-names.ts";
import type { Stage } from "./config.ts";

/** The stage's own metrics as CloudWatch has them: exactly the names and dimensions that the functions emit. */
export function stageMetrics(stage: Pick<Stage, "name">) {
  const metric = (
    metricName: string,
    statistic: string,
    [own]: readonly Readonly<Record<string, string>>[],
  ): Metric =>
    new Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      statistic,
      dimensionsMap: { stage: stage.name, ...own },
    });
  return {
    /** How often something happened; without dimensions, all of it together. */
    counted: <Name extends CountName>(name: Name, ...dimensions: CountDimensions[Name] | []): Metric =>
      metric(name, "Sum", dimensions as Readonly<Record<string, string>>[]),
    /** The most that was measured. */
    measured: <Name extends MeasureName>(name: Name, ...dimensions: MeasureDimensions[Name]): Metric =>
      metric(name, "Maximum", dimensions as Readonly<Record<string, string>>[]),
  };
}
