import { eventTypes } from "../../shared/events/published.ts";
import { waits } from "../../shared/profile/next.ts";
import { keyKinds } from "../../shared/store/key-ages.ts";

/** Where CloudWatch keeps what we count. */
export const METRIC_NAMESPACE = "Onboarding";

/** What an onboarding waits in; of one that has no profile yet, what it waits for. */
export const waitStates = [...waits, "CreateProfile"] as const;

/** The states that a step runs in. */
const stepStates = [...waits, "Close", "Purge"] as const;

/** What a metric is told apart by, beside the stage: one dimension and its values, or none. Ids are never among them. */
type Apart = Readonly<Record<string, readonly string[]>>;

/**
 * Everything that is counted, each time it happens. The functions emit these and no others, alarms and dashboard watch
 * these and no others. What is told apart is counted as a whole as well.
 */
export const counts = {
  /** An event was put on our bus. */
  EventPublished: { type: eventTypes },
  /** A webhook was refused: an unknown URL, an address that may not send any, a body that is none. */
  WebhookRefused: { reason: ["token", "source", "malformed", "too-large"] },
  /** A webhook was answered with our 500. */
  WebhookFailed: {},
  /** A call of the gateway failed, its repetitions included. */
  GatewayFailed: {},
  /** The gateway refused our credentials, the freshly read ones as well. */
  GatewayRefusedCredentials: {},
  /** The gateway said a status that we do not know, or knows a profile of ours no more. */
  UnknownStatus: { why: ["new-word", "no-profile"] },
  /** A parked onboarding's execution is gone: nothing can resume it. */
  TokenSpent: {},
  /** A step of the state machine failed; it may be tried again. */
  StepFailed: { state: stepStates },
  /** A capture link was not on a host that customers may be sent to. */
  LinkRefused: {},
  /** Our API answered 500. */
  RequestFailed: {},
  /** A request from the intake queue was not taken in: it is not one that we take, or what we need for it failed. */
  IntakeRefused: { why: ["duplicate", "refused", "failed"] },
  /** A look at a parked onboarding failed. */
  LookFailed: {},
} as const satisfies Record<string, Apart>;

/** Everything that is measured, and in what. */
export const measures = {
  /** How late the sweeper found what was due longest; each sweep says so. */
  SweepLagSeconds: { unit: "Seconds", by: {} },
  /** Open onboardings. This and the rest are each hour's census. */
  OnboardingsWaiting: { unit: "Count", by: { state: waitStates } },
  /** How long the one that waits longest has waited. */
  OldestWaitSeconds: { unit: "Seconds", by: { state: waitStates } },
  /** Onboardings in Attention, or past their deadline, or whose create was put off. */
  Stuck: { unit: "Count", by: {} },
  /** Onboardings under a legal hold. */
  Held: { unit: "Count", by: {} },
  /** Onboardings whose data should have been erased an hour ago or longer, or cannot be, and that nobody holds. */
  PurgeOverdue: { unit: "Count", by: {} },
  /** The age of the oldest key in use, as far as the secrets say when it was issued; 0 without any. */
  OldestKeyDays: { unit: "None", by: { kind: keyKinds } },
} as const satisfies Record<string, { unit: "Count" | "Seconds" | "None"; by: Apart }>;

export type CountName = keyof typeof counts;
export type MeasureName = keyof typeof measures;

/** The dimensions that a metric is emitted with, each with one of its values; nothing where there are none. */
type Dimensions<By extends Apart> = keyof By extends never ? [] : [{ [Name in keyof By]: By[Name][number] }];
export type CountDimensions = { [Name in CountName]: Dimensions<(typeof counts)[Name]> };
export type MeasureDimensions = { [Name in MeasureName]: Dimensions<(typeof measures)[Name]["by"]> };
