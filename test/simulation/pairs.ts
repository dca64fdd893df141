import type { StepName } from "../../functions/step.ts";
import { steps } from "../../functions/steps/index.ts";
import { webhookKind, webhooks } from "../../shared/gateway/webhooks.ts";
import {
  canReach,
  gatewayEvents,
  gatewayOperations,
  type Happening,
} from "../../shared/profile/lifecycle.ts";
import { type Next, nextStep, type Wait, waits, waitsFor } from "../../shared/profile/next.ts";
import { operatorActions } from "../../shared/profile/operations.ts";
import { type ProfileStatus, profileStatuses } from "../../shared/profile/status.ts";
import { type OnboardingKey, onboardingPk } from "../../shared/store/keys.ts";
import { readRecord } from "../../shared/store/profile-record.ts";
import { type ActionName, actions, type Deployment } from "./deployment.ts";
import { creates, type Occurrence, operations } from "./happenings.ts";
import type { Provider } from "./provider.ts";
import type { World } from "./world.ts";

/** Where an onboarding is with us: no profile of it is known yet, a step waits or works, its execution is gone, it is over. */
export type Place = "no profile" | `${Wait} waits` | `${StepName} works` | "stopped" | "over";
const places: readonly Place[] = [
  "no profile",
  ...waits.map((wait) => `${wait} waits` as const),
  ...(Object.keys(steps) as StepName[]).map((step) => `${step} works` as const),
  "stopped",
  "over",
];

const pair = (where: string, what: string): string => `${where}: ${what}`;
const pairs = (where: readonly string[], what: readonly string[]): string[] =>
  where.flatMap((one) => what.map((other) => pair(one, other)));

const NEW_WORD = "a word that nobody knows";
/** All that reaches us from outside. */
const arrivals = [
  ...Object.keys(webhooks).map((kind) => `webhook ${kind}`),
  ...[...profileStatuses, NEW_WORD].map((status) => `webhook of ${status}`),
  ...operatorActions.map((action) => `operator's ${action}`),
  ...[...Object.keys(actions).filter((name) => name !== "actOnOnboarding"), "queue"].map(
    (name) => `caller's ${name}`,
  ),
];

/** The words by which `Route` leads to a wait from a status alone; every status may lead to the others. */
const ledBy: Partial<Record<Wait, Next>> = { OpenCapture: "open", Review: "review", Recapture: "recapture" };
const entries = (wait: Wait): ProfileStatus[] =>
  profileStatuses.filter((status) => !ledBy[wait] || nextStep(status, 0, 1) === ledBy[wait]);

/** What a look may find that parked in one of the statuses which lead to this wait. */
const found = (wait: Wait, but: (entry: ProfileStatus, status: ProfileStatus) => boolean): string[] => [
  ...profileStatuses.filter((status) =>
    entries(wait).some((entry) => (entry === status || canReach(entry, status)) && !but(entry, status)),
  ),
  NO_PROFILE,
  NO_ANSWER,
];
const NO_PROFILE = "no profile";
const NO_ANSWER = "no answer";

/** What looks at a wait find, and what they find when its time is over that does not end it anyway. */
const looks = (wait: Wait): string[] => [
  ...found(wait, () => false).map((status) => `finds ${status}`),
  ...found(wait, (entry, status) => waitsFor(wait, entry).includes(status)).map(
    (status) => `is over with ${status}`,
  ),
];

/** Those at the gateway that make a profile, or move one. */
export const moves: readonly string[] = [
  ...creates.map((create) => pair("nothing", create)),
  ...Object.entries<Happening>({ ...gatewayEvents, ...gatewayOperations }).flatMap(
    ([what, { allowed, to }]) => (to ? pairs(allowed, [what]) : []),
  ),
];

/**
 * Every pair that a long simulation has to meet. At the gateway: a status, and each operation of the API about a
 * profile, whether it is allowed there or refused, and each event that can happen there. With us: a place, and each
 * webhook by its kind and by the status that it tells of, each action of an operator and each request of a caller; and
 * a wait, and what a look finds there, before its deadline and after it.
 */
export const wanted: readonly string[] = [
  ...creates.map((create) => pair("nothing", create)),
  ...pairs(profileStatuses, operations),
  ...Object.entries(gatewayEvents).flatMap(([event, { allowed }]) => pairs(allowed, [event])),
  ...pairs(places, arrivals),
  ...waits.flatMap((wait) => pairs([wait], looks(wait))),
];

/** Notes the pairs that one run meets, as those who see them tell. */
export class Pairs {
  readonly met = new Set<string>();
  readonly #world: World;
  readonly #deployed: Deployment;
  readonly #keys = new Map<string, OnboardingKey>();

  constructor(world: World, deployed: Deployment, provider: Provider) {
    this.#world = world;
    this.#deployed = deployed;
    const { onProfile } = provider;
    provider.onProfile = (profile) => {
      onProfile(profile);
      const { profile_id, account_id, reference_id } = profile;
      this.#keys.set(profile_id, { account_id, reference_id });
    };
    provider.onHappening = (status, what) => this.#happened(status, what);
    deployed.onWebhook = (slot, body) => this.#told(slot, body);
    deployed.onRequest = (name, request) => this.#requested(name, request);
    deployed.onLook = (...look) => this.#looked(...look);
  }

  #happened(status: ProfileStatus | null, what: Occurrence): void {
    this.met.add(pair(status ?? "nothing", what));
  }

  #arrived(key: OnboardingKey | undefined, ...arrived: string[]): void {
    const place = key && this.#placeOf(key);
    if (place) for (const each of arrived) this.met.add(pair(place, each));
  }

  #told(slot: string, body: string): void {
    const told = JSON.parse(body) as { profile_id: string; status?: string };
    const kind = webhookKind(slot, told);
    const status = profileStatuses.find((known) => known === told.status) ?? NEW_WORD;
    this.#arrived(
      this.#keys.get(told.profile_id),
      `webhook ${kind}`,
      ...(slot === "profile-status" ? [`webhook of ${status}`] : []),
    );
  }

  #requested(
    name: ActionName | "queue",
    { account_id, id = "", query_type, body }: Parameters<Deployment["onRequest"]>[1],
  ): void {
    const { action, reference_id } = (body ?? {}) as { action?: string; reference_id?: string };
    const byReference =
      query_type === "reference_id" ||
      (name !== "queue" && actions[name].serves.path.includes("{reference_id}"));
    const key = reference_id
      ? { account_id, reference_id }
      : byReference
        ? { account_id, reference_id: id }
        : this.#keys.get(id);
    this.#arrived(key, name === "actOnOnboarding" ? `operator's ${action}` : `caller's ${name}`);
  }

  #looked(profile_id: string, status: ProfileStatus | null, isKnown: boolean): void {
    const key = this.#keys.get(profile_id);
    const item = key && this.#deployed.table.items.get(JSON.stringify([onboardingPk(key), "profile"]));
    if (!key || !item) return;
    const { state, deadline_at, waits_for } = readRecord(item);
    if (!state || this.#placeOf(key) !== `${state} waits`) return;
    const isNews = waits_for.some((each) => each === status);
    const isOver = !isNews && deadline_at !== null && deadline_at <= this.#world.now;
    const what = status ?? (isKnown ? NO_ANSWER : NO_PROFILE);
    this.met.add(pair(state, `${isOver ? "is over with" : "finds"} ${what}`));
  }

  #placeOf(key: OnboardingKey): string | null {
    const { table, machine } = this.#deployed;
    const pk = onboardingPk(key);
    const claim = table.items.get(JSON.stringify([pk, "claim"]));
    const item = table.items.get(JSON.stringify([pk, "profile"]));
    if (!claim) return null;
    if (!item) return claim["released"] === true ? "over" : "no profile";
    const { purged_at, execution, state, task_token } = readRecord(item);
    if (purged_at !== null) return "over";
    const run = machine.executions.get(execution);
    if (!run) return "no profile";
    if (run.status !== "RUNNING") return "stopped";
    const step = run.states.at(-1) ?? "";
    const isParked = state === step && task_token !== null && machine.isWaitedFor(task_token);
    return `${step} ${isParked ? "waits" : "works"}`;
  }
}
