import type { CreateRequest } from "../../shared/gateway/create.ts";
import type { AccountFaults } from "./faults.ts";
import type { ProfileRecord } from "./profile-record.ts";
import type { Switchboard } from "./switchboard.ts";
import type { WebhookTargets } from "./webhook-targets.ts";

/** What an account set with `PUT /sandbox/webhooks` and `PUT /sandbox/faults`. */
export interface AccountSetup {
  webhooks: WebhookTargets;
  faults: AccountFaults;
}

/** How far the delivery of one notice got. */
export interface Delivery {
  attempts: number;
  outcome: "waiting" | "delivered" | "dropped" | "dead";
}

/** A webhook that nobody took. Its body is not kept. */
export interface DeadLetter {
  notice_id: string;
  profile_id: string;
  kind: string;
  status: string;
  at: string;
}

/** A reviewer who signed in at the desk. */
export interface DeskSession {
  account_id: string;
  reviewer: string;
  /** Of the api-key that was given; the session is over when the account has it no longer. */
  key_hash: string;
  expires_at: string;
}

/** The state of the sandbox. Every method may fail; a caller that tries again must end the same. */
export interface Store {
  setup(accountId: string): Promise<AccountSetup>;
  saveWebhooks(accountId: string, webhooks: WebhookTargets): Promise<void>;
  /** Also starts the count of requests again, so that the same seed draws the same faults. */
  saveFaults(accountId: string, faults: AccountFaults): Promise<void>;
  /** 1, 2, 3, … for the requests of an account since its faults were set. */
  countRequest(accountId: string): Promise<number>;

  /**
   * Keeps a new profile, its request, its reference and its link. `false`: the account has that reference
   * already; with `again` the newer profile takes the reference over instead.
   */
  create(record: ProfileRecord, request: CreateRequest, again: boolean): Promise<boolean>;
  read(profileId: string): Promise<ProfileRecord | null>;
  findByReference(accountId: string, referenceId: string): Promise<string | null>;
  findByLink(token: string): Promise<string | null>;
  /** The ids of the account's newest profiles, newest first, at most 100. */
  newestProfiles(accountId: string): Promise<string[]>;
  /** The account's video calls as they stand. */
  switchboard(accountId: string): Promise<Switchboard>;
  /**
   * Replaces a profile, and with it its account's `switchboard` if one is given, both or neither, if the version of
   * each is still the one before; `false` if one was overtaken.
   */
  replace(record: ProfileRecord, switchboard?: Switchboard): Promise<boolean>;
  /** Empties the outbox if the profile still has the version of `record`. */
  clearOutbox(record: ProfileRecord): Promise<void>;

  /** The body of the create; `null` once erased. */
  request(profileId: string): Promise<CreateRequest | null>;
  /** Keeps what somebody captured, until its profile is erased. `name` is of our making. */
  saveUpload(profileId: string, name: string, bytes: Uint8Array): Promise<void>;
  upload(profileId: string, name: string): Promise<Buffer | null>;
  eraseUpload(profileId: string, name: string): Promise<void>;
  /** Erases the request and all uploads. */
  erase(profileId: string): Promise<void>;

  saveDeskSession(token: string, session: DeskSession): Promise<void>;
  /** Also gives sessions that have expired. */
  deskSession(token: string): Promise<DeskSession | null>;
  endDeskSession(token: string): Promise<void>;

  delivery(noticeId: string): Promise<Delivery | null>;
  saveDelivery(noticeId: string, delivery: Delivery): Promise<void>;
  bury(accountId: string, letter: DeadLetter): Promise<void>;
  /** Newest first, at most 200. */
  deadLetters(accountId: string): Promise<DeadLetter[]>;
}
