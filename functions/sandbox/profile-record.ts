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

/** A slot for a video call: from `start_time` until before `end_time`. */
export interface Slot {
  start_time: string;
  end_time: string;
}

export interface Appointment extends Slot {
  state: "booked" | "missed" | "cancelled" | "kept";
  /** When it was booked. */
  scheduled_at: string;
}

/** The customer waits for an agent, or talks to one of a queue's operators. */
export type LiveCall =
  | { state: "waiting"; since: string }
  | { state: "in_call"; since: string; agent: string; video_kyc_priority: number };

/** What the agent said at the end of a call (contract §8.3 `video_call`). */
export interface HeldCall {
  status: "verified" | "rejected";
  agent_remark: string | null;
}

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
  /** The last one, and what became of it. This and the calls are absent in records from before there were any. */
  appointment?: Appointment | null;
  call?: LiveCall | null;
  /** The last call that was held to its end. */
  video_call?: HeldCall | null;
}

/** Something that a receiver is told about; its body is made when it is sent, from this and the profile. */
export interface Notice {
  id: string;
  kind: "status" | "session" | "creation" | "appointment";
  state: ProfileState;
  session?: {
    session_status: "complete" | "incomplete";
    reason: string;
    /** The `ref_id`s that were still to be captured. */
    pending?: string[];
    video_call?: HeldCall | null;
  };
  /** What was done with the appointment (contract §7.6 `scheduling_details.action`). */
  action?: "scheduled" | "rescheduled";
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

/** What E9 or a checker sent back: of E8's offer, by name. */
export interface Asked {
  ref_ids: string[];
  task_keys: string[];
}

/** Something that a person captured; without it a scripted placeholder stands in the profile. */
export interface Capture {
  ref_id: string;
  /** `state.captures` when it was captured. It belongs to the profile once that journey is finished. */
  round: number;
  /** Names the kept bytes; `null` for the built-in sample. */
  upload: string | null;
  content_type: string;
}

/** A profile as the sandbox keeps it. The request of the create, with all personal data, is kept apart. */
export interface ProfileRecord {
  profile_id: string;
  account_id: string;
  reference_id: string;
  group_id: string | null;
  config: { id: string; overrides: unknown; reference_profile_id?: string };
  /** As E15 replaced it; until then the request's. */
  relay_data?: string;
  /** Created by E17: its webhooks say nothing of the customer in clear. */
  encrypted?: boolean;
  scenario: ScenarioName;
  /** Where this sandbox was reached when the profile was created: the base of its links. */
  origin: string;
  created_at: string;
  /** `null` for a package without capture. */
  link: { token: string; expires_at: string | null } | null;
  /** The keys of the profile's artifact URLs are made of it. */
  artifact_key: string;
  state: ProfileState;
  /** Raised by each write; a write names the one it read. */
  version: number;
  /** Raised by each move; a journey job of another step is stale. */
  step: number;
  /** The last recapture that was asked for. */
  asked?: Asked;
  captured?: Capture[];
  /** The version in which the customer's session last ended unfinished. */
  left?: number;
  /** Scripted moves made so far, by the status they were made in. */
  turns: Partial<Record<ProfileStatus, number>>;
  /** Notices fired so far. */
  notices: number;
  /** Written with the move itself, emptied once the queue has everything. */
  outbox: Outgoing[];
}
