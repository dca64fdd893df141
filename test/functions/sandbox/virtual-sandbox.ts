import { randomBytes, randomUUID } from "node:crypto";
import { hashOfKey } from "../../../functions/sandbox/accounts.ts";
import { runJourneyJob } from "../../../functions/sandbox/advance.ts";
import { runDeliverJob } from "../../../functions/sandbox/deliveries.ts";
import { noFaults } from "../../../functions/sandbox/faults.ts";
import { handle } from "../../../functions/sandbox/gateway.ts";
import { journeys, type ScenarioName } from "../../../functions/sandbox/journeys.ts";
import type { Job, ProfileRecord } from "../../../functions/sandbox/profile-record.ts";
import type { Sandbox } from "../../../functions/sandbox/sandbox.ts";
import type { Settings } from "../../../functions/sandbox/settings.ts";
import type {
  AccountSetup,
  DeadLetter,
  Delivery,
  DeskSession,
  Store,
} from "../../../functions/sandbox/store.ts";
import { emptySwitchboard, type Switchboard } from "../../../functions/sandbox/switchboard.ts";
import { noWebhooks } from "../../../functions/sandbox/webhook-targets.ts";
import {
  type ContentCipher,
  type ContentKey,
  createContentCipher,
} from "../../../shared/gateway/encryption.ts";
import type { ProfileStatus } from "../../../shared/profile/status.ts";

const START = Date.parse("2026-01-05T09:00:00.000Z");

export const ACCOUNT = "acme/1";
export const OTHER_ACCOUNT = "other/2";

const scenarioNames = Object.keys(journeys) as ScenarioName[];

export const testSettings: Settings = {
  readySeconds: 1,
  readyLateSeconds: 12,
  customerSeconds: 2,
  customerLateSeconds: 15,
  taskSeconds: 1,
  checkerSeconds: 1,
  checkerLateSeconds: 15,
  linkLifetimeSeconds: 30 * 86_400,
  shortLinkLifetimeSeconds: 4,
  videoQueues: [
    { priority: 1, label: "General", operators: 2 },
    { priority: 2, label: "Premium", operators: 1 },
  ],
  slotSeconds: 900,
  scriptedSlotSeconds: 2,
  webhookRetrySeconds: [1, 5, 15, 60],
  purgePolicy: "closed",
  packages: Object.fromEntries(scenarioNames.map((name) => [`package-${name}`, name])),
};

/** E9 for the selfie, which E8 always offers. */
export const selfieRecapture = {
  recapture_configuration: {
    tasks: [],
    resources: [
      { attr: null, document_type: "selfie", ref_id: "nil.selfie.nil.1.nil", resource_type: "image" },
    ],
  },
  recapture_details: { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" },
};

const newContentKey = (): ContentKey => ({
  kid: randomUUID(),
  cek: randomBytes(32).toString("base64"),
  encrypts_from: 0,
  retires_at: null,
});

const copy = <Value>(value: Value): Value => structuredClone(value);

/** A store in memory. Each call yields first, so that writers can overtake one another. */
export class MemoryStore implements Store {
  readonly setups = new Map<string, AccountSetup>();
  readonly counts = new Map<string, number>();
  readonly profiles = new Map<string, ProfileRecord>();
  readonly references = new Map<string, string>();
  readonly links = new Map<string, string>();
  readonly switchboards = new Map<string, Switchboard>();
  readonly requests = new Map<string, unknown>();
  readonly uploads = new Map<string, Buffer>();
  readonly deskSessions = new Map<string, DeskSession>();
  readonly deliveries = new Map<string, Delivery>();
  readonly letters = new Map<string, DeadLetter & { accountId: string }>();

  async setup(accountId: string) {
    return copy(this.setups.get(accountId) ?? { webhooks: noWebhooks, faults: noFaults });
  }
  async saveWebhooks(accountId: string, webhooks: AccountSetup["webhooks"]) {
    this.setups.set(accountId, { ...(await this.setup(accountId)), webhooks });
  }
  async saveFaults(accountId: string, faults: AccountSetup["faults"]) {
    this.setups.set(accountId, { ...(await this.setup(accountId)), faults });
    this.counts.set(accountId, 0);
  }
  async countRequest(accountId: string) {
    const count = (this.counts.get(accountId) ?? 0) + 1;
    this.counts.set(accountId, count);
    return count;
  }
  async create(record: ProfileRecord, request: unknown, again: boolean) {
    const reference = JSON.stringify([record.account_id, record.reference_id]);
    if (this.references.has(reference) && !again) return false;
    this.references.set(reference, record.profile_id);
    this.profiles.set(record.profile_id, copy(record));
    this.requests.set(record.profile_id, copy(request));
    if (record.link) this.links.set(record.link.token, record.profile_id);
    return true;
  }
  async read(profileId: string) {
    return copy(this.profiles.get(profileId) ?? null);
  }
  async findByReference(accountId: string, referenceId: string) {
    return this.references.get(JSON.stringify([accountId, referenceId])) ?? null;
  }
  async findByLink(token: string) {
    return this.links.get(token) ?? null;
  }
  async switchboard(accountId: string) {
    return copy(this.switchboards.get(accountId) ?? emptySwitchboard);
  }
  async replace(record: ProfileRecord, switchboard?: Switchboard) {
    if (this.profiles.get(record.profile_id)?.version !== record.version - 1) return false;
    const { version } = this.switchboards.get(record.account_id) ?? emptySwitchboard;
    if (switchboard && switchboard.version !== version + 1) return false;
    if (switchboard) this.switchboards.set(record.account_id, copy(switchboard));
    this.profiles.set(record.profile_id, copy(record));
    return true;
  }
  async clearOutbox(record: ProfileRecord) {
    if (this.profiles.get(record.profile_id)?.version === record.version)
      this.profiles.set(record.profile_id, copy({ ...record, outbox: [] }));
  }
  async request(profileId: string) {
    return copy((this.requests.get(profileId) as never) ?? null);
  }
  async newestProfiles(accountId: string) {
    const own = [...this.profiles.values()].filter(({ account_id }) => account_id === accountId);
    return own
      .map(({ profile_id }) => profile_id)
      .reverse()
      .slice(0, 100);
  }
  async saveUpload(profileId: string, name: string, bytes: Uint8Array) {
    this.uploads.set(`${profileId}/${name}`, Buffer.from(bytes));
  }
  async upload(profileId: string, name: string) {
    return this.uploads.get(`${profileId}/${name}`) ?? null;
  }
  async eraseUpload(profileId: string, name: string) {
    this.uploads.delete(`${profileId}/${name}`);
  }
  async erase(profileId: string) {
    this.requests.delete(profileId);
    for (const name of this.uploads.keys()) if (name.startsWith(`${profileId}/`)) this.uploads.delete(name);
  }
  async saveDeskSession(token: string, session: DeskSession) {
    this.deskSessions.set(token, copy(session));
  }
  async deskSession(token: string) {
    return copy(this.deskSessions.get(token) ?? null);
  }
  async endDeskSession(token: string) {
    this.deskSessions.delete(token);
  }
  async delivery(noticeId: string) {
    return copy(this.deliveries.get(noticeId) ?? null);
  }
  async saveDelivery(noticeId: string, delivery: Delivery) {
    this.deliveries.set(noticeId, copy(delivery));
  }
  async bury(accountId: string, letter: DeadLetter) {
    this.letters.set(letter.notice_id, { ...letter, accountId });
  }
  async deadLetters(accountId: string) {
    return [...this.letters.values()]
      .filter((letter) => letter.accountId === accountId)
      .map(({ accountId: _, ...letter }) => letter);
  }
}

export interface Posted {
  at: number;
  url: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every webhook kind, looked into by tests
  body: any;
}

/** The sandbox with a clock that only moves when told, and receivers that note what they are sent. */
export class VirtualSandbox {
  /** The content keys of each account, the same for both sides. */
  readonly contentKeys = new Map([ACCOUNT, OTHER_ACCOUNT].map((accountId) => [accountId, [newContentKey()]]));
  readonly store = new MemoryStore();
  readonly posted: Posted[] = [];
  readonly logged: unknown[] = [];
  readonly queue: { at: number; order: number; job: Job }[] = [];
  /** How often each job comes out of the queue. */
  copies = 1;

  cipherOf(accountId: string): ContentCipher {
    const keys = async () => this.contentKeys.get(accountId) ?? [];
    return createContentCipher({ get: keys, refresh: keys }, () => this.time);
  }
  /** What receivers answer. */
  receiver: (url: string) => number | null = () => 200;
  private time = START;
  private ordinal = 0;
  readonly sandbox: Sandbox;

  constructor(settings: Partial<Settings> = {}) {
    let ids = 0;
    this.sandbox = {
      settings: { ...testSettings, ...settings },
      store: this.store,
      schedule: {
        add: async (job, delayMs) => {
          this.queue.push({ at: this.time + delayMs, order: this.ordinal++, job: copy(job) });
        },
      },
      clock: {
        now: () => this.time,
        sleep: async (milliseconds) => {
          this.time += milliseconds;
        },
      },
      ids: {
        profileId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, "0")}`,
        token: () => `token-${String(++ids).padStart(10, "0")}`,
      },
      authenticate: async (keyHash, accountId) => keyHash === hashOfKey(`key of ${accountId}`),
      cipherOf: (accountId) => this.cipherOf(accountId),
      post: async (url, body) => {
        const status = this.receiver(url);
        this.posted.push({ at: this.time - START, url, body: JSON.parse(body) });
        return status;
      },
      log: (event) => this.logged.push(event),
    };
  }

  /** Lets time pass, with everything that becomes due in it. */
  async pass(seconds: number): Promise<void> {
    const end = this.time + seconds * 1000;
    for (;;) {
      const due = this.queue
        .filter(({ at }) => at <= end)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!due) break;
      this.queue.splice(this.queue.indexOf(due), 1);
      this.time = Math.max(this.time, due.at);
      for (let run = 0; run < this.copies; run++) await this.run(copy(due.job));
    }
    this.time = Math.max(this.time, end);
  }

  run(job: Job): Promise<void> {
    return job.kind === "deliver" ? runDeliverJob(this.sandbox, job) : runJourneyJob(this.sandbox, job);
  }

  async http(method: string, target: string, body?: unknown, account: string | null = ACCOUNT) {
    const url = new URL(target, "https://sandbox.example.com");
    const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
    const answer = await handle(this.sandbox, {
      method,
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      apiKey: account === null ? undefined : `key of ${account}`,
      accountId: account ?? undefined,
      body: text,
      bytes: Buffer.from(text),
      contentType: "application/json",
      cookie: undefined,
      site: undefined,
      origin: "https://sandbox.example.com",
    });
    const isJson = answer.headers["content-type"]?.startsWith("application/json");
    // biome-ignore lint/suspicious/noExplicitAny: answers of every endpoint, looked into by tests
    const parsed: any = isJson ? JSON.parse(answer.body) : answer.body;
    return { status: answer.status, headers: answer.headers, body: parsed };
  }

  /** Sends webhooks of this kind to receivers named after the slots. */
  async listen(kind: "W1" | "W3" = "W3"): Promise<void> {
    const slots = ["profile-status", "capture-session", "scheduling", "profile-creation"];
    const urls = Object.fromEntries(slots.map((slot) => [slot, `https://receiver.example.com/${slot}`]));
    await this.http("PUT", "/sandbox/webhooks", { kind, urls });
  }

  async create(scenario: ScenarioName, more: Record<string, unknown> = {}, how: "async" | "sync" = "async") {
    const reference_id = `reference-${++this.ordinal}`;
    const body = { reference_id, config: { id: `package-${scenario}` }, ...more };
    const answer = await this.http("POST", `/${how}/profiles`, body);
    return { profile_id: answer.body.profile_id as string, reference_id: body.reference_id, answer };
  }

  async status(profileId: string): Promise<string> {
    return (await this.http("GET", `/profiles/${profileId}?status_only=true`)).body.status;
  }

  /** A profile that got into this status the usual way. */
  async inStatus(status: ProfileStatus): Promise<string> {
    const made = async (scenario: ScenarioName, seconds: number) => {
      const { profile_id } = await this.create(scenario);
      await this.pass(seconds);
      return profile_id;
    };
    const moved = async (profileId: string, method: string, what: string, body?: unknown) => {
      await this.http(method, `/profiles/${profileId}/${what}`, body);
      return profileId;
    };
    switch (status) {
      case "pending":
        return made("link-late", 0);
      case "capture_pending":
        return made("cancelled-by-caller", 1.5);
      case "in_progress":
        return made("straight-through", 3.5);
      case "review_required":
        return made("review-approve", 5);
      case "recapture_pending":
        return moved(await made("recapture-abandoned", 5), "POST", "recapture/submit", selfieRecapture);
      case "completed":
        return made("straight-through", 5);
      case "cancelled":
        return moved(await this.inStatus("capture_pending"), "PUT", "cancel");
      case "capture_expired":
        return made("link-expires", 6);
      case "failed":
        return made("capture-failed", 5);
      case "purged":
        return moved(await this.inStatus("completed"), "POST", "purge");
    }
  }

  /** The webhooks of a profile so far, as slot and what it says: `status in_progress`, `appointment scheduled`. */
  webhooks(profileId: string): string[] {
    return this.posted
      .filter(({ body }) => body.profile_id === profileId)
      .map(({ url, body }) => {
        const slot = url.split("/").at(-1);
        if (slot === "capture-session") return `session ${body.session_status}`;
        if (slot === "scheduling") return `appointment ${body.scheduling_details.action}`;
        return slot === "profile-creation" ? `created ${body.status}` : `status ${body.status}`;
      });
  }
}
