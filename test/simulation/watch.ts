import { createHash } from "node:crypto";
import type { ScenarioName } from "../../functions/sandbox/journeys.ts";
import type { ProfileRecord as GatewayProfile } from "../../functions/sandbox/profile-record.ts";
import type { EventDetail, EventType } from "../../shared/events/published.ts";
import type { Answer } from "../../shared/gateway/answers.ts";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { nextCheckSeconds } from "../../shared/profile/checks.ts";
import { canReach } from "../../shared/profile/lifecycle.ts";
import { isClosed, type ProfileStatus, profileStatusSchema } from "../../shared/profile/status.ts";
import { MAX_ROUNDS, workflowFor } from "../../shared/profile/workflow.ts";
import { type OnboardingKey, onboardingPk } from "../../shared/store/keys.ts";
import { type ProfileRecord, readRecord } from "../../shared/store/profile-record.ts";
import type { TableChange } from "../shared/store/memory-table.ts";
import type { ActionName, Deployment } from "./deployment.ts";
import type { Faults } from "./faults.ts";
import { type Known, NoticeWatch, type StatusSince } from "./notice-watch.ts";
import { REASON } from "./operators.ts";
import type { Provider } from "./provider.ts";
import { changesTold, problemsOf } from "./shown.ts";
import type { World } from "./world.ts";

/** One onboarding that a caller wants. */
export interface Asked {
  account_id: string;
  reference_id: string;
  scenario: ScenarioName;
  way: ActionName | "queue";
  /** Every way that a caller may repeat it by. */
  ways: (ActionName | "queue")[];
  /** The gateway knows no such workflow: it refuses the create, however often it is asked. */
  isRefused: boolean;
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
/** And a deadline by the look that the sweep of that minute asks for. */
const MAX_LATENESS_MS = 120_000;

const secrets = /Zanzibar-Marker|Zulu-Reason|link-token-\d|first key of|key \d+ of/;

/** News that a parked profile has. */
interface Pending {
  since: number;
  parked: ProfileRecord;
  /** How far the checks of its wait got: what parks anew counts from 0 again. */
  checks: number;
  announcedAt: number | null;
}

/** Sees everything and says what must not be. */
export class Watch {
  readonly violations: string[] = [];
  readonly #world: World;
  readonly #deployed: Deployment;
  readonly #provider: Provider;
  readonly #faults: Faults;
  readonly #gateway = new Map<
    string,
    { status: ProfileStatus; statuses: ProfileStatus[]; since: StatusSince[]; key: string }
  >();
  readonly #records = new Map<string, ProfileRecord>();
  readonly #profileIds = new Map<string, Set<string>>();
  /** Since when a parked profile has had news that nobody acted on. */
  readonly #pending = new Map<string, Pending>();
  readonly #notices = new NoticeWatch((what) => this.#violated(7, what));
  readonly #operators = new Set<string>();
  /** What the gateway has forgotten, as it was. */
  readonly #lost = new Map<string, GatewayProfile>();
  /** Requests whose caller was told that the gateway refuses them. */
  readonly #refused = new Set<string>();
  /** Given up while nobody could ask the gateway: a create may have got through of which no answer ever came. */
  readonly #unanswered = new Set<string>();
  /** How far the gateway was, in changes of status, when a webhook of that very status was taken. */
  readonly #taken = new Map<string, number>();
  #stoppedAt: number | null = null;
  #settingsChanged = false;
  #isOver = false;

  constructor(world: World, deployed: Deployment, provider: Provider, faults: Faults) {
    this.#world = world;
    this.#faults = faults;
    this.#deployed = deployed;
    this.#provider = provider;
    provider.onProfile = (record) => this.#gatewayChanged(record);
    deployed.onTableChange = (change) => this.#tableChanged(change);
    const isHeld = (pk: string) =>
      Boolean(deployed.table.items.get(JSON.stringify([pk, "profile"]))?.["held"]);
    deployed.onErase = (key) => {
      if (isHeld(onboardingPk(key))) this.#violated(13, `${key.reference_id}: erased under legal hold`);
    };
    deployed.onChange = (name, { id }) => {
      if (name === "purgeProfile" && isHeld(this.#gateway.get(id)?.key ?? ""))
        this.#violated(13, `${id}: the gateway was asked to erase it under legal hold`);
    };
    deployed.onPublished = (type, detail, by) => this.#published(type, detail, by);
  }

  faultsStopped(): void {
    this.#stoppedAt = this.#world.now;
  }

  /** Nobody acts on news until it is restarted. */
  aborted({ account_id, reference_id }: OnboardingKey): void {
    this.#pending.delete(onboardingPk({ account_id, reference_id }));
  }

  /**
   * Whether the gateway says how it ended, and we have not written that down yet. What is lost between our word of an end
   * and that line, by a step that dies there as well, has two: one of the few things that are not promised.
   */
  isEnding(profile_id: string): boolean {
    const { key = "", status = "pending" } = this.#gateway.get(profile_id) ?? {};
    const isOver = isClosed(status) || status === "purged";
    return isOver && this.#records.get(key)?.outcome === null;
  }

  /** There is no news of it any more. */
  lost(profile: GatewayProfile): void {
    this.#lost.set(profile.profile_id, profile);
    this.#pending.delete(onboardingPk(profile));
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

  /** When the time of its present wait is over. */
  deadlineOf({ account_id, reference_id }: OnboardingKey): number | null {
    return this.#records.get(onboardingPk({ account_id, reference_id }))?.deadline_at ?? null;
  }

  /** Whether a request has its profile, was refused aloud, or is given up by the queue that held it. */
  isSettled(account_id: string, reference_id: string): boolean {
    return (
      this.#records.has(onboardingPk({ account_id, reference_id })) ||
      this.#refused.has(`${account_id} ${reference_id}`) ||
      this.#deployed.published.some(
        ({ type, detail }) =>
          type === "OnboardingFailed" &&
          detail.account_id === account_id &&
          detail.reference_id === reference_id,
      ) ||
      this.#deployed.deadLetters.some(({ what }) => what === "intake")
    );
  }

  answered({ account_id, reference_id, isRefused }: Asked, way: string, answer: Answer | null): void {
    if (!answer || answer.status >= 500) return;
    const name = `${account_id} ${reference_id}`;
    const { reason } = answer.body as { reason?: string };
    if (isRefused && reason === "INVALID_PACKAGE_ID") this.#refused.add(name);
    else if (answer.status >= 400) this.#violated(5, `${name}: ${way} was refused with ${answer.status}`);
    const id = (answer.body as { profile_id?: string | null }).profile_id;
    if (!id) return;
    const ids = this.#profileIds.get(name) ?? new Set();
    this.#profileIds.set(name, ids.add(id));
    if (ids.size > 1) this.#violated(1, `${name}: answers named ${ids.size} profiles`);
  }

  operated(
    name: string,
    { account_id, reference_id }: Pick<Asked, "account_id" | "reference_id">,
    answer: Answer | null,
  ): void {
    // Without an answer it may have happened all the same.
    if (!answer || answer.status < 300 || answer.status >= 500)
      this.#operators.add(`${name} ${account_id} ${reference_id}`);
  }

  /** Whoever asks is told where an onboarding is and why, at any moment. */
  shown({ account_id, reference_id }: Asked, answer: Answer | null): void {
    if (!answer || answer.status >= 500) return;
    const pk = onboardingPk({ account_id, reference_id });
    const name = `${account_id} ${reference_id}`;
    for (const problem of problemsOf(answer)) this.#violated(12, `${name}: ${problem}`);
    this.#checkSecrets([JSON.stringify(answer.body).replaceAll(REASON, "")], "what an onboarding shows");
    const id = this.#records.get(pk)?.profile_id;
    if (!id || answer.status !== 200 || !this.#faults.none) return;
    const told = changesTold(answer);
    for (const { name: change, by, input } of this.#deployed.changes)
      if (this.#isOver && by.startsWith("step:") && input.id === id && !told.has(change))
        this.#violated(12, `${name}: ${by} did ${change}, and the timeline does not tell`);
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
    const statuses = known
      ? known.status === status
        ? known.statuses
        : [...known.statuses, status]
      : [status];
    const since = known?.since ?? [];
    if (known?.status !== status) {
      this.#checkLink(profile_id, since);
      since.push([status, this.#world.now]);
    }
    this.#gateway.set(profile_id, { status, statuses, since, key });
    const record = this.#records.get(key);
    if (record) this.#weigh(key, record);
  }

  /** Whoever had to capture for a while was told where. */
  #checkLink(id: string, since: readonly StatusSince[]): void {
    const [status, from] = since.at(-1) ?? [];
    if (!this.#faults.none || status !== "capture_pending" || from === undefined) return;
    const isTold = this.#deployed.published.some(
      ({ type, detail }) => type === "CaptureLinkReady" && detail.profile_id === id,
    );
    if (!isTold && this.#world.now - from > MAX_REACTION_MS)
      this.#violated(6, `${id}: a link was there and not announced`);
  }

  /** A wait that its deadline ended was ended in time. */
  #checkDeadline(before: ProfileRecord, record: ProfileRecord): void {
    const { deadline_at, task_token, held, wait } = before;
    const isOver = task_token !== null && (record.task_token === null || record.wait !== wait);
    if (!this.#faults.none || !isOver || held || deadline_at === null) return;
    if (this.#world.now - deadline_at > MAX_LATENESS_MS)
      this.#violated(6, `${record.reference_id}: the ${before.state} deadline was kept late`);
  }

  #tableChanged({ image }: TableChange): void {
    if (image["sk"] !== "profile") return;
    const key = String(image["pk"]);
    const record = readRecord(structuredClone(image));
    const before = this.#records.get(key);
    this.#records.set(key, record);
    this.#notices.recordChanged(key, before, record, this.#known(record));
    if (before) {
      this.#checkDeadline(before, record);
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
    const isEnded = isClosed(record.status) || record.status === "purged";
    const isAsked = record.state === "Attention" && !record.reason?.endsWith("failed repeatedly");
    if (image["last_write"] === "park" && isAsked && isEnded && !this.#lost.has(record.profile_id))
      this.#violated(7, `${record.reference_id}: a person is asked about what has ended`);
    // What is parked is what is listed, with all that a list shows of it.
    if ((record.due_at !== null) !== (record.task_token !== null))
      this.#violated(4, `${record.reference_id}: is parked or in the index, and not the other`);
    else if (record.due_at !== null) {
      const { state, parked_at, deadline_at, profile_id } = record;
      if (!state || parked_at === null || deadline_at === null || !profile_id)
        this.#violated(4, `${record.reference_id}: the index does not have what a list shows`);
    }
    this.#weigh(key, record, image["last_write"] === "park");
  }

  #published(type: EventType, detail: EventDetail, by: string): void {
    if (detail.status !== null && !profileStatusSchema.safeParse(detail.status).success)
      this.#violated(2, `${detail.reference_id}: ${type} tells of a status that is none`);
    const key = onboardingPk(detail);
    const isUncreated = type === "OnboardingFailed" && detail.profile_id === null;
    if (isUncreated && this.#provider.isDown(detail.account_id, true)) this.#unanswered.add(key);
    const record = this.#records.get(key);
    if (!record) return;
    const sessions = [...this.#deployed.table.items.values()].flatMap((item) =>
      item["pk"] === key && item["kind"] === "W4" ? [Number(item["at"])] : [],
    );
    const known = { ...this.#known(record), isByOperator: by !== "resume" };
    this.#notices.published(type, detail, key, record, sessions, known);
  }

  #known({ profile_id, config_id }: ProfileRecord): Known {
    return {
      now: this.#world.now,
      workflow: workflowFor(this.#deployed.workflows, config_id),
      statuses: this.#gateway.get(profile_id)?.since ?? [],
      isCalm: this.#faults.none,
      settingsChanged: this.#settingsChanged,
    };
  }

  /** Whether a webhook of the gateway's present status was taken. */
  #announced(profile_id: string): boolean {
    const known = this.#gateway.get(profile_id);
    return known !== undefined && this.#taken.get(profile_id) === known.statuses.length;
  }

  /** News for a parked profile must be acted on within two due checks once nothing is broken any more. */
  #weigh(key: string, record: ProfileRecord, parks = false): void {
    const status = this.#gateway.get(record.profile_id)?.status;
    const isLost = this.#deployed.machine.executions.get(record.execution)?.status === "ABORTED";
    const isKept = record.held !== null && status === "purged";
    const isNews =
      record.task_token !== null &&
      status !== undefined &&
      record.waits_for.includes(status) &&
      !isLost &&
      !this.#lost.has(record.profile_id) &&
      !isKept;
    const pending = this.#pending.get(key);
    if (pending && isNews && pending.parked.wait === record.wait) {
      pending.checks = Math.max(pending.checks, record.checks);
      return;
    }
    if (pending) this.#actedOn(key, pending);
    if (!isNews) return;
    this.#pending.set(key, {
      since: this.#world.now,
      parked: record,
      checks: record.checks,
      announcedAt: null,
    });
    // Attention parks on the last known word where the gateway gives none.
    if (this.#announced(record.profile_id) && parks && record.state !== "Attention")
      this.#violated(4, `${record.reference_id}: parked for ${status}, which a webhook had announced`);
  }

  #actedOn(key: string, pending: Pending): void {
    this.#pending.delete(key);
    this.#weighDelay(pending);
    const { announcedAt, parked } = pending;
    if (this.#faults.none && announcedAt !== null && this.#world.now - announcedAt > MAX_REACTION_MS)
      this.#violated(5, `${parked.reference_id}: a webhook led to no look`);
  }

  #weighDelay({ since, checks, parked }: Pending): void {
    if (this.#stoppedAt === null) return;
    const from = Math.max(since, this.#stoppedAt);
    const waited = this.#world.now - from;
    const { state, deadline_at, config_id, reference_id } = parked;
    const { firstCheckSeconds } = workflowFor(this.#deployed.workflows, config_id);
    const first = this.#settingsChanged ? 3_600 : firstCheckSeconds;
    // What is only kept is checked so rarely that its date is all that these runs see.
    const twoChecks =
      state === "Retain" && deadline_at !== null && deadline_at > from
        ? deadline_at - from
        : 2 * nextCheckSeconds(first, checks) * 1000;
    const most = twoChecks + CONVERGENCE_SLACK_MS;
    if (waited > most)
      this.#violated(
        6,
        `${reference_id}: news waited ${Math.round(waited / 60_000)} min, more than ${Math.round(most / 60_000)}`,
      );
  }

  /** Once everything has come to its end. */
  check(asked: readonly Asked[]): void {
    this.#isOver = true;
    const { machine, table, vault, published, changes, resumes } = this.#deployed;
    for (const pending of this.#pending.values()) this.#weighDelay(pending);
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
      if (record ? record.profile_id !== profile_id : !this.#unanswered.has(key))
        this.#violated(1, `the gateway has a profile (${status}) that we do not know`);
    }
    for (const { name, by, calls } of changes)
      if (by.startsWith("step:") && name !== "purgeProfile" && !calls.includes("gateway.fetchProfile"))
        this.#violated(3, `${by} called ${name} without looking`);
    for (const change of changes) this.#checkDecision(change);
    for (const change of changes) this.#checkAudit(change);
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

  /** What an operator changed was written down before. */
  #checkAudit({ name, by, at, input }: Deployment["changes"][number]): void {
    if (by !== "caller:actOnOnboarding") return;
    const key = this.#gateway.get(input.id)?.key;
    const asked = [...this.#deployed.table.items.values()].some(
      ({ pk, kind, at: written }) => pk === key && kind === "OperatorAsked" && Number(written) <= at,
    );
    if (!asked) this.#violated(14, `an operator did ${name}, and nobody wrote down that he asked for it`);
  }

  /** What a policy does by itself was written down before, with the rule and the facts that led to it. */
  #checkDecision({ name, by, at, input }: Deployment["changes"][number]): void {
    if (by !== "step:Review" && by !== "step:Recapture") return;
    const asked = (input.body as { status?: string }).status;
    const act = name === "submitRecapture" ? "recapture" : asked === "approved" ? "approve" : "reject";
    const key = this.#gateway.get(input.id)?.key;
    const lines = [...this.#deployed.table.items.values()].filter(
      ({ pk, kind, at: written }) => pk === key && kind === "Decided" && Number(written) <= at,
    );
    const details = lines.map(({ detail }) => detail as Record<string, unknown>);
    const line = details.find((detail) => detail["act"] === act);
    if (!line) this.#violated(11, `${by} did ${name} (${act}) without writing down why`);
    else if (line["policy"] === "rules" && !(line["rule"] && line["facts"]))
      this.#violated(11, `${by} did ${name} (${act}) and wrote down no rule or no facts`);
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
    const record = this.#records.get(pk);
    const outcomes = new Map(
      mine
        .filter(({ type }) => outcomeTypes.includes(type))
        // A create that was given up before is no end of the onboarding that began when its caller asked again.
        .filter(({ detail }) => !record || detail.profile_id !== null)
        .map(({ type, detail }) => [detail.event_id, type]),
    );
    if (!record) {
      if (claim["released"] !== true) this.#violated(4, `${name}: claimed, and nothing came of it`);
      const isTold = outcomes.size > 0 || this.#refused.has(name);
      if (!isTold || [...outcomes.values()].some((type) => type !== "OnboardingFailed"))
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
    const mayRefuse = record.outcome === "failed" || this.#provider.sandbox.settings.purgePolicy !== "closed";
    const refused = receipt?.["gateway"] === "refused" && mayRefuse;
    const unknown = receipt?.["gateway"] === "unknown" && this.#lost.has(record.profile_id);
    if (gateway?.status !== "purged" && !refused && !unknown)
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
    const { profile_id } = record;
    const profile = this.#provider.store.profiles.get(profile_id) ?? this.#lost.get(profile_id);
    const action = profile?.state.reviewer_action;
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
      ...events
        .filter(({ type, detail }) => outcomeTypes.includes(type) && detail.profile_id !== null)
        .map(({ at }) => at),
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
      const { signal: _, ...rest } = record as ProfileRecord & { said?: string; last_write?: string };
      delete rest.said;
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
    if (this.#deployed.vault.objects.size > 0)
      this.#violated(8, "a repeated request brought personal data back");
  }

  #violated(invariant: number, what: string): void {
    const text = `invariant ${invariant}: ${what}`;
    if (!this.violations.includes(text)) this.violations.push(text);
  }
}
