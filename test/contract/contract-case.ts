import type { RefusalName } from "../../shared/gateway/answers.ts";
import type { ContentCipher } from "../../shared/gateway/encryption.ts";
import type { Operation } from "../../shared/gateway/endpoints.ts";

/** A profile that a case is about, as it stands when the case runs. Created at the sandbox itself. */
export interface Subject {
  profile_id: string;
  reference_id: string;
  config_id: string;
  capture_link: string;
  capture_expires_at: string | null;
  purged_at: string | null;
}

/** Of a case that is about no profile. */
export const noSubject: Subject = {
  profile_id: "",
  reference_id: "",
  config_id: "",
  capture_link: "",
  capture_expires_at: null,
  purged_at: null,
};

/** What a case finds. `booked`: capture is pending, and the customer has a video-call appointment. */
export const states = [
  "capture_pending",
  "booked",
  "review_required",
  "recapture_pending",
  "completed",
  "cancelled",
  "purged",
] as const;
export type State = (typeof states)[number];

/** What a case may put into its request, and may expect to see again. */
export interface World {
  subject: Subject;
  /** A reference that no other case has. */
  reference_id: string;
  /** A workflow whose customer does nothing. */
  config_id: string;
  apiKey: string;
  accountId: string;
  otherApiKey: string;
  otherAccountId: string;
  /** Of the first account's content keys. */
  cipher: ContentCipher;
}

export interface Asked {
  method: string;
  path: string;
  /** An object is sent as JSON, a string as it is. */
  body?: unknown;
  /** Instead of the first account's credentials. */
  headers?: Record<string, string>;
}
export type Ask = (world: World) => Asked | Promise<Asked>;

/** Sends a request to the place that is held to the contract; with the first account's credentials, unless it has others. */
export type Send = (asked: Asked) => Promise<{ status: number; body: unknown }>;

/** The answer that the contract documents: which one, and all that must be in it. */
export interface Expected {
  answer: "success" | RefusalName;
  status: number;
  body: (world: World) => unknown;
}

/** One request and its documented answer. */
export interface ContractCase extends Expected {
  /** Of contract §2; `own`: a path that is none of them. */
  operation: Operation | "own";
  name: string;
  /** The state of the profile in `world.subject`; `fresh` when the case changes it. */
  state?: State;
  fresh?: boolean;
  /** Asked first, in the same place, and must succeed. */
  before?: Ask;
  ask: Ask;
  /** Asked while every request at the sandbox fails. */
  faulty?: boolean;
  /** What is compared instead of the answer's body. */
  read?: (body: never, world: World) => Promise<unknown>;
}

/** Stands for what a customer entered: no answer may carry it. */
export const SECRET_VALUE = "never-to-be-echoed";

/** An id that no profile has. */
export const unknownId = "00000000-0000-4000-8000-00000000dead";
