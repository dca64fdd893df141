/**
 * What AWS asks, in US dollars: on demand, no free tier, no savings plan. From the public price pages of the services.
 */
export const prices = {
  region: "us-east-1",
  date: "2026-11",
  perMillion: {
    stateTransitions: 25,
    invocations: 0.2,
    writeUnits: 0.625,
    readUnits: 0.125,
    s3Puts: 5,
    s3Gets: 0.4,
    events: 1,
    httpRequests: 1,
    queueRequests: 0.4,
    secretReads: 5,
    kmsRequests: 3,
  },
  /** Arm. */
  lambdaGbSecond: 0.0000133334,
  logGigabyte: 0.5,
} as const;

/**
 * How long a function runs: what all designs are charged alike for. Waiting for the gateway is most of it; the figures
 * are assumptions, and cost a hundredth of what transitions cost.
 */
export const durations = {
  /** With so much memory, which is so much of a processor. */
  memoryMb: 512,
  /** Of an invocation by itself, warm. */
  ownMs: 5,
  /** Of a request to a service of AWS. */
  awsRequestMs: 8,
  /** Of a request to the gateway. */
  gatewayRequestMs: 200,
  /** Lines that Lambda writes itself: START, END, REPORT. */
  logBytesPerInvocation: 420,
} as const;

/** What a function keeps, or a service keeps for it, and fetches anew no more often than this. */
const keeping = {
  /** `CACHE_MS` of the secrets, DynamoDB's of a table's key; of a bucket's key nobody says, and as long is assumed. */
  seconds: 300,
  /** Spread evenly over the year: one environment a function is enough. With more of them each one's share is less. */
  onboardingsAYear: 1_000_000,
  /** Each function is taken to read one secret, and to need the keys of that, of the table and of the bucket. */
  secrets: 1,
  keys: 3,
} as const;

/** One onboarding's share of what so many functions fetch anew: reckoned, alike for all designs. */
export function fetchedAnew(functions: number): Pick<Consumption, "secretReads" | "kmsRequests"> {
  const share = (functions * 365 * 86_400) / keeping.seconds / keeping.onboardingsAYear;
  return { secretReads: share * keeping.secrets, kmsRequests: share * keeping.keys };
}

/** What one onboarding consumed. Counts, but for the last ones. */
export interface Consumption {
  stateTransitions: number;
  /** As AWS counts them. */
  historyEvents: number;
  invocations: number;
  writeUnits: number;
  readUnits: number;
  s3Puts: number;
  s3Gets: number;
  events: number;
  httpRequests: number;
  queueRequests: number;
  gatewayRequests: number;
  secretReads: number;
  kmsRequests: number;
  logBytes: number;
  /** Memory times time. */
  gbSeconds: number;
  /** The largest input or output in the execution's history. */
  largestPayloadBytes: number;
}

/** US dollars for a million onboardings like this one, by what they are for. */
export function dollarsPerMillion(used: Consumption): Record<string, number> {
  const { perMillion } = prices;
  const counted = (...names: (keyof typeof perMillion)[]) =>
    names.reduce((sum, name) => sum + used[name] * perMillion[name], 0);
  return {
    "Step Functions": counted("stateTransitions"),
    Lambda: counted("invocations") + used.gbSeconds * prices.lambdaGbSecond * 1e6,
    DynamoDB: counted("writeUnits", "readUnits"),
    S3: counted("s3Puts", "s3Gets"),
    "events, queues, API": counted("events", "httpRequests", "queueRequests"),
    "secrets, keys": counted("secretReads", "kmsRequests"),
    Logs: (used.logBytes / 1e9) * prices.logGigabyte * 1e6,
  };
}

export const total = (costs: Record<string, number>): number =>
  Object.values(costs).reduce((sum, cost) => sum + cost, 0);
