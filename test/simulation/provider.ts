import { hashOfKey } from "../../functions/sandbox/accounts.ts";
import { runJourneyJob } from "../../functions/sandbox/advance.ts";
import { runDeliverJob } from "../../functions/sandbox/deliveries.ts";
import { handle } from "../../functions/sandbox/gateway.ts";
import { type ScenarioName, scriptedMove } from "../../functions/sandbox/journeys.ts";
import type { ProfileRecord as GatewayProfile, Job } from "../../functions/sandbox/profile-record.ts";
import type { Sandbox } from "../../functions/sandbox/sandbox.ts";
import type { ContentCipher } from "../../shared/gateway/encryption.ts";
import type { EndpointName } from "../../shared/gateway/endpoints.ts";
import { DecryptionFailed } from "../../shared/gateway/errors.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import { webhookSlots } from "../../shared/store/secrets.ts";
import { MemoryStore, testSettings } from "../functions/sandbox/virtual-sandbox.ts";
import type { Faults } from "./faults.ts";
import { type Actable, acts, ended, type Occurrence, played } from "./happenings.ts";
import type { World } from "./world.ts";

/** A job that keeps failing is tried so often. */
const MAX_RECEIVES = 5;
const REDELIVERY_MS = 120_000;
/** A machine or a person may take so long where usually it is minutes. */
const STALLS_MS = 12 * 86_400_000;

/**
 * Stands for encryption: readable by its kid's account, in order, and without a thread of its own, which would put
 * real time into the simulation. That tokens are safe is shown elsewhere.
 */
export function pretendCipher(accountId: string): ContentCipher {
  const wrap = (value: unknown) =>
    `pretend.${accountId}.${Buffer.from(JSON.stringify(value)).toString("base64url")}`;
  return {
    encrypt: async (value) => wrap(value),
    decrypt: async (token) => {
      const [head, kid, text = ""] = token.split(".");
      if (head !== "pretend" || kid !== accountId) throw new DecryptionFailed();
      return JSON.parse(Buffer.from(text, "base64url").toString());
    },
    renew: async () => {},
  };
}

/** Posts a webhook to where it is to go: the answer's status, `null` without one. */
export type Receive = (accountId: string, slot: string, body: string) => Promise<number | null>;

/** The provider's side: the sandbox's real logic on the simulation's clock. It does not break, its lines do. */
export class Provider {
  readonly store = new MemoryStore();
  readonly sandbox: Sandbox;
  /** Told of every profile as it is written. */
  onProfile: (record: GatewayProfile) => void = () => {};
  /** Told of what happens to a profile, effective or refused, and in which status; `null`: there was none yet. */
  onHappening: (status: ProfileStatus | null, what: Occurrence) => void = () => {};
  /** Whether its people and machines still do what the script has for them. */
  isOpen = true;
  /** Profiles with which nobody goes on as the script has it. */
  readonly abandoned = new Set<string>();
  /** Until when an account gets no answer, or none but to what the status of a profile is (E5). */
  readonly outages = new Map<string, { until: number; tellsStatus: boolean }>();
  /** The api-key that is valid now, by account. */
  readonly keys = new Map<string, string>();
  /** Every body that was ever sent, for whoever wants to send it again. */
  readonly sent: { accountId: string; slot: string; body: string }[] = [];
  readonly #world: World;
  readonly #faults: Faults;
  readonly #receive: Receive;

  constructor(world: World, faults: Faults, paces: Partial<Sandbox["settings"]>, receive: Receive) {
    this.#world = world;
    this.#faults = faults;
    this.#receive = receive;
    let ids = 0;
    this.store.replace = this.#watched(this.store.replace.bind(this.store));
    this.store.create = this.#watched(this.store.create.bind(this.store));
    this.sandbox = {
      settings: { ...testSettings, ...paces },
      store: this.store,
      schedule: { add: async (job, delayMs) => this.#schedule(job, delayMs, 1) },
      clock: { now: () => world.now, sleep: (milliseconds) => world.sleep(milliseconds) },
      ids: {
        profileId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, "0")}`,
        token: () => `link-token-${String(++ids).padStart(10, "0")}`,
      },
      authenticate: async (keyHash, accountId) => hashOfKey(this.keys.get(accountId) ?? "") === keyHash,
      cipherOf: pretendCipher,
      post: (url, body) => this.#post(url, body),
      log: () => {},
    };
  }

  async addAccount(accountId: string, kind: "W1" | "W3"): Promise<void> {
    this.keys.set(accountId, `first key of ${accountId}`);
    const urls = Object.fromEntries(
      webhookSlots.map((slot) => [
        slot,
        `https://hooks.example.com/${slot}/${encodeURIComponent(accountId)}`,
      ]),
    );
    await this.store.saveWebhooks(accountId, { kind, urls });
  }

  /** Forgets a profile for good, with its reference: the profile as it was, if there was one. */
  lose(profileId: string): GatewayProfile | null {
    const profile = this.store.profiles.get(profileId);
    if (!profile) return null;
    this.store.profiles.delete(profileId);
    this.store.requests.delete(profileId);
    this.store.references.delete(JSON.stringify([profile.account_id, profile.reference_id]));
    return profile;
  }

  /** `operation`: what is asked for, if that is to be told of. */
  answer(
    accountId: string,
    apiKey: string,
    method: string,
    path: string,
    query: Record<string, string>,
    body: string,
    operation?: EndpointName,
  ) {
    const request = {
      method,
      path,
      query: new URLSearchParams(query),
      apiKey,
      accountId,
      body,
      bytes: Buffer.from(body),
      contentType: "application/json",
      cookie: undefined,
      site: undefined,
      origin: "https://capture.example.com",
    };
    const handled = (sandbox: Sandbox) => handle(sandbox, request);
    return operation ? this.#happens(handled, () => operation, operation) : handled(this.sandbox);
  }

  /** Somebody does something of his own accord; nothing happens where the profile's status does not let him. */
  async act(what: Actable, profileId: string): Promise<void> {
    await this.#happens(
      (sandbox) => acts[what](sandbox, profileId),
      () => what,
    );
  }

  /**
   * Tells what `run` does to a profile through its sandbox: what each write did, and before that what had ended by itself.
   * `refused` is told where nothing was written.
   */
  async #happens<Result>(
    run: (sandbox: Sandbox) => Promise<Result>,
    did: (before: GatewayProfile, after: GatewayProfile) => Occurrence | null,
    refused?: Occurrence,
  ): Promise<Result> {
    const { store } = this;
    let asked: string | null = null;
    let isDone = false;
    const watched: MemoryStore = Object.assign(Object.create(store), {
      read: (profileId: string) => {
        asked = profileId;
        return store.read(profileId);
      },
      create: async (...input: Parameters<MemoryStore["create"]>) => {
        const created = await store.create(...input);
        if (created && refused) this.onHappening(null, refused);
        isDone ||= created;
        return created;
      },
      replace: async (...input: Parameters<MemoryStore["replace"]>) => {
        const [after] = input;
        const before = store.profiles.get(after.profile_id);
        const written = await store.replace(...input);
        if (!written || !before) return written;
        const over = ended(before, after, this.#world.now);
        for (const each of over) this.onHappening(before.state.status, each);
        const what = over.length > 0 ? null : did(before, after);
        if (what) this.onHappening(before.state.status, what);
        isDone ||= what !== null;
        return written;
      },
    });
    const result = await run({ ...this.sandbox, store: watched });
    const profile = asked === null ? undefined : store.profiles.get(asked);
    if (refused && !isDone && profile) this.onHappening(profile.state.status, refused);
    return result;
  }

  #watched<Input extends [GatewayProfile, ...never[]]>(write: (...input: Input) => Promise<boolean>) {
    return async (...input: Input): Promise<boolean> => {
      const written = await write(...input);
      if (written) this.onProfile(structuredClone(input[0]));
      return written;
    };
  }

  isDown(accountId: string, asksStatus: boolean): boolean {
    const { until = 0, tellsStatus = false } = this.outages.get(accountId) ?? {};
    return !this.#faults.stopped && this.#world.now < until && !(tellsStatus && asksStatus);
  }

  #schedule(job: Job, afterMs: number, attempt: number): void {
    const stalls = job.kind === "journey" && attempt === 1 && this.#faults.strikes("gateway-stalls");
    const delayMs = afterMs + (stalls ? this.#world.random.between(STALLS_MS / 100, STALLS_MS) : 0);
    const run = async () => {
      if (job.kind === "journey" && (!this.isOpen || this.abandoned.has(job.profile_id))) return;
      try {
        await (job.kind === "deliver"
          ? runDeliverJob(this.sandbox, job)
          : this.#happens((sandbox) => runJourneyJob(sandbox, job), playedNext));
      } catch {
        if (attempt < MAX_RECEIVES) this.#schedule(job, REDELIVERY_MS, attempt + 1);
      }
    };
    const copies = this.#faults.strikes("queue-duplicated") ? 2 : 1;
    for (let copy = 0; copy < copies; copy++)
      this.#world.after(delayMs + this.#world.random.between(1, 300), () => void run());
  }

  async #post(url: string, body: string): Promise<number | null> {
    const [, , , slot = "", account = ""] = url.split("/");
    const accountId = decodeURIComponent(account);
    const { random } = this.#world;
    this.sent.push({ accountId, slot, body });
    const deliver = () => this.#receive(accountId, slot, body);
    // Taken by something on the way that then lost it.
    if (this.#faults.strikes("webhook-dropped")) return 200;
    if (this.#faults.strikes("webhook-duplicated"))
      this.#world.after(random.between(1, 3_600_000), () => void deliver());
    const late = this.#faults.strikes("webhook-delayed")
      ? random.between(10_000, 7_200_000)
      : this.#faults.strikes("webhook-reordered")
        ? random.between(500, 10_000)
        : 0;
    if (late > 0) {
      this.#world.after(late, () => void deliver());
      return 200;
    }
    await this.#world.sleep(random.between(5, 60));
    const status = await deliver();
    return this.#faults.strikes("webhook-answer-lost") ? null : status;
  }
}

/** What the script did with its turn. */
function playedNext(before: GatewayProfile, after: GatewayProfile): Occurrence | null {
  const { scenario, state, turns } = before;
  const next = scriptedMove(scenario, state.status, turns[state.status] ?? 0);
  return next && played(next.move, before, after);
}

export const packageOf = (scenario: ScenarioName): string => `package-${scenario}`;
