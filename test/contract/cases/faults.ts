import type { ContractCase, Expected, State } from "../contract-case.ts";
import { refused } from "../documented.ts";
import { type OperationName, requests, row } from "../requests.ts";

/** What is not E-500. The status is that of the subject, which no request here can move. */
const faultOf: Partial<Record<OperationName, (state: State) => Expected>> = {
  E11: refused.internalAction,
  E12: refused.internalAction,
  E13: refused.internalPurge,
  E14: refused.internalScheduling,
  E16: refused.internalMetrics,
};

/** Where the operation is refused, should a faulty request take effect. */
const unmoved = (operation: OperationName): State => {
  if (operation === "E11" || operation === "E12") return "review_required";
  return operation === "E15" ? "completed" : "capture_pending";
};

/** The 500 of every operation. */
export const faults: ContractCase[] = (Object.keys(requests) as OperationName[]).map((operation) => {
  const state = unmoved(operation);
  const expected = (faultOf[operation] ?? refused.internal)(state);
  return row(operation, "a fault of the gateway", expected, { state, faulty: true });
});
