import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type OnboardingKey, onboardingPk } from "../../../shared/store/keys.ts";
import { recordsOver } from "../../../shared/store/records.ts";
import { due, type Table } from "../../../shared/store/table.ts";
import type { Vault } from "../../../shared/store/vault.ts";

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
      await records.settle(key, { status: "completed" });
      expect(await records.find(key)).toMatchObject({
        task_token: null,
        state: null,
        due_at: null,
        status: "completed",
      });
      expect(await table().get(onboardingPk(key), "profile")).not.toHaveProperty("dueShard");
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
      await records.settle(key, { purged_at: 40 });
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
      await vault().put(one, "link", { capture_link: "https://capture.example.com/ä" });
      expect(await vault().get(one, "link")).toEqual({ capture_link: "https://capture.example.com/ä" });
      expect(await vault().get(one, "result")).toBeNull();
      await vault().put(one, "link", null);
      expect(await vault().get(one, "link")).toBeNull();
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
        await vault().put(each, "link", 1);
        await vault().put(each, "request-x", 2);
        await vault().putFile(each, "files/1", Uint8Array.of(3));
      }
      expect(await vault().erase(one)).toBe(3);
      expect(await vault().erase(one)).toBe(0);
      expect(await vault().get(one, "link")).toBeNull();
      expect(await vault().getFile(one, "files/1")).toBeNull();
      for (const each of [longer, other]) {
        expect(await vault().get(each, "link")).toBe(1);
        expect(await vault().getFile(each, "files/1")).toEqual(Uint8Array.of(3));
      }
    });

    test("removes one object", async () => {
      const one = key();
      await vault().put(one, "request-x", 1);
      await vault().put(one, "link", 2);
      await vault().remove(one, "request-x");
      await vault().remove(one, "request-x");
      expect(await vault().get(one, "request-x")).toBeNull();
      expect(await vault().erase(one)).toBe(1);
    });
  });
}
