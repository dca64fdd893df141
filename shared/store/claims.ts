import { type OnboardingKey, onboardingPk, profilePk } from "./keys.ts";
import { due, RELEASED, SCHEMA_VERSION, type Table, withoutNulls } from "./table.ts";

/** Who owns a reference, for which request; written before anything else happens and never expiring. */
export interface Claim extends OnboardingKey {
  request_hash: string;
  config_id: string;
  /** Which create the gateway gets: E1, E2 or E17. */
  mode: "sync" | "async" | "encrypted";
  /** From 1; one more after each release, since execution names stay taken. */
  attempt: number;
  execution: string;
  created_at: number;
  released: boolean;
  profile_id: string | null;
  /** Until then somebody alone creates its profile, or erases what it left when it was released. */
  lease_until?: number;
  /** Creates were begun before: look up first (contract §3.4). */
  creates: number;
  /** When the sweeper starts it: nobody has by then, or its create was put off until then. */
  due_at?: number;
  /** Absent before its profile is known, and in claims of before this was kept. */
  bound?: Bound;
}

/** Longer than any function runs: by then nobody is left who had read a claim before it was released. */
const ERASE_AFTER_MS = 65_000;
/** Longer than the sweeper runs. */
const ERASE_WITHIN_MS = 65_000;

/** When the profile of a claim became known, and by which answer of the gateway. */
export interface Bound {
  at: number;
  by: "create" | "look-up";
}

/** Claims: taking, holding and letting go of references. Each method is one conditional write or read. */
export const claimsIn = ({ put, get, update }: Table) => ({
  async claimOf(key: OnboardingKey): Promise<Claim | null> {
    const item = await get(onboardingPk(key), "claim");
    if (!item) return null;
    // `status` is the index's alone: a claim has no profile's.
    const { dueAt: due_at, status: _, ...rest } = item;
    return {
      profile_id: null,
      creates: 0,
      ...rest,
      ...(due_at !== undefined && { due_at }),
    } as unknown as Claim;
  },

  /**
   * Takes a reference that nobody has, or that was released after `previous` and is not being erased. False: somebody was
   * faster.
   */
  async claim({ due_at: _, ...claim }: Claim, startBy: number, previous: Claim | null): Promise<boolean> {
    const pk = onboardingPk(claim);
    const item = { pk, sk: "claim", ...claim, ...due(pk, startBy), schema_version: SCHEMA_VERSION };
    return previous
      ? put(
          withoutNulls(item),
          "released = :yes AND attempt = :attempt AND (attribute_not_exists(lease_until) OR lease_until < :now)",
          { ":yes": true, ":attempt": previous.attempt, ":now": claim.created_at },
        )
      : put(withoutNulls(item), "attribute_not_exists(pk)");
  },

  /**
   * Lets go of a reference whose create the gateway refused, on the word of who has the right to create, and keeps until
   * its request is erased; then a corrected one can follow. It is due once more: whoever releases may die before that, and
   * a repetition under way may put the request back.
   */
  release: (claim: Claim, now: number): Promise<boolean> =>
    update(onboardingPk(claim), "claim", released(claim, now), {
      condition: "#attempt = :attempt AND attribute_not_exists(#profile_id)",
      values: { ":attempt": claim.attempt },
    }),

  /** Lets go of a reference whose create is given up. False: somebody is creating its profile, or has. */
  giveUp: (claim: Claim, now: number): Promise<boolean> =>
    update(onboardingPk(claim), "claim", released(claim, now), {
      condition:
        "#attempt = :attempt AND attribute_not_exists(#profile_id) AND (attribute_not_exists(#lease_until) OR #lease_until < :now)",
      values: { ":attempt": claim.attempt, ":now": now },
    }),

  /** The right to erase what a released claim left: nobody takes its reference for so long. */
  leaseErasure: (claim: Claim, now: number): Promise<boolean> =>
    update(
      onboardingPk(claim),
      "claim",
      { lease_until: now + ERASE_WITHIN_MS },
      {
        condition:
          "#attempt = :attempt AND #released = :yes AND (attribute_not_exists(#lease_until) OR #lease_until < :now)",
        values: { ":attempt": claim.attempt, ":yes": true, ":now": now },
      },
    ),

  /** It is erased: the reference may be taken again, and the sweeper has nothing to do. */
  erased: (claim: Claim): Promise<boolean> =>
    update(
      onboardingPk(claim),
      "claim",
      { lease_until: null, ...due("", null) },
      { condition: "#attempt = :attempt", values: { ":attempt": claim.attempt } },
    ),

  /** The right to create for a while: one holder at a time. */
  lease: (claim: Claim, now: number, leaseMs: number): Promise<boolean> =>
    update(
      onboardingPk(claim),
      "claim",
      { lease_until: now + leaseMs },
      {
        condition:
          "#attempt = :attempt AND #released = :no AND attribute_not_exists(#profile_id) AND (attribute_not_exists(#lease_until) OR #lease_until < :now)",
        values: { ":attempt": claim.attempt, ":no": false, ":now": now },
        add: "creates",
      },
    ),

  /** Gives the right back before its time, after a create that failed without effect or with an unknown one. */
  unlease: (claim: Claim): Promise<boolean> =>
    update(onboardingPk(claim), "claim", { lease_until: null }, { condition: "attribute_exists(#pk)" }),

  /** The claim's execution runs, or its profile is known: the sweeper need not start it. */
  started: (claim: Claim): Promise<boolean> =>
    update(onboardingPk(claim), "claim", due("", null), {
      condition: "#attempt = :attempt",
      values: { ":attempt": claim.attempt },
    }),

  /**
   * Puts a create off that kept failing: the sweeper starts the claim's next attempt at `at`. A lease stays: a caller's
   * repetition may be creating just now.
   */
  defer(claim: Claim, at: number): Promise<boolean> {
    const attempt = claim.attempt + 1;
    const pk = onboardingPk(claim);
    return update(
      pk,
      "claim",
      { attempt, execution: nextExecution(claim.execution, attempt), ...due(pk, at) },
      {
        condition: "#attempt = :attempt AND #released = :no AND attribute_not_exists(#profile_id)",
        values: { ":attempt": claim.attempt, ":no": false },
      },
    );
  },

  /** Has the sweeper start a claim at `at` that was put off. False: its profile is known by now, or another attempt. */
  startAt(claim: Claim, at: number): Promise<boolean> {
    const pk = onboardingPk(claim);
    return update(pk, "claim", due(pk, at), {
      condition: "#attempt = :attempt AND #released = :no AND attribute_not_exists(#profile_id)",
      values: { ":attempt": claim.attempt, ":no": false },
    });
  },

  /** The next attempt of a claim whose execution is gone; the sweeper starts it at `at` if nobody does. `null`: too late. */
  async restart(claim: Claim, at: number): Promise<Claim | null> {
    const attempt = claim.attempt + 1;
    const execution = nextExecution(claim.execution, attempt);
    const pk = onboardingPk(claim);
    const taken = await update(
      pk,
      "claim",
      // A lease stays: a function of the execution before may still be creating.
      { attempt, execution, ...due(pk, at) },
      {
        condition: "#attempt = :attempt AND #released = :no",
        values: { ":attempt": claim.attempt, ":no": false },
      },
    );
    return taken ? { ...claim, attempt, execution } : null;
  },

  /**
   * Binds a gateway profile to its claim and makes it findable for webhooks. Who is the claim's execution says so, and
   * the sweeper need not start one.
   */
  async bind(
    claim: Claim,
    profile_id: string,
    bound: Bound,
    { isExecution = false }: { isExecution?: boolean } = {},
  ): Promise<void> {
    const { account_id, reference_id } = claim;
    await put({ pk: profilePk(account_id, profile_id), sk: "id", reference_id });
    await update(
      onboardingPk(claim),
      "claim",
      { profile_id, bound, lease_until: null, ...(isExecution && due("", null)) },
      {
        condition: "attribute_exists(#pk)",
      },
    );
  },
});

const released = (claim: Claim, now: number) => ({
  released: true,
  status: RELEASED,
  ...due(onboardingPk(claim), now + ERASE_AFTER_MS),
});

/** Execution names end in their attempt; the rest stays for all of them. */
const nextExecution = (execution: string, attempt: number): string =>
  `${execution.slice(0, execution.lastIndexOf("-"))}-${attempt}`;
