import { createHash } from "node:crypto";
import type { ScenarioName } from "../../functions/sandbox/journeys.ts";
import type { ProfileRecord as GatewayProfile } from "../../functions/sandbox/profile-record.ts";
import type { Answer } from "../../shared/gateway/answers.ts";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { canReach } from "../../shared/profile/lifecycle.ts";
import { nextCheckSeconds } from "../../shared/profile/next.ts";
import { MAX_ROUNDS, workflowFor } from "../../shared/profile/policy.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import { onboardingPk, vaultPrefix } from "../../shared/store/keys.ts";
import { type ProfileRecord, readRecord } from "../../shared/store/records.ts";
import type { TableChange } from "../shared/store/memory-table.ts";
import type { ActionName, Deployment } from "./deployment.ts";
import type { Faults } from "./faults.ts";
import type { Provider } from "./provider.ts";
import type { World } from "./world.ts";

/** One onboarding that a caller wants. */
export interface Asked {
  account_id: string;
  reference_id: string;
  scenario: ScenarioName;
  way: ActionName | "queue";
  /** Every way that a caller may repeat it by. */
  ways: (ActionName | "queue")[];
  body: CreateRequest & { data: object };
}

const outcomeTypes = [
  "OnboardingCompleted",
  "OnboardingRejected",
  "OnboardingCancelled",
  "OnboardingExpired",
  "OnboardingFailed",
];

/** Far above what any run needs; a loop passes it soon. */
const MAX_TRANSITIONS = 150;
const MAX_HISTORY_EVENTS = 2_000;
const MAX_DURATION_MS = 120 * 86_400_000;
/** Queues, a sweep and the repetition of a failed look, beside the two checks themselves. */
const CONVERGENCE_SLACK_MS = 20 * 60_000;

/** Where nothing is broken, an announced change is acted on by the look that its webhook leads to. */
const MAX_REACTION_MS = 10_000;

const secrets = /Zanzibar-Marker|link-token-\d|first key of|key \d+ of/;

/** Sees everything and says what must not be. */
export class Watch {
  readonly violations: string[] = [];
  readonly met = new Set<string>();
  readonly #world: World;
  readonly #deployed: Deployment;
  readonly #provider: Provider;
  readonly #faults: Faults;
  readonly #gateway = new Map<string, { status: ProfileStatus; statuses: ProfileStatus[]; key: string }>();
  readonly #records = new Map<string, ProfileRecord>();
  readonly #profileIds = new Map<string, Set<string>>();
  /** Since when a parked profile has had news that nobody acted on. */
  readonly #pending = new Map<string, { since: number; wait: number; announcedAt: number | null }>();
  readonly #operators = new Set<string>();
  /** How far the gateway was, in changes of status, when a webhook of that very status was taken. */
  readonly #taken = new Map<string, number>();
  #stoppedAt: number | null = null;
  #settingsChanged = false;

  constructor(world: World, deployed: Deployment, provider: Provider, faults: Faults) {
    this.#world = world;
    this.#faults = faults;
    this.#deployed = deployed;
    this.#provider = provider;
    provider.onProfile = (record) => this.#gatewayChanged(record);
    deployed.onTableChange = (change) => this.#tableChanged(change);
  }

  faultsStopped(): void {
    this.#stoppedAt = this.#world.now;
  }

  settingsChanged(): void {
    this.#settingsChanged = true;
  }

  /** Whether there is no point in going on: something loops, or one violation is enough. */
  isEnough(impatient: boolean): boolean {
    for (const { transitions, historyEvents, states } of this.#deployed.machine.executions.values())
      if (transitions > MAX_TRANSITIONS || historyEvents > MAX_HISTORY_EVENTS) {
        this.#violated(
          7,
          `${transitions} transitions, ${historyEvents} history events, around ${states.at(-1)}`,
        );
        return true;
      }
    return impatient && this.violations.length > 0;
  }

  profileOf(account_id: string, reference_id: string): string | null {
    return this.#records.get(onboardingPk({ account_id, reference_id }))?.profile_id ?? null;
  }

  /** Whether a request has its profile, was refused aloud, or is given up by the queue that held it. */
  isSettled(account_id: string, reference_id: string): boolean {
    return (
      this.#records.has(onboardingPk({ account_id, reference_id })) ||
      this.#deployed.published.some(
        ({ type, detail }) =>
          type === "OnboardingFailed" &&
          detail.account_id === account_id &&
          detail.reference_id === reference_id,
      ) ||
      this.#deployed.deadLetters.some(({ what }) => what === "intake")
    );
  }

  answered({ account_id, reference_id }: Asked, way: string, answer: Answer | null): void {
    if (!answer || answer.status >= 500) return;
    const name = `${account_id} ${reference_id}`;
    if (answer.status >= 400) this.#violated(5, `${name}: ${way} was refused with ${answer.status}`);
    const id = (answer.body as { profile_id?: string | null }).profile_id;
    if (!id) return;
    const ids = this.#profileIds.get(name) ?? new Set();
    this.#profileIds.set(name, ids.add(id));
    if (ids.size > 1) this.#violated(1, `${name}: answers named ${ids.size} profiles`);
  }

  operated(name: string, { account_id, reference_id }: Asked, answer: Answer | null): void {
    // Without an answer it may have happened all the same.
    if (!answer || answer.status < 300 || answer.status >= 500)
      this.#operators.add(`${name} ${account_id} ${reference_id}`);
  }

  /** A webhook that was answered 2xx is written down. */
  webhookTaken(accountId: string, slot: string, body: string): void {
    const { profile_id, status } = JSON.parse(body) as { profile_id: string; status?: string };
    const known = this.#gateway.get(profile_id);
    if (known && slot === "profile-status" && known.status === status) {
      this.#taken.set(profile_id, known.statuses.length);
      const pending = this.#pending.get(known.key);
      if (pending) pending.announcedAt ??= this.#world.now;
    }
    const digest = createHash("sha256")
      .update(slot)
      .update(Buffer.from(body))
      .digest("base64url")
      .slice(0, 22);
    const account = `${accountId.length}:${accountId}|`;
    for (const item of this.#deployed.table.items.values())
      if (String(item["pk"]).startsWith(account) && String(item["sk"]).endsWith(digest)) return;
    this.#violated(5, `a webhook of ${slot} was taken and is nowhere`);
  }

  #gatewayChanged({ profile_id, account_id, reference_id, state: { status } }: GatewayProfile): void {
    const key = onboardingPk({ account_id, reference_id });
    const known = this.#gateway.get(profile_id);
    if (known && known.status !== status) this.met.add(`${known.status} → ${status}`);
    const statuses = known
      ? known.status === status
        ? known.statuses
        : [...known.statuses, status]
      : [status];
    this.#gateway.set(profile_id, { status, statuses, key });
    const record = this.#records.get(key);
    if (record) this.#weigh(key, record);
  }

  #tableChanged({ image }: TableChange): void {
    if (image["sk"] !== "profile") return;
    const key = String(image["pk"]);
    const record = readRecord(structuredClone(image));
    const before = this.#records.get(key);
    this.#records.set(key, record);
    if (before) {
      if (before.status !== record.status && !canReach(before.status, record.status))
        this.#violated(2, `${record.reference_id}: ${before.status} became ${record.status}`);
      if (before.purged_at !== null && (record.purged_at === null || record.status !== "purged"))
        this.#violated(2, `${record.reference_id}: came back after its purge`);
      if (before.profile_id !== record.profile_id)
        this.#violated(1, `${record.reference_id}: has another profile`);
      if (before.outcome && record.outcome !== before.outcome)
        this.#violated(2, `${record.reference_id}: outcome ${before.outcome} became ${record.outcome}`);
    }
    if (record.rounds > MAX_ROUNDS) this.#violated(7, `${record.reference_id}: ${record.rounds} rounds`);
    this.#weigh(key, record, image["last_write"] === "park");
  }

  /** Whether a webhook of the gateway's present status was taken. */
  #announced(profile_id: string): boolean {
    const known = this.#gateway.get(profile_id);
    return known !== undefined && this.#taken.get(profile_id) === known.statuses.length;
  }

  /** News for a parked profile must be acted on within two due checks once nothing is broken any more. */
  #weigh(key: string, record: ProfileRecord, parks = false): void {
    const status = this.#gateway.get(record.profile_id)?.status;
    const isNews = record.task_token !== null && status !== undefined && record.waits_for.includes(status);
    const pending = this.#pending.get(key);
    if (isNews) {
      if (!pending || pending.wait !== record.wait) {
        this.#pending.set(key, { since: this.#world.now, wait: record.wait, announcedAt: null });
        // Attention parks on the last known word where the gateway gives none.
        if (this.#announced(record.profile_id) && parks && record.state !== "Attention")
          this.#violated(4, `${record.reference_id}: parked for ${status}, which a webhook had announced`);
      }
      return;
    }
    if (!pending) return;
    this.#pending.delete(key);
    this.#weighDelay(record, pending.since);
    const { announcedAt } = pending;
    if (this.#faults.none && announcedAt !== null && this.#world.now - announcedAt > MAX_REACTION_MS)
      this.#violated(5, `${record.reference_id}: a webhook led to no look`);
  }

  #weighDelay(record: ProfileRecord, since: number): void {
    if (this.#stoppedAt === null) return;
    const waited = this.#world.now - Math.max(since, this.#stoppedAt);
    const { firstCheckSeconds } = workflowFor(this.#deployed.workflows, record.config_id);
    const first = this.#settingsChanged ? 3_600 : firstCheckSeconds;
    const most = 2 * nextCheckSeconds(first, record.checks + 1) * 1000 + CONVERGENCE_SLACK_MS;
    if (waited > most)
      this.#violated(
        6,
        `${record.reference_id}: news waited ${Math.round(waited / 60_000)} min, more than ${Math.round(most / 60_000)}`,
      );
  }

  /** Once everything has come to its end. */
  check(asked: readonly Asked[]): void {
    const { machine, table, vault, published, changes, resumes } = this.#deployed;
    for (const [key, { since }] of this.#pending) {
      const record = this.#records.get(key);
      if (record) this.#weighDelay(record, since);
    }
    for (const execution of machine.executions.values()) {
      const { name, status, startedAt, endedAt, error, states } = execution;
      if (status === "RUNNING") this.#violated(4, `an execution hangs in ${states.at(-1)}`);
      if (status === "FAILED")
        this.#violated(7, `execution ${name} failed with ${error} in ${states.at(-1)}`);
      if ((endedAt ?? this.#world.now) - startedAt > MAX_DURATION_MS)
        this.#violated(7, "an execution took too long");
    }
    for (const request of asked) this.#checkOne(request);
    for (const [profile_id, { key, status }] of this.#gateway) {
      const record = this.#records.get(key);
      if (record?.profile_id !== profile_id)
        this.#violated(1, `the gateway has a profile (${status}) that we do not know`);
    }
    for (const { name, by, calls } of changes)
      if (by.startsWith("step:") && name !== "purgeProfile" && !calls.includes("gateway.fetchProfile"))
        this.#violated(3, `${by} called ${name} without looking`);
    for (const { by, calls } of resumes)
      if (by === "resume" || by === "webhook") {
        const [read, look] = [calls.lastIndexOf("table.get"), calls.lastIndexOf("gateway.fetchProfile")];
        if (look < 0) this.#violated(3, `${by} ended a wait without looking`);
        else if (read > look) this.#violated(3, `${by} read the token after the look`);
      }
    this.#checkSecrets(
      [...machine.executions.values()].flatMap(({ payloads }) => payloads),
      "an execution's history",
    );
    this.#checkSecrets(this.#deployed.logged, "a log line");
    this.#checkSecrets(
      [...table.items.values()].map((item) => JSON.stringify(item)),
      "the table",
    );
    this.#checkSecrets(
      published.map(({ detail }) => JSON.stringify({ ...detail, capture_link: "" })),
      "an event",
    );
    for (const item of table.items.values()) {
      const own = /^(\d+):/.exec(String(item["pk"]));
      const account = String(item["pk"]).slice(
        own?.[0].length ?? 0,
        (own?.[0].length ?? 0) + Number(own?.[1] ?? 0),
      );
      if (item["account_id"] !== undefined && item["account_id"] !== account)
        this.#violated(9, `an item of ${String(item["account_id"])} lies under another account's key`);
    }
    for (const { detail } of published)
      if (
        !asked.some(
          ({ account_id, reference_id }) =>
            account_id === detail.account_id && reference_id === detail.reference_id,
        )
      )
        this.#violated(9, "an event is about an onboarding that its account has not");
    if (vault.objects.size > 0) this.#violated(8, `the vault still has ${vault.objects.size} objects`);
  }

  #checkOne({ account_id, reference_id, body }: Asked): void {
    const key = { account_id, reference_id };
    const pk = onboardingPk(key);
    const name = `${account_id} ${reference_id}`;
    const { table, published, deadLetters } = this.#deployed;
    const claim = table.items.get(JSON.stringify([pk, "claim"]));
    if (!claim) {
      if (!deadLetters.some(({ what }) => what === "intake"))
        this.#violated(5, `${name}: the request is lost`);
      return;
    }
    const mine = published.filter(
      ({ detail }) => detail.account_id === account_id && detail.reference_id === reference_id,
    );
    const outcomes = new Map(
      mine
        .filter(({ type }) => outcomeTypes.includes(type))
        .map(({ type, detail }) => [detail.event_id, type]),
    );
    const record = this.#records.get(pk);
    if (!record) {
      if (claim["released"] !== true) this.#violated(4, `${name}: claimed, and nothing came of it`);
      if (outcomes.size === 0 || [...outcomes.values()].some((type) => type !== "OnboardingFailed"))
        this.#violated(7, `${name}: was given up without a word`);
      return;
    }
    if (outcomes.size !== 1)
      this.#violated(
        4,
        `${name}: ${outcomes.size} outcomes were announced (${[...outcomes.values()].join(", ")})`,
      );
    if (!mine.some(({ type }) => type === "ProfilePurged"))
      this.#violated(8, `${name}: no purge was announced`);
    if (record.status !== "purged" || record.purged_at === null)
      this.#violated(8, `${name}: ends ${record.status}`);
    const gateway = this.#gateway.get(record.profile_id);
    const receipt = table.items.get(JSON.stringify([pk, "receipt"]));
    if (!receipt) this.#violated(8, `${name}: there is no receipt`);
    const refused = receipt?.["gateway"] === "refused" && record.outcome === "failed";
    if (gateway?.status !== "purged" && !refused)
      this.#violated(8, `${name}: ${gateway?.status} at the gateway, never purged`);
    if (gateway?.status === "purged" && this.#provider.store.requests.has(record.profile_id))
      this.#violated(8, `${name}: the gateway kept the request`);
    const told = mine.some(({ type, detail }) => type === "OnboardingFailed" && "reason" in detail);
    this.#checkOutcome(name, record, gateway?.statuses ?? [], told);
    this.#checkRetention(name, record, body.config.id, mine, `${account_id} ${reference_id}`);
  }

  #checkOutcome(
    name: string,
    record: ProfileRecord,
    statuses: readonly ProfileStatus[],
    told: boolean,
  ): void {
    const last = statuses.filter((status) => status !== "purged").at(-1);
    const action = this.#provider.store.profiles.get(record.profile_id)?.state.reviewer_action;
    const expected: Record<string, string[]> = {
      completed: [action === "rejected" ? "rejected" : "completed"],
      cancelled: ["cancelled", "expired"],
      capture_expired: ["expired"],
      failed: ["failed"],
    };
    const allowed = expected[last ?? ""] ?? [];
    if (!allowed.includes(record.outcome ?? "") && record.outcome !== "failed")
      this.#violated(2, `${name}: ended ${record.outcome}, the gateway says ${last}`);
    // Given up, or purged by somebody before we saw its end: then the event says so.
    if (record.outcome === "failed" && last !== "failed" && !told)
      this.#violated(2, `${name}: ended failed, the gateway says ${last}`);
  }

  #checkRetention(
    name: string,
    record: ProfileRecord,
    configId: string,
    events: Deployment["published"],
    operator: string,
  ): void {
    if (this.#settingsChanged || this.#operators.has(`purgeProfile ${operator}`)) return;
    const { retentionSeconds } = workflowFor(this.#deployed.workflows, configId);
    const outcomeAt = Math.min(
      ...events.filter(({ type }) => outcomeTypes.includes(type)).map(({ at }) => at),
    );
    if (record.purged_at !== null && record.purged_at < outcomeAt + retentionSeconds * 1000)
      this.#violated(8, `${name}: purged before its retention date`);
  }

  #checkSecrets(texts: readonly string[], where: string): void {
    const found = texts.find((text) => secrets.test(text));
    if (found) this.#violated(10, `${where} has personal data or a secret: ${secrets.exec(found)?.[0]}`);
  }

  /** All that a late webhook or a repeated request must not change. */
  picture(): string {
    const { vault, machine } = this.#deployed;
    const records = [...this.#records].map(([key, record]) => {
      const { signal: _, ...rest } = record as ProfileRecord & { last_write?: string };
      delete rest.last_write;
      return [key, rest];
    });
    const gateway = [...this.#gateway].map(([id, { status }]) => [id, status]);
    return JSON.stringify({
      records,
      gateway,
      vault: [...vault.objects.keys()],
      running: machine.running.length,
    });
  }

  checkAfter(before: string): void {
    if (this.picture() !== before) this.#violated(2, "what came after the end changed something");
    for (const { reference_id, account_id } of this.#records.values())
      for (const key of this.#deployed.vault.objects.keys())
        if (key.startsWith(vaultPrefix({ account_id, reference_id })))
          this.#violated(8, "a repeated request brought personal data back");
  }

  #violated(invariant: number, what: string): void {
    const text = `invariant ${invariant}: ${what}`;
    if (!this.violations.includes(text)) this.violations.push(text);
  }
}
