import { Logger } from "@aws-lambda-powertools/logger";
import { once } from "./environment.ts";

/** All that may be logged of an onboarding: ids, statuses and names of faults. Never a body, a link or a key. */
export interface LogFields {
  function?: string;
  profile_id?: string;
  execution?: string;
  state?: string;
  status?: string | number | null;
  next?: string;
  kind?: string;
  wait?: number;
  attempt?: number;
  count?: number;
  ms?: number;
  fault?: string;
  request_id?: string;
}

export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Structured JSON lines with the fields of {@link LogFields} and no others. */
export function createLog(serviceName: string): Log {
  // Most requests that end well log nothing.
  const logger = once(() => new Logger({ serviceName }));
  return {
    info: (message, fields = {}) => logger().info(message, { ...fields }),
    warn: (message, fields = {}) => logger().warn(message, { ...fields }),
    error: (message, fields = {}) => logger().error(message, { ...fields }),
  };
}

/** The name of what was thrown: all that a log line may say of an error whose message may quote a body. */
export const faultName = (error: unknown): string => (error instanceof Error ? error.name : typeof error);
