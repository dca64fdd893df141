import type { Wait } from "../../shared/profile/next.ts";

/** What each wait waits for, in plain words. */
const waits: Record<Wait, string> = {
  OpenCapture: "the customer to finish the capture",
  Review: "a person to approve, reject or ask for recapture",
  Recapture: "the customer to redo the requested items",
  Attention: "a person to look at it",
  Retain: "the retention date",
};

/** What a parked onboarding waits for; `callBooked`: the customer has a video call before him. */
export const waitingFor = (state: Wait, callBooked = false): string =>
  state === "OpenCapture" && callBooked ? "the customer's video call" : waits[state];

/** What a request waits for that has no profile yet. */
export const waitingForCreate = "the gateway to create the profile";
