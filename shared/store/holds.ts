import { type OnboardingKey, onboardingPk } from "./keys.ts";
import type { Table } from "./table.ts";

/** A legal hold: on whose word nothing is erased, and since when (epoch milliseconds). */
export interface Hold {
  by: string;
  at: number;
}

/**
 * What may be erased of an onboarding, and what may be put beside it: holds and purges exclude each other. Each method
 * is one conditional write.
 */
export const holdsIn = ({ update }: Table) => ({
  /**
   * Keeps it from every purge. False: it is held already, its purge has begun, the gateway is being asked to erase it
   * (`mayErase`), or there is no such record.
   */
  hold: (key: OnboardingKey, held: Hold): Promise<boolean> =>
    update(
      onboardingPk(key),
      "profile",
      { held, last_write: "hold" },
      {
        condition:
          "attribute_exists(#pk) AND attribute_not_exists(#held) AND attribute_not_exists(#purging) AND attribute_not_exists(#purged_at) AND (attribute_not_exists(#erasing_until) OR #erasing_until < :now)",
        values: { ":now": held.at },
      },
    ),

  /** Ends a hold and raises the signal, since something may be due. False: it was not held. */
  endHold: (key: OnboardingKey): Promise<boolean> =>
    update(
      onboardingPk(key),
      "profile",
      { held: null, said: null, last_write: "signal" },
      { condition: "attribute_exists(#held)", add: "signal" },
    ),

  /**
   * Begins the purge of our copy: from here on nobody holds it, and nothing is put into the vault that the erasure
   * might miss. False: it is held, or something is being put there right now.
   */
  beginPurge: (key: OnboardingKey, now: number): Promise<boolean> =>
    update(
      onboardingPk(key),
      "profile",
      { purging: true, last_write: "step" },
      {
        condition:
          "attribute_exists(#pk) AND attribute_not_exists(#held) AND (attribute_not_exists(#noting_until) OR #noting_until < :now)",
        values: { ":now": now },
      },
    ),

  /** Takes a begun purge back that the gateway refused, and that has erased nothing. */
  forgoPurge: (record: OnboardingKey & { refused_at: number | null }, now: number): Promise<boolean> =>
    update(
      onboardingPk(record),
      "profile",
      { purging: null, refused_at: record.refused_at ?? now, last_write: "step" },
      { condition: "attribute_exists(#purging) AND attribute_not_exists(#purged_at)" },
    ),

  /**
   * The right to have the gateway erase it on somebody's word (E13): nobody holds it up to `until`. False: it is held, or
   * there is no such record.
   */
  mayErase: (key: OnboardingKey, until: number): Promise<boolean> =>
    update(
      onboardingPk(key),
      "profile",
      { erasing_until: until, last_write: "note" },
      { condition: "attribute_exists(#pk) AND attribute_not_exists(#held)" },
    ),

  /** Gives that right back before its time, once the gateway has answered. */
  askedToErase: (key: OnboardingKey, until: number): Promise<boolean> =>
    update(
      onboardingPk(key),
      "profile",
      { erasing_until: null, last_write: "note" },
      { condition: "#erasing_until = :until", values: { ":until": until } },
    ),

  /**
   * The right to put something into the vault from outside the execution, up to `until`; one holder at a time. False:
   * somebody else has it, or the purge has begun.
   */
  mayNote: (key: OnboardingKey, now: number, until: number): Promise<boolean> =>
    update(
      onboardingPk(key),
      "profile",
      { noting_until: until, last_write: "note" },
      {
        condition:
          "attribute_exists(#pk) AND attribute_not_exists(#purging) AND attribute_not_exists(#purged_at) AND (attribute_not_exists(#noting_until) OR #noting_until < :now)",
        values: { ":now": now },
      },
    ),

  /** Gives that right back before its time. */
  noted: (key: OnboardingKey, until: number): Promise<boolean> =>
    update(
      onboardingPk(key),
      "profile",
      { noting_until: null, last_write: "note" },
      { condition: "#noting_until = :until", values: { ":until": until } },
    ),
});
