import type { Metrics } from "../../../functions/metrics/metrics.ts";

/** One emission: a metric's name, its value (1 where something is counted) and its dimensions. */
export interface Recorded {
  name: string;
  value: number;
  dimensions: Readonly<Record<string, string>>;
}

/** Metrics that are kept, oldest first, instead of written. */
export function recordedMetrics(): Metrics & { emitted: Recorded[] } {
  const emitted: Recorded[] = [];
  const dimensionsIn = ([own]: readonly unknown[]) => (own ?? {}) as Recorded["dimensions"];
  return {
    emitted,
    count: (name, ...own) => void emitted.push({ name, value: 1, dimensions: dimensionsIn(own) }),
    measure: (name, value, ...own) => void emitted.push({ name, value, dimensions: dimensionsIn(own) }),
  };
}
