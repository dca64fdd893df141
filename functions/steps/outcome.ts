import type { EventType } from "../../shared/events/published.ts";
import type { Outcome } from "../../shared/profile/next.ts";

/** The one event that tells how an onboarding ended. */
export const outcomeEvents = {
  completed: "OnboardingCompleted",
  rejected: "OnboardingRejected",
  cancelled: "OnboardingCancelled",
  expired: "OnboardingExpired",
  failed: "OnboardingFailed",
} as const satisfies Record<Outcome, EventType>;
