import type { ScenarioName } from "./journeys.ts";

/** How fast the scripted people and machines are, and the switches of the contract (A-10, §8). */
export interface Settings {
  readySeconds: number;
  readyLateSeconds: number;
  customerSeconds: number;
  taskSeconds: number;
  checkerSeconds: number;
  checkerLateSeconds: number;
  /** 0: links do not expire and `capture_expires_at` is null. */
  linkLifetimeSeconds: number;
  shortLinkLifetimeSeconds: number;
  /** Wait before each further attempt; after the last one the webhook is a dead letter. */
  webhookRetrySeconds: readonly number[];
  purgePolicy: "closed" | "completed_only" | "any";
  /** `config.id` → the script that its profiles follow. Every other id is E-PKG. */
  packages: Readonly<Record<string, ScenarioName>>;
}

/** The file beside each bundle that carries the settings. */
export const settingsFile = "settings.json";

/** Longest delay of the queue. What is due later is found when the profile is looked at. */
export const MAX_DELAY_SECONDS = 900;

/** How long profiles, claims, requests and dead letters are kept after their last change. */
export const KEEP_DAYS = 60;
