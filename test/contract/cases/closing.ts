import type { ContractCase } from "../contract-case.ts";
import { acted, refused } from "../documented.ts";
import { row } from "../requests.ts";

const cancelled = acted("Profile cancelled successfully", "cancelled");
/** PUT is the method; POST is accepted too. */
const cancels: ContractCase[] = (["E11", "E12"] as const).flatMap((operation) =>
  ["PUT", "POST"].flatMap((method) => [
    row(operation, `by ${method}`, cancelled, { method, state: "capture_pending", fresh: true }),
    row(operation, `by ${method}, a second time`, refused.alreadyCancelled(), { method, state: "cancelled" }),
    ...(["review_required", "recapture_pending", "completed", "purged"] as const).map((state) =>
      row(operation, `by ${method} in ${state}`, refused.cancelNotAllowed(state), { method, state }),
    ),
  ]),
);

const purged = acted("Data purged successfully", "purged");
const purges: ContractCase[] = [
  ...(["completed", "cancelled"] as const).map((state) =>
    row("E13", `in ${state}`, purged, { state, fresh: true }),
  ),
  ...(["capture_pending", "review_required", "recapture_pending", "purged"] as const).map((state) =>
    row("E13", `in ${state}`, refused.purgeNotAllowed(state), { state }),
  ),
];

/** E11 to E13. */
export const closing: ContractCase[] = [...cancels, ...purges];
