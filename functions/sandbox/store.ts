import type { CreateRequest } from "../../shared/gateway/create.ts";
import type { AccountFaults } from "./faults.ts";
import type { ProfileRecord } from "./profile-record.ts";
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
  /** Replaces a profile if its version is still the one before `record.version`; `false` if it was overtaken. */
  replace(record: ProfileRecord): Promise<boolean>;
  /** Empties the outbox if the profile still has the version of `record`. */
  clearOutbox(record: ProfileRecord): Promise<void>;

  /** The body of the create; `null` once erased. */
  request(profileId: string): Promise<CreateRequest | null>;
  eraseRequest(profileId: string): Promise<void>;

  delivery(noticeId: string): Promise<Delivery | null>;
  saveDelivery(noticeId: string, delivery: Delivery): Promise<void>;
  bury(accountId: string, letter: DeadLetter): Promise<void>;
  /** Newest first, at most 200. */
  deadLetters(accountId: string): Promise<DeadLetter[]>;
}
