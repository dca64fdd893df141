import { describe, expect, test } from "vitest";
import {
  type CountName,
  counts,
  type MeasureName,
  measures,
} from "../../../functions/metrics/metric-names.ts";
import { createMetrics, type Metrics } from "../../../functions/metrics/metrics.ts";
import { linesWritten, readEmf } from "./emf-lines.ts";

type AnyMetrics = Record<keyof Metrics, (...input: unknown[]) => void>;
const emit = (run: (metrics: Metrics) => void): string[] => {
  const metrics = createMetrics("prod");
  return linesWritten(() => run(metrics));
};

describe("a line of the log", () => {
  test("is one that CloudWatch takes metrics from, with the stage", () => {
    const [line = "", ...others] = emit((metrics) => metrics.count("WebhookFailed"));
    expect(others).toEqual([]);
    expect(JSON.parse(line)).toEqual({
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: "Onboarding",
            Dimensions: [["stage"]],
            Metrics: [{ Name: "WebhookFailed", Unit: "Count" }],
          },
        ],
      },
      stage: "prod",
      WebhookFailed: 1,
    });
  });

  test("of something that is told apart counts it as a whole as well", () => {
    const [line = ""] = emit((metrics) => metrics.count("WebhookRefused", { reason: "token" }));
    const datum = { namespace: "Onboarding", name: "WebhookRefused", unit: "Count", value: 1 };
    expect(readEmf(line)).toEqual([
      { ...datum, dimensions: { stage: "prod" } },
      { ...datum, dimensions: { stage: "prod", reason: "token" } },
    ]);
  });

  test("of a measure has its value and its unit, and no sum over what it is told apart by", () => {
    const [line = ""] = emit((metrics) => metrics.measure("OldestWaitSeconds", 7.5, { state: "Review" }));
    expect(readEmf(line)).toEqual([
      {
        namespace: "Onboarding",
        name: "OldestWaitSeconds",
        unit: "Seconds",
        value: 7.5,
        dimensions: { stage: "prod", state: "Review" },
      },
    ]);
  });

  test("is written at once, and nothing of it stays for the next one", () => {
    const lines = emit((metrics) => {
      metrics.count("WebhookRefused", { reason: "token" });
      metrics.count("WebhookFailed");
      metrics.count("WebhookFailed");
    });
    expect(lines.map((line) => readEmf(line).map(({ name, value }) => [name, value]))).toEqual([
      [
        ["WebhookRefused", 1],
        ["WebhookRefused", 1],
      ],
      [["WebhookFailed", 1]],
      [["WebhookFailed", 1]],
    ]);
  });
});

test("every metric there is can be written with every value of its dimension", () => {
  const metrics = createMetrics("prod") as unknown as AnyMetrics;
  const valuesOf = (by: Readonly<Record<string, readonly string[]>>) =>
    Object.entries(by).flatMap(([dimension, values]) => values.map((value) => ({ [dimension]: value })));
  const written = (
    names: readonly (CountName | MeasureName)[],
    by: (name: never) => object,
    kind: keyof Metrics,
  ) =>
    names.flatMap((name) => {
      const own = valuesOf(by(name as never) as Record<string, string[]>);
      return (own.length > 0 ? own : [undefined]).map((dimensions) => {
        const input = [name, ...(kind === "measure" ? [1] : []), ...(dimensions ? [dimensions] : [])];
        const lines = linesWritten(() => metrics[kind](...input));
        return { name, dimensions: { stage: "prod", ...dimensions }, data: lines.flatMap(readEmf) };
      });
    });
  const all = [
    ...written(Object.keys(counts) as CountName[], (name: CountName) => counts[name], "count"),
    ...written(Object.keys(measures) as MeasureName[], (name: MeasureName) => measures[name].by, "measure"),
  ];
  expect(all.length).toBeGreaterThan(40);
  for (const { name, dimensions, data } of all)
    expect(data).toContainEqual(expect.objectContaining({ name, dimensions }));
});
