import { closedStatuses, type ProfileStatus, profileStatuses } from "./status.ts";

/** Something that happens to a profile: in which statuses, and what it turns into. Without `to` it stays what it is. */
export interface Happening {
  allowed: readonly ProfileStatus[];
  to?: ProfileStatus;
}

/** What others than its client do to a profile: machines, clock, customer, agent and checker (contract §10.2). */
export const gatewayEvents = {
  "link-ready": { allowed: ["pending"], to: "capture_pending" },
  "start-tasks": { allowed: ["pending"], to: "in_progress" },
  "book-slot": { allowed: ["capture_pending"] },
  "miss-slot": { allowed: ["capture_pending"] },
  "ask-for-call": { allowed: ["capture_pending"] },
  "join-call": { allowed: ["capture_pending"] },
  "drop-call": { allowed: ["capture_pending"] },
  "end-call": { allowed: ["capture_pending"], to: "in_progress" },
  "drop-session": { allowed: ["capture_pending", "recapture_pending"] },
  "finish-session": { allowed: ["capture_pending", "recapture_pending"], to: "in_progress" },
  "link-expires": { allowed: ["capture_pending", "recapture_pending"], to: "capture_expired" },
  "ask-review": { allowed: ["in_progress"], to: "review_required" },
  "auto-close": { allowed: ["in_progress"], to: "completed" },
  "fail-tasks": { allowed: ["in_progress"], to: "failed" },
  "send-back": { allowed: ["review_required"], to: "recapture_pending" },
  approve: { allowed: ["review_required"], to: "completed" },
  reject: { allowed: ["review_required", "recapture_pending"], to: "completed" },
} as const satisfies Record<string, Happening>;
export type GatewayEvent = keyof typeof gatewayEvents;

/** What its client does: the operations of contract §10.3 whose answer depends on the profile's status. */
export const gatewayOperations = {
  fetchCaptureLink: {
    allowed: ["capture_pending", "in_progress", "review_required", "recapture_pending", ...closedStatuses],
  },
  fetchRecaptureConfig: { allowed: ["review_required", "recapture_pending"] },
  submitRecapture: { allowed: ["review_required"], to: "recapture_pending" },
  completeProfile: { allowed: ["review_required"], to: "completed" },
  cancelProfile: { allowed: ["capture_pending"], to: "cancelled" },
  purgeProfile: { allowed: closedStatuses, to: "purged" },
  updateProfileConfig: {
    allowed: ["pending", "capture_pending", "in_progress", "review_required", "recapture_pending"],
  },
} as const satisfies Record<string, Happening>;
export type GatewayOperation = keyof typeof gatewayOperations;

/** Whether the gateway allows an operation in a status (contract §10.3). */
export const isAllowed = (operation: GatewayOperation, status: ProfileStatus): boolean =>
  (gatewayOperations[operation].allowed as readonly ProfileStatus[]).includes(status);

/** The legal moves of a profile (contract §10.2): whether anything that happens turns `from` into `to`. */
export const canBecome = (from: ProfileStatus, to: ProfileStatus): boolean =>
  [gatewayEvents, gatewayOperations].some((happenings: Record<string, Happening>) =>
    Object.values(happenings).some((each) => each.to === to && each.allowed.includes(from)),
  );

/** Whether `to` can be reached from `from` at all, in any number of moves (we may not see every one). */
export function canReach(from: ProfileStatus, to: ProfileStatus): boolean {
  const seen = new Set<ProfileStatus>();
  const open = [from];
  for (let status = open.pop(); status; status = open.pop()) {
    const next = profileStatuses.filter((each) => canBecome(status, each));
    if (next.includes(to)) return true;
    open.push(...next.filter((each) => !seen.has(each)));
    for (const each of next) seen.add(each);
  }
  return false;
}

/** The statuses in which the capture link opens for the customer. */
export const linkOpens = (status: ProfileStatus): boolean =>
  status === "capture_pending" || status === "recapture_pending";
