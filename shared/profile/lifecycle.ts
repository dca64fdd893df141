import { closedStatuses, type ProfileStatus } from "./status.ts";

/** The legal moves of a profile (contract §10.2): status → statuses it may turn into. */
export const transitions: Record<ProfileStatus, readonly ProfileStatus[]> = {
  pending: ["capture_pending", "in_progress"],
  capture_pending: ["cancelled", "capture_expired", "in_progress"],
  in_progress: ["review_required", "completed", "failed"],
  review_required: ["recapture_pending", "completed"],
  recapture_pending: ["in_progress", "capture_expired", "completed"],
  completed: ["purged"],
  cancelled: ["purged"],
  capture_expired: ["purged"],
  failed: ["purged"],
  purged: [],
};

export const canBecome = (from: ProfileStatus, to: ProfileStatus): boolean => transitions[from].includes(to);

/** Whether `to` can be reached from `from` at all, in any number of moves (we may not see every one). */
export function canReach(from: ProfileStatus, to: ProfileStatus): boolean {
  const seen = new Set<ProfileStatus>();
  const open = [...transitions[from]];
  for (let status = open.pop(); status; status = open.pop()) {
    if (status === to) return true;
    if (!seen.has(status)) open.push(...transitions[status]);
    seen.add(status);
  }
  return false;
}

/** The operations of contract §10.3 whose answer depends on the profile's status. */
export const gatewayOperations = {
  fetchCaptureLink: {
    allowed: ["capture_pending", "in_progress", "review_required", "recapture_pending", ...closedStatuses],
  },
  fetchRecaptureConfig: { allowed: ["review_required", "recapture_pending"] },
  submitRecapture: { allowed: ["review_required"] },
  completeProfile: { allowed: ["review_required"] },
  cancelProfile: { allowed: ["capture_pending"] },
  purgeProfile: { allowed: closedStatuses },
  updateProfileConfig: {
    allowed: ["pending", "capture_pending", "in_progress", "review_required", "recapture_pending"],
  },
} as const satisfies Record<string, { allowed: readonly ProfileStatus[] }>;
export type GatewayOperation = keyof typeof gatewayOperations;

/** Whether the gateway allows an operation in a status (contract §10.3). */
export const isAllowed = (operation: GatewayOperation, status: ProfileStatus): boolean =>
  (gatewayOperations[operation].allowed as readonly ProfileStatus[]).includes(status);

/** The statuses in which the capture link opens for the customer. */
export const linkOpens = (status: ProfileStatus): boolean =>
  status === "capture_pending" || status === "recapture_pending";
