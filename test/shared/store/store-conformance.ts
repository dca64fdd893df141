import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Claim } from "../../../shared/store/claims.ts";
import { DUE_SHARDS, type OnboardingKey, onboardingPk } from "../../../shared/store/keys.ts";
import type { OpenOnboarding } from "../../../shared/store/open-onboardings.ts";
import { recordsOver } from "../../../shared/store/records.ts";
import { type DuePosition, due, type Table } from "../../../shared/store/table.ts";
import type { Vault } from "../../../shared/store/vault.ts";
import { settle } from "./settle.ts";

/** What the simulation relies on: run against the stores in memory and against the real ones. */
export function tableConformance(table: () => Table): void {
  const fresh = () => `conformance-${randomUUID()}`;

  describe("the table", () => {
    test("gives back what was put, without what is undefined", async () => {
      const pk = fresh();
      const item = {
        pk,
        sk: "a",
        text: "ä",
        number: 1.5,
        list: [1, "2", null],
        map: { deep: true },
        gone: undefined,
      };
      expect(await table().put(item)).toBe(true);
      expect(await table().get(pk, "a")).toEqual({
        pk,
        sk: "a",
        text: "ä",
        number: 1.5,
        list: [1, "2", null],
        map: { deep: true },
      });
      expect(await table().get(pk, "b")).toBeUndefined();
    });

    test("a put under a condition happens or says no, and a no changes nothing", async () => {
      const pk = fresh();
      expect(await table().put({ pk, sk: "a", n: 1 }, "attribute_not_exists(pk)")).toBe(true);
      expect(await table().put({ pk, sk: "a", n: 2 }, "attribute_not_exists(pk)")).toBe(false);
      expect(await table().put({ pk, sk: "a", n: 3 }, "n = :n", { ":n": 2 })).toBe(false);
      expect(await table().put({ pk, sk: "a", n: 4 }, "n = :n", { ":n": 1 })).toBe(true);
      expect(await table().get(pk, "a")).toEqual({ pk, sk: "a", n: 4 });
    });

    test("an update sets, removes and counts; undefined leaves alone; a missing item is made", async () => {
      const pk = fresh();
      expect(await table().update(pk, "a", { x: 1, y: "why" }, { add: "count" })).toBe(true);
      expect(await table().update(pk, "a", { x: undefined, y: null, z: [] }, { add: "count" })).toBe(true);
      expect(await table().get(pk, "a")).toEqual({ pk, sk: "a", x: 1, z: [], count: 2 });
    });

    test.each([
      ["longer than a key may be", "x".repeat(2_100)],
      ["longer in bytes than a key may be", "é".repeat(1_100)],
      ["no Unicode", "\ud800"],
    ])("has no onboarding whose reference is %s", async (_what, reference_id) => {
      const records = recordsOver(table());
      const key = { account_id: fresh(), reference_id };
      const event = { at: 0, kind: "k", by: "caller", detail: {} } as const;
      expect(await records.find(key)).toBeNull();
      expect(await records.claimOf(key)).toBeNull();
      expect(await records.referenceOf(key.account_id, reference_id)).toBeNull();
      expect(await records.history(key, reference_id)).toEqual([]);
      expect(await records.signal(key)).toBe(false);
      expect(await records.appointment(key, null, 1)).toBe(false);
      expect(await records.record(key, "id", event)).toBe(false);
    });

    test.each<[string, Record<string, unknown>, boolean]>([
      ["attribute_exists(#pk)", {}, true],
      ["attribute_exists(#none)", {}, false],
      ["attribute_not_exists(#none)", {}, true],
      ["#n = :n", { ":n": 5 }, true],
      ["#n = :n", { ":n": "5" }, false],
      ["#n < :n", { ":n": 6 }, true],
      ["#n < :n", { ":n": 5 }, false],
      ["#n <= :n", { ":n": 5 }, true],
      ["#n <= :n", { ":n": 4 }, false],
      ["#none <= :n", { ":n": 6 }, false],
      ["#none < :n", { ":n": 6 }, false],
      ["#none = :n", { ":n": 6 }, false],
      ["#yes = :yes AND #n < :n", { ":yes": true, ":n": 9 }, true],
      ["#yes = :yes AND attribute_not_exists(#n)", { ":yes": true }, false],
      ["attribute_not_exists(#n) OR #n < :n", { ":n": 9 }, true],
      ["#n = :n AND (attribute_not_exists(#none) OR #none < :n)", { ":n": 5 }, true],
      ["#n = :n AND (attribute_exists(#none) OR #n < :n)", { ":n": 5 }, false],
    ])("%s with %j is %s", async (condition, values, holds) => {
      const pk = fresh();
      await table().put({ pk, sk: "a", n: 5, yes: true });
      expect(await table().update(pk, "a", { done: 1 }, { condition, values })).toBe(holds);
      expect((await table().get(pk, "a"))?.["done"]).toBe(holds ? 1 : undefined);
    });

    test("a query gives the items of a prefix in the order of their sort keys", async () => {
      const pk = fresh();
      for (const sk of ["event#b", "event#a", "eventually", "event#a1", "other"])
        await table().put({ pk, sk });
      await table().put({ pk: fresh(), sk: "event#a" });
      expect((await table().query(pk, "event#")).map(({ sk }) => sk)).toEqual([
        "event#a",
        "event#a1",
        "event#b",
      ]);
    });

    test("the index has what is due, oldest first, and forgets what is not due any more", async () => {
      const pk = fresh();
      const { dueShard } = due(pk, 1) as { dueShard: string };
      const shard = Number(dueShard.slice("due#".length));
      // Long before anything else that is due in here.
      await table().put({ pk, sk: "late", ...due(pk, 3) });
      await table().put({ pk, sk: "early", ...due(pk, 1) });
      await table().put({ pk, sk: "never" });
      const mine = async (now: number) =>
        (await table().queryDue(shard, now, 500)).filter((each) => each.pk === pk).map(({ sk }) => sk);
      await expect.poll(() => mine(3)).toEqual(["early", "late"]);
      expect(await mine(2)).toEqual(["early"]);
      await table().update(pk, "early", due(pk, null));
      await table().update(pk, "late", due(pk, null));
      await expect.poll(() => mine(3)).toEqual([]);
    });

    test("the index is read page by page, due or not, with what it shows of each item and no more", async () => {
      // All in one shard, and three at one moment.
      const pks = [fresh()];
      const { dueShard } = due(String(pks[0]), 1) as { dueShard: string };
      while (pks.length < 5) {
        const pk = fresh();
        if ((due(pk, 1) as { dueShard: string }).dueShard === dueShard) pks.push(pk);
      }
      const shard = Number(dueShard.slice("due#".length));
      const far = 4_000_000_000_000;
      for (const [index, pk] of pks.entries())
        await table().put({
          pk,
          sk: "profile",
          ...due(pk, index < 3 ? far : far + index),
          status: "in_progress",
          state: "OpenCapture",
          parked_at: index,
          held: { by: "somebody", at: 1 },
          task_token: "not shown",
          signal: 7,
        });
      const walk = async (limit: number) => {
        const found: Record<string, unknown>[] = [];
        let after: DuePosition | null = null;
        do {
          const page: Awaited<ReturnType<Table["pageDue"]>> = await table().pageDue(shard, limit, after);
          expect(page.entries.length).toBeLessThanOrEqual(limit);
          found.push(...page.entries.filter(({ pk }) => pks.includes(pk)));
          after = page.next;
        } while (after);
        return found;
      };
      await expect.poll(async () => (await walk(100)).length).toBe(5);
      const whole = await walk(100);
      expect(whole.map(({ pk }) => pk).sort()).toEqual([...pks].sort());
      expect(whole.map(({ dueAt }) => Number(dueAt) - far)).toEqual([0, 0, 0, 3, 4]);
      expect(whole[4]).toEqual({
        pk: pks[4],
        sk: "profile",
        dueShard,
        dueAt: far + 4,
        status: "in_progress",
        state: "OpenCapture",
        parked_at: 4,
        held: { by: "somebody", at: 1 },
      });
      for (const limit of [1, 2, 3]) expect(await walk(limit)).toEqual(whole);

      // A position is one even when nothing is there any more.
      const [, second] = whole;
      if (!second) throw new Error("there are five");
      await table().update(String(second["pk"]), "profile", due("", null));
      await expect.poll(async () => (await walk(100)).length).toBe(4);
      const position = { pk: String(second["pk"]), sk: "profile", dueAt: far };
      const after = await table().pageDue(shard, 100, position);
      const left = after.entries.filter(({ pk }) => pks.includes(pk)).map(({ pk }) => pk);
      expect(left).toEqual(whole.slice(2).map(({ pk }) => pk));
      for (const pk of pks) await table().update(pk, "profile", due("", null));
    });

    test("what is open tells what it waits for and since when, until it is settled or started", async () => {
      const records = recordsOver(table());
      const key: OnboardingKey = { account_id: "a/1", reference_id: fresh() };
      const openOf = async () => {
        const shards = Array.from({ length: DUE_SHARDS }, async (_, shard) => {
          const found: OpenOnboarding[] = [];
          let after: DuePosition | null = null;
          do {
            const page: Awaited<ReturnType<typeof records.open>> = await records.open(shard, 200, after);
            found.push(...page.entries.map(({ onboarding }) => onboarding));
            after = page.next;
          } while (after);
          return found;
        });
        return (await Promise.all(shards))
          .flat()
          .filter(({ reference_id }) => reference_id === key.reference_id);
      };
      const claim: Claim = {
        ...key,
        request_hash: "h",
        config_id: "c",
        mode: "async",
        attempt: 1,
        execution: "e-1",
        created_at: 1,
        released: false,
        profile_id: null,
        creates: 0,
      };
      await records.claim(claim, 2, null);
      const waits = { ...key, config_id: "c", requested_at: 1, since: 1, state: null };
      await expect.poll(openOf).toEqual([{ ...waits, attempt: 1, due_at: 2 }]);
      await records.defer(claim, 3);
      await expect.poll(openOf).toEqual([{ ...waits, attempt: 2, due_at: 3 }]);
      await records.started({ ...claim, attempt: 2 });
      await expect.poll(openOf).toEqual([]);

      const made = { profile_id: "p", config_id: "c", execution: "e-2", created_at: 1, encrypted: false };
      await records.create({ ...key, ...made, status: "pending" });
      const seen = await records.find(key);
      if (!seen) throw new Error("the record is there");
      const parking = {
        state: "Attention" as const,
        parked_at: 5,
        task_token: "t",
        waits_for: [],
        deadline_at: 9,
        due_at: 6,
      };
      await records.park(seen, parking, { status: "in_progress", reason: "a step failed repeatedly" });
      const parked = {
        ...waits,
        since: 5,
        due_at: 6,
        state: "Attention",
        status: "in_progress",
        profile_id: "p",
        deadline_at: 9,
        reason: "a step failed repeatedly",
        held: false,
      };
      await expect.poll(openOf).toEqual([parked]);
      await records.hold(key, { by: "somebody", at: 7 });
      await expect.poll(openOf).toEqual([{ ...parked, held: true }]);
      await settle(records, key, {});
      await expect.poll(openOf).toEqual([]);
    });

    test("a released reference is taken by one, and by nobody while what it left is erased", async () => {
      const records = recordsOver(table());
      const claim: Claim = {
        account_id: "a/1",
        reference_id: fresh(),
        request_hash: "h",
        config_id: "c",
        mode: "async",
        attempt: 1,
        execution: "e-1",
        created_at: 1,
        released: false,
        profile_id: null,
        creates: 0,
      };
      await records.claim(claim, 2, null);
      expect(await records.leaseErasure(claim, 10)).toBe(false);
      expect(await records.release(claim, 10)).toBe(true);
      expect(await records.lease(claim, 10, 5)).toBe(false);
      const released = await records.claimOf(claim);
      expect(released).toMatchObject({ released: true, due_at: 65_010 });
      expect(await records.leaseErasure(claim, 70_000)).toBe(true);
      expect(await records.leaseErasure(claim, 70_001)).toBe(false);
      const anew = { ...claim, attempt: 2, execution: "e-2", created_at: 70_002 };
      expect(await records.claim(anew, 80_000, released)).toBe(false);
      expect(await records.erased(claim)).toBe(true);
      expect(await records.claimOf(claim)).not.toHaveProperty("due_at");
      expect(await records.claim(anew, 80_000, released)).toBe(true);
      expect(await records.claim(anew, 80_000, released)).toBe(false);
      expect(await records.leaseErasure(claim, 200_000)).toBe(false);
    });

    test("a create is not given up while somebody holds the right to it, nor once its profile is known", async () => {
      const records = recordsOver(table());
      const claim: Claim = {
        account_id: "a/1",
        reference_id: fresh(),
        request_hash: "h",
        config_id: "c",
        mode: "async",
        attempt: 1,
        execution: "e-1",
        created_at: 1,
        released: false,
        profile_id: null,
        creates: 0,
      };
      await records.claim(claim, 2, null);
      expect(await records.lease(claim, 10, 5)).toBe(true);
      expect(await records.giveUp(claim, 15)).toBe(false);
      expect(await records.defer(claim, 20)).toBe(true);
      const deferred = { ...claim, attempt: 2, execution: "e-2" };
      expect(await records.claimOf(claim)).toMatchObject({ attempt: 2, lease_until: 15 });
      expect(await records.giveUp(claim, 16)).toBe(false);
      expect(await records.giveUp(deferred, 16)).toBe(true);
      expect(await records.claimOf(claim)).toMatchObject({ released: true, due_at: 65_016 });
    });

    test("a profile parks only on the signal that it saw, and a token is there until it is settled", async () => {
      const records = recordsOver(table());
      const key: OnboardingKey = { account_id: "a/1", reference_id: fresh() };
      const made = {
        profile_id: "p",
        config_id: "c",
        execution: "e-1",
        created_at: 1,
        status: "pending" as const,
        encrypted: false,
      };
      expect(await records.create({ ...key, ...made })).toBe(true);
      expect(await records.create({ ...key, ...made })).toBe(false);
      const seen = await records.find(key);
      if (!seen) throw new Error("the record is there");
      await records.signal(key);
      const parking = {
        state: "OpenCapture" as const,
        parked_at: 4,
        task_token: "t",
        waits_for: [],
        deadline_at: 9,
        due_at: 5,
      };
      expect(await records.park(seen, parking, {})).toBe(false);
      const again = await records.find(key);
      if (!again) throw new Error("the record is there");
      expect(await records.park(again, parking, { rounds: 1 })).toBe(true);
      expect(await records.find(key)).toMatchObject({
        task_token: "t",
        wait: 1,
        rounds: 1,
        signal: 1,
        due_at: 5,
      });
      if (seen) expect(await records.settle(seen, { status: "completed" })).toBe(false);
      expect(await records.find(key)).toMatchObject({ task_token: "t", due_at: 5 });
      await settle(records, key, { status: "completed" });
      expect(await records.find(key)).toMatchObject({
        task_token: null,
        state: null,
        due_at: null,
        status: "completed",
      });
      expect(await table().get(onboardingPk(key), "profile")).not.toHaveProperty("dueShard");
    });

    test("a task token comes back as it went, Base64 or not, and signals tell what was said", async () => {
      const records = recordsOver(table());
      for (const task_token of [Buffer.alloc(525, 7).toString("base64"), randomUUID()]) {
        const key: OnboardingKey = { account_id: "a/1", reference_id: fresh() };
        const made = { profile_id: "p", config_id: "c", execution: "e-1", created_at: 1, encrypted: false };
        await records.create({ ...key, ...made, status: "pending" });
        const record = await records.find(key);
        if (!record) throw new Error("the record is there");
        const parking = { state: "Review" as const, parked_at: 1, waits_for: [], deadline_at: 9, due_at: 5 };
        await records.park(record, { ...parking, task_token }, {});
        expect(await records.find(key)).toMatchObject({ task_token });
        await records.signal(key, "completed");
        expect(await table().get(onboardingPk(key), "profile")).toMatchObject({
          said: "completed",
          signal: 1,
        });
        await records.signal(key);
        expect(await table().get(onboardingPk(key), "profile")).not.toHaveProperty("said");
        await settle(records, key, {});
      }
    });

    test("a look moves the next one of its own wait only, and of what was told meanwhile nothing is told twice", async () => {
      const records = recordsOver(table());
      const key: OnboardingKey = { account_id: "a/1", reference_id: fresh() };
      const made = { profile_id: "p", config_id: "c", execution: "e-1", created_at: 1, encrypted: false };
      await records.create({ ...key, ...made, status: "pending" });
      const parking = {
        state: "OpenCapture" as const,
        parked_at: 4,
        task_token: "t",
        waits_for: [],
        deadline_at: 9,
        due_at: 5,
      };
      const read = async () => {
        const record = await records.find(key);
        if (!record) throw new Error("the record is there");
        return record;
      };
      expect(await records.postpone(await read(), 6, { checks: 1 })).toBe(false);
      await records.park(await read(), parking, {});
      const seen = await read();
      expect(seen).toMatchObject({ parked_at: 4, reminders: 0, past_slot: null });
      expect(await records.postpone(seen, 6, { checks: 1, reminders: 2, past_slot: 3 })).toBe(true);
      expect(await read()).toMatchObject({ due_at: 6, checks: 1, reminders: 2, past_slot: 3 });
      expect(await records.postpone(seen, 7, { reminders: 1 })).toBe(false);
      expect(await records.postpone(await read(), 7, {})).toBe(true);
      const before = await read();
      await records.park(before, parking, {});
      expect(await read()).toMatchObject({ checks: 0, reminders: 0, past_slot: 3 });
      expect(await records.postpone(before, 8, {})).toBe(false);
      await settle(records, key, {});
    });

    test("a hold and a purge exclude each other, and so do a purge and whoever puts something into the vault", async () => {
      const records = recordsOver(table());
      const fresh1 = async (): Promise<OnboardingKey> => {
        const key = { account_id: "a/1", reference_id: fresh() };
        const made = { profile_id: "p", config_id: "c", execution: "e-1", created_at: 1, encrypted: false };
        await records.create({ ...key, ...made, status: "pending" });
        return key;
      };
      const held = { by: "ann", at: 1 };
      expect(await records.hold({ account_id: "a/1", reference_id: fresh() }, held)).toBe(false);

      const kept = await fresh1();
      expect(await records.endHold(kept)).toBe(false);
      expect(await records.hold(kept, held)).toBe(true);
      expect(await records.hold(kept, { by: "bob", at: 2 })).toBe(false);
      expect(await records.find(kept)).toMatchObject({ held, purging: false, signal: 0 });
      expect(await records.beginPurge(kept, 5)).toBe(false);
      expect(await records.endHold(kept)).toBe(true);
      expect(await records.find(kept)).toMatchObject({ held: null, signal: 1 });
      expect(await records.beginPurge(kept, 5)).toBe(true);
      expect(await records.beginPurge(kept, 5)).toBe(true);
      expect(await records.hold(kept, held)).toBe(false);
      expect(await records.mayNote(kept, 5, 9)).toBe(false);
      expect(await records.forgoPurge({ ...kept, refused_at: null }, 6)).toBe(true);
      expect(await records.find(kept)).toMatchObject({ purging: false, refused_at: 6 });
      expect(await records.hold(kept, held)).toBe(true);

      const asked = await fresh1();
      expect(await records.mayErase(asked, 9)).toBe(true);
      expect(await records.hold(asked, { by: "ann", at: 9 })).toBe(false);
      expect(await records.askedToErase(asked, 8)).toBe(false);
      expect(await records.askedToErase(asked, 9)).toBe(true);
      expect(await records.hold(asked, { by: "ann", at: 9 })).toBe(true);
      expect(await records.mayErase(asked, 19)).toBe(false);
      expect(await records.endHold(asked)).toBe(true);
      expect(await records.mayErase(asked, 19)).toBe(true);
      expect(await records.hold(asked, { by: "ann", at: 20 })).toBe(true);
      expect(await records.mayErase({ account_id: "a/1", reference_id: fresh() }, 9)).toBe(false);

      const noted = await fresh1();
      expect(await records.mayNote(noted, 5, 9)).toBe(true);
      expect(await records.mayNote(noted, 6, 10)).toBe(false);
      expect(await records.beginPurge(noted, 9)).toBe(false);
      expect(await records.noted(noted, 8)).toBe(false);
      expect(await records.noted(noted, 9)).toBe(true);
      expect(await records.mayNote(noted, 6, 10)).toBe(true);
      expect(await records.beginPurge(noted, 11)).toBe(true);
    });

    test("a restarted claim has the next attempt once, and its record is handed over once", async () => {
      const records = recordsOver(table());
      const key: OnboardingKey = { account_id: "a/1", reference_id: fresh() };
      const claim = {
        ...key,
        request_hash: "h",
        config_id: "c",
        mode: "async" as const,
        attempt: 1,
        execution: "e-1",
        created_at: 1,
        released: false,
        profile_id: null,
        creates: 0,
      };
      await records.claim(claim as never, 2, null);
      const next = await records.restart(claim as never, 9);
      expect(next).toMatchObject({ attempt: 2, execution: "e-2" });
      expect(await records.restart(claim as never, 9)).toBeNull();
      expect(await records.claimOf(key)).toMatchObject({ attempt: 2, execution: "e-2", due_at: 9 });
      expect(await records.startAt(claim as never, 7)).toBe(false);
      expect(await records.startAt({ ...claim, attempt: 2 } as never, 7)).toBe(true);
      expect(await records.claimOf(key)).toMatchObject({ due_at: 7 });

      await records.create({
        ...key,
        profile_id: "p",
        config_id: "c",
        execution: "e-1",
        created_at: 1,
        status: "pending",
        encrypted: false,
      });
      const record = await records.find(key);
      if (!record) throw new Error("the record is there");
      const parking = {
        state: "Review" as const,
        parked_at: 1,
        task_token: "t",
        waits_for: [],
        deadline_at: 9,
        due_at: 5,
      };
      await records.park(record, parking, { rounds: 2 });
      expect(await records.handOver(record, "e-2")).toBe(true);
      expect(await records.handOver(record, "e-3")).toBe(false);
      expect(await records.find(key)).toMatchObject({
        execution: "e-2",
        state: "Review",
        rounds: 2,
        task_token: null,
        due_at: null,
      });
    });

    test("of a booked slot the latest word counts, and a purged profile has none", async () => {
      const records = recordsOver(table());
      const key: OnboardingKey = { account_id: "a/1", reference_id: fresh() };
      const slot = { scheduled_at: 10, start_at: 20, end_at: 30 };
      expect(await records.appointment(key, slot, 10)).toBe(false);
      const made = {
        profile_id: "p",
        config_id: "c",
        execution: "e-1",
        created_at: 1,
        status: "pending" as const,
        encrypted: false,
      };
      await records.create({ ...key, ...made });
      expect(await records.appointment(key, slot, 10)).toBe(true);
      expect(await records.appointment(key, { ...slot, start_at: 21 }, 9)).toBe(false);
      expect(await records.find(key)).toMatchObject({ appointment: slot });
      expect(await records.appointment(key, null, 11)).toBe(true);
      expect(await records.find(key)).toMatchObject({ appointment: null });
      await settle(records, key, { purged_at: 40 });
      expect(await records.appointment(key, slot, 50)).toBe(false);
    });
  });
}

/** The same of the vault. */
export function vaultConformance(vault: () => Vault): void {
  const key = (): OnboardingKey => ({ account_id: "a/1", reference_id: `conformance-${randomUUID()}` });

  describe("the vault", () => {
    test("gives back what was put, and null for what is not there", async () => {
      const one = key();
      await vault().put(one, "result", { name: "Zoë ä" });
      expect(await vault().get(one, "result")).toEqual({ name: "Zoë ä" });
      expect(await vault().get(one, "request-x")).toBeNull();
      await vault().put(one, "result", null);
      expect(await vault().get(one, "result")).toBeNull();
    });

    test("gives back a file byte for byte, the last one that was put, and null for what is not there", async () => {
      const one = key();
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
      await vault().putFile(one, "files/1", Buffer.from("before"));
      await vault().putFile(one, "files/1", bytes);
      await vault().putFile(one, "files/2", new Uint8Array());
      expect(await vault().getFile(one, "files/1")).toEqual(bytes);
      expect(await vault().getFile(one, "files/2")).toEqual(new Uint8Array());
      expect(await vault().getFile(one, "files/3")).toBeNull();
      expect(await vault().get(one, "files")).toBeNull();
    });

    test("erases one onboarding and no other, whatever its reference begins with", async () => {
      const one = key();
      const longer = { ...one, reference_id: `${one.reference_id}1` };
      const other = { ...one, account_id: "a" };
      for (const each of [one, longer, other]) {
        await vault().put(each, "result", 1);
        await vault().put(each, "request-x", 2);
        await vault().putFile(each, "files/1", Uint8Array.of(3));
      }
      expect(await vault().erase(one)).toBe(3);
      expect(await vault().erase(one)).toBe(0);
      expect(await vault().get(one, "result")).toBeNull();
      expect(await vault().getFile(one, "files/1")).toBeNull();
      for (const each of [longer, other]) {
        expect(await vault().get(each, "result")).toBe(1);
        expect(await vault().getFile(each, "files/1")).toEqual(Uint8Array.of(3));
      }
    });

    test("removes one object", async () => {
      const one = key();
      await vault().put(one, "request-x", 1);
      await vault().put(one, "result", 2);
      await vault().remove(one, "request-x");
      await vault().remove(one, "request-x");
      expect(await vault().get(one, "request-x")).toBeNull();
      expect(await vault().erase(one)).toBe(1);
    });
  });
}
