import type { ContentCipher } from "../../shared/gateway/encryption.ts";
import type { Schedule } from "./schedule.ts";
import type { Settings } from "./settings.ts";
import type { Store } from "./store.ts";

/** Time in milliseconds since the epoch. */
export interface Clock {
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** Where ids come from: a simulation gives repeatable ones. */
export interface Ids {
  profileId(): string;
  /** At least 12 url-safe characters that nobody can guess. */
  token(): string;
}

/** Whether the api-key of this hash (SHA-256, hex) belongs to an account. */
export type Authenticate = (keyHash: string, accountId: string) => Promise<boolean>;

/** Posts a webhook body; the answer's status, or `null` when there was none in time. */
export type Post = (url: string, body: string) => Promise<number | null>;

/** Allow-listed facts about what happened; the only thing that is ever logged. */
export type Log = (event: {
  what: string;
  account_id?: string;
  profile_id?: string;
  status?: string | number | null;
  kind?: string;
}) => void;

/** Everything that the sandbox's logic touches outside itself. */
export interface Sandbox {
  settings: Settings;
  store: Store;
  schedule: Schedule;
  clock: Clock;
  ids: Ids;
  authenticate: Authenticate;
  /** What an account encrypts and decrypts with (contract §9). */
  cipherOf: (accountId: string) => ContentCipher;
  post: Post;
  log: Log;
}

export const timestamp = (milliseconds: number): string => new Date(milliseconds).toISOString();
