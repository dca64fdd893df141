import type { ProfileStatus, ReviewerAction } from "../../shared/profile/status.ts";
import type { ScenarioName } from "./journeys.ts";

/** Why a decision was taken (contract §4.1 `status_description`); empty when nobody said. */
export interface StatusDescription {
  code?: string | null | undefined;
  reason?: string | null | undefined;
  comments?: string | null | undefined;
}

export type PerformedBy = {
  performed_at: string;
  action: "review" | "recapture" | "video_call";
  email: string;
  account_id: string;
};

/** All of a profile that moves. A webhook carries a copy, so that it tells the moment it was fired for. */
export interface ProfileState {
  status: ProfileStatus;
  status_detail: string | null;
  status_description: StatusDescription;
  reviewer_action: ReviewerAction | null;
  completed_at: string | null;
  purged_at: string | null;
  performed_by: PerformedBy[];
  /** Journeys that the customer finished: 0 means that nothing was captured yet. */
  captures: number;
}

/** Something that a receiver is told about; its body is made when it is sent, from this and the profile. */
export interface Notice {
  id: string;
  kind: "status" | "session" | "creation";
  state: ProfileState;
  session?: { session_status: "complete" | "incomplete"; reason: string };
}

/** A scripted move that is due, valid only for the step it was planned in. */
export interface JourneyJob {
  kind: "journey";
  profile_id: string;
  step: number;
}

/** The capture link's lifetime is over. */
export interface ExpiryJob {
  kind: "expiry";
  profile_id: string;
}

/** Webhooks to post, in this order. */
export interface DeliverJob {
  kind: "deliver";
  account_id: string;
  profile_id: string;
  notices: Notice[];
  /** Attempts that were made already. */
  attempt: number;
  /** The account's webhook faults were drawn already. */
  faultsDrawn: boolean;
}

export type Job = JourneyJob | ExpiryJob | DeliverJob;

/** A job that a profile still owes the queue; `dueAt` in milliseconds. */
export interface Outgoing {
  dueAt: number;
  job: Job | { kind: "erase" };
}

/** A profile as the sandbox keeps it. The request of the create, with all personal data, is kept apart. */
export interface ProfileRecord {
  profile_id: string;
  account_id: string;
  reference_id: string;
  group_id: string | null;
  config: { id: string; overrides: unknown; reference_profile_id?: string };
  scenario: ScenarioName;
  /** Where this sandbox was reached when the profile was created: the base of its links. */
  origin: string;
  created_at: string;
  /** `null` for a package without capture. */
  link: { token: string; expires_at: string | null } | null;
  /** Opens the profile's artifact URLs. */
  artifact_key: string;
  state: ProfileState;
  /** Raised by each write; a write names the one it read. */
  version: number;
  /** Raised by each move; a journey job of another step is stale. */
  step: number;
  /** Scripted moves made so far, by the status they were made in. */
  turns: Partial<Record<ProfileStatus, number>>;
  /** Notices fired so far. */
  notices: number;
  /** Written with the move itself, emptied once the queue has everything. */
  outbox: Outgoing[];
}
