import type { ScenarioName } from "./journeys.ts";

/** How fast the scripted people and machines are, and the switches of the contract (A-10, §8). */
export interface Settings {
  readySeconds: number;
  readyLateSeconds: number;
  customerSeconds: number;
  customerLateSeconds: number;
  taskSeconds: number;
  checkerSeconds: number;
  checkerLateSeconds: number;
  /** 0: links do not expire and `capture_expires_at` is null. */
  linkLifetimeSeconds: number;
  shortLinkLifetimeSeconds: number;
  /** Never empty; the first queue takes whoever names none, or one that is not there. */
  videoQueues: readonly VideoQueue[];
  /** How long a slot for a video call is, and how often one begins. */
  slotSeconds: number;
  /** How often one begins for scripted customers, who have no time. */
  scriptedSlotSeconds: number;
  /** Wait before each further attempt; after the last one the webhook is a dead letter. */
  webhookRetrySeconds: readonly number[];
  purgePolicy: "closed" | "completed_only" | "any";
  /** `config.id` → the script that its profiles follow. Every other id is E-PKG. */
  packages: Readonly<Record<string, ScenarioName>>;
}

/** A queue of customers who wait for an agent, and how many agents serve it. */
export interface VideoQueue {
  /** The contract's `video_kyc_priority`. */
  priority: number;
  label: string;
  operators: number;
}

/** The file beside each bundle that carries the settings. */
export const settingsFile = "settings.json";

/** Longest delay of the queue. What is due later is found when the profile is looked at. */
export const MAX_DELAY_SECONDS = 900;

/** How long profiles, claims, requests and dead letters are kept after their last change. */
export const KEEP_DAYS = 60;
