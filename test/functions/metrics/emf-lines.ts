import { vi } from "vitest";

/** A metric as CloudWatch takes it from a log line: one of these for each set of dimensions. */
export interface Datum {
  namespace: string;
  name: string;
  unit: string;
  value: number;
  dimensions: Readonly<Record<string, string>>;
}

interface EmfLine extends Record<string, unknown> {
  _aws: {
    Timestamp: number;
    CloudWatchMetrics: {
      Namespace: string;
      Dimensions: string[][];
      Metrics: { Name: string; Unit: string }[];
    }[];
  };
}

/** Reads a line of a function's log as CloudWatch does (embedded metric format); nothing for a line without metrics. */
export function readEmf(line: string): Datum[] {
  if (!line.startsWith('{"_aws"')) return [];
  const read = JSON.parse(line) as EmfLine;
  return read._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name, Unit }) =>
      Dimensions.map((names) => ({
        namespace: Namespace,
        name: Name,
        unit: Unit,
        value: Number(read[Name]),
        dimensions: Object.fromEntries(names.map((name) => [name, String(read[name])])),
      })),
    ),
  );
}

/** What is written to stdout meanwhile, line by line: where the library has a console of its own. */
export function linesWritten(run: () => void): string[] {
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
  try {
    run();
  } finally {
    spy.mockRestore();
  }
  return written.join("").split("\n").filter(Boolean);
}
