import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  listOnboardings,
  listQuerySchema,
  type OnboardingsPage,
} from "../../../functions/actions/list-onboardings.ts";
import { waits } from "../../../shared/profile/next.ts";
import { type ProfileStatus, profileStatuses } from "../../../shared/profile/status.ts";
import { recordsOver } from "../../../shared/store/records.ts";
import { MemoryTable } from "../../shared/store/memory-table.ts";
import { settle } from "../../shared/store/settle.ts";
import { callOf, key, START } from "../onboarding-in-memory.ts";
import { park, request } from "../waiting-in-memory.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MINE = key.account_id;
const OTHER = "other/9";

function listing() {
  const records = recordsOver(new MemoryTable());
  const ask = (asked: Record<string, string>, account_id: string, now: number) =>
    listOnboardings.run(callOf({ account_id, query: listQuerySchema.parse(asked) }), {
      records,
      now: () => now,
    });
  const page = async (asked: Record<string, string> = {}, account_id = MINE, now = START + HOUR) => {
    const answer = await ask(asked, account_id, now);
    expect(answer.status).toBe(200);
    return answer.body as OnboardingsPage;
  };
  /** All pages, the rows of each. */
  const pages = async (asked: Record<string, string> = {}, account_id = MINE, now = START + HOUR) => {
    const read: OnboardingsPage["onboardings"][] = [];
    let next: string | null = null;
    do {
      const one: OnboardingsPage = await page({ ...asked, ...(next && { next }) }, account_id, now);
      read.push(one.onboardings);
      next = one.next;
    } while (next);
    return read;
  };
  const references = async (asked: Record<string, string> = {}, account_id = MINE, now = START + HOUR) =>
    (await pages(asked, account_id, now))
      .flat()
      .map(({ reference_id }) => reference_id)
      .sort();
  return { records, ask, page, pages, references };
}

describe("a row", () => {
  test("tells what a parked onboarding waits for, since when and until when", async () => {
    const { records, page } = listing();
    await park(records, {
      account_id: MINE,
      reference_id: "order-7",
      state: "Review",
      status: "review_required",
      parked_at: START + MINUTE,
      deadline_at: START + DAY,
      reason: "of an attention that is over",
    });
    expect((await page()).onboardings).toEqual([
      {
        reference_id: "order-7",
        profile_id: "profile of order-7",
        status: "review_required",
        waiting_for: "a person to approve, reject or ask for recapture",
        waiting_since: "2026-01-05T09:01:00.000Z",
        waiting_until: "2026-01-06T09:00:00.000Z",
        requested_at: "2026-01-05T09:00:00.000Z",
        stuck: false,
        reason: null,
        held: false,
        config_id: "config-example",
      },
    ]);
  });

  test("tells why one is in Attention, and that one is held", async () => {
    const { records, page } = listing();
    await park(records, {
      account_id: MINE,
      reference_id: "order-7",
      state: "Attention",
      reason: "a step failed repeatedly",
    });
    await records.hold({ account_id: MINE, reference_id: "order-7" }, { by: "somebody", at: START });
    expect((await page()).onboardings).toMatchObject([
      { stuck: true, held: true, reason: "a step failed repeatedly", waiting_for: "a person to look at it" },
    ]);
  });

  test("tells of a request that has no profile yet", async () => {
    const { records, page } = listing();
    await request(records, {
      account_id: MINE,
      reference_id: "order-7",
      due_at: START + 2 * HOUR,
      attempt: 2,
    });
    expect((await page()).onboardings).toMatchObject([
      {
        profile_id: null,
        status: null,
        waiting_for: "the gateway to create the profile",
        waiting_since: "2026-01-05T09:00:00.000Z",
        waiting_until: "2026-01-05T11:00:00.000Z",
        stuck: true,
      },
    ]);
  });
});

test("what is between two waits, started or ended is not listed", async () => {
  const { records, references } = listing();
  await park(records, { account_id: MINE, reference_id: "parked" });
  await park(records, { account_id: MINE, reference_id: "resumed" });
  await settle(records, { account_id: MINE, reference_id: "resumed" }, { status: "completed" });
  await request(records, { account_id: MINE, reference_id: "requested" });
  await request(records, { account_id: MINE, reference_id: "started" });
  const started = await records.claimOf({ account_id: MINE, reference_id: "started" });
  if (!started) throw new Error("the claim is there");
  await records.started(started);
  await request(records, { account_id: MINE, reference_id: "refused" });
  const refused = await records.claimOf({ account_id: MINE, reference_id: "refused" });
  if (!refused) throw new Error("the claim is there");
  await records.release(refused, START);
  expect(await references()).toEqual(["parked", "requested"]);
});

describe("filters", () => {
  async function mixed() {
    const list = listing();
    const { records } = list;
    await park(records, { account_id: MINE, reference_id: "fresh", parked_at: START + 30 * MINUTE });
    await park(records, { account_id: MINE, reference_id: "old", status: "in_progress" });
    await park(records, { account_id: MINE, reference_id: "overdue", deadline_at: START + 44 * MINUTE });
    await park(records, { account_id: MINE, reference_id: "attention", state: "Attention" });
    await request(records, { account_id: MINE, reference_id: "requested", due_at: START + 50 * MINUTE });
    return list;
  }

  test.each<[Record<string, string>, string[]]>([
    [{}, ["attention", "fresh", "old", "overdue", "requested"]],
    [{ status: "in_progress" }, ["old"]],
    [{ status: "none" }, ["requested"]],
    [{ status: "completed" }, []],
    [{ stuck: "true" }, ["attention", "overdue"]],
    [{ stuck: "false" }, ["fresh", "old", "requested"]],
    [{ older_than: "59m" }, ["attention", "old", "overdue", "requested"]],
    [{ older_than: "60m" }, []],
    [{ older_than: "1h" }, []],
    [{ older_than: "29m", status: "capture_pending", stuck: "false" }, ["fresh"]],
  ])("%j finds %j", async (asked, found) => {
    expect(await (await mixed()).references(asked)).toEqual(found);
  });

  test("minutes, hours and days are told apart", async () => {
    const { references } = await mixed();
    const at = START + 2 * DAY;
    expect(await references({ older_than: "1d", status: "in_progress" }, MINE, at)).toEqual(["old"]);
    expect(await references({ older_than: "2d", status: "in_progress" }, MINE, at)).toEqual([]);
    expect(await references({ older_than: "47h", status: "in_progress" }, MINE, at)).toEqual(["old"]);
    expect(await references({ older_than: "2880m", status: "in_progress" }, MINE, at)).toEqual([]);
  });

  test.each([
    { status: "very-secret" },
    { status: "" },
    { stuck: "yes" },
    { older_than: "10" },
    { older_than: "0d" },
    { older_than: "-1d" },
    { older_than: "1w" },
    { older_than: "1.5h" },
    { older_than: "100000d" },
    { limit: "0" },
    { limit: "101" },
    { limit: "1.5" },
    { limit: "" },
    { limit: "many" },
    { next: "" },
    { next: "a/b" },
    { order: "age" },
  ])("%j is wrong", (asked) => {
    expect(listQuerySchema.safeParse(asked).success).toBe(false);
  });
});

describe("pages", () => {
  const waiting = fc.record({
    account_id: fc.constantFrom(MINE, MINE, OTHER),
    state: fc.constantFrom(...waits),
    status: fc.constantFrom<ProfileStatus>(...profileStatuses),
    parked_at: fc.constantFrom(START, START + 30 * MINUTE, START + HOUR - 1),
    // A sweep gives many the same moment.
    due_at: fc.constantFrom(START, START + 1, START + DAY),
    isRequest: fc.boolean(),
  });

  test("of any size show each one once, and none of another account's", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(waiting, { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom<Record<string, string>>(
          {},
          { stuck: "true" },
          { stuck: "false" },
          { older_than: "20m" },
        ),
        async (all, limit, filter) => {
          const { records, pages, references } = listing();
          for (const [index, { isRequest, ...one }] of all.entries()) {
            const reference_id = `order-${index}`;
            await (isRequest ? request : park)(records, { ...one, reference_id });
          }
          const whole = all.flatMap(({ account_id }, index) =>
            account_id === MINE ? [`order-${index}`] : [],
          );
          expect(await references({ limit: String(limit) })).toEqual(whole.sort());

          const small = await pages({ ...filter, limit: String(limit) });
          const [large = []] = await pages({ ...filter, limit: "100" });
          expect(small.flat()).toEqual(large);
          for (const page of small) expect(page.length).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("what is put off while somebody reads is not lost", async () => {
    const { records, page } = listing();
    for (let index = 0; index < 40; index++)
      await park(records, { account_id: MINE, reference_id: `order-${index}`, due_at: START + index });
    const seen = new Set<string>();
    let next: string | null = null;
    do {
      const read: OnboardingsPage = await page({ limit: "7", ...(next && { next }) });
      for (const { reference_id } of read.onboardings) seen.add(reference_id);
      next = read.next;
      // As every sweep does with what is due.
      for (let index = 0; index < 40; index++)
        await records.takeDue(
          { account_id: MINE, reference_id: `order-${index}` },
          START + index,
          START + DAY + index,
        );
    } while (next);
    expect(seen.size).toBe(40);
  });

  test("a page ends after so many of others', with nothing and yet a next", async () => {
    const { records, page, pages } = listing();
    for (let index = 0; index < 2_100; index++)
      await park(records, { account_id: OTHER, reference_id: `order-${index}` });
    await park(records, { account_id: MINE, reference_id: "mine", due_at: START + 2 * DAY });
    const read = await pages();
    expect(read.length).toBe(2);
    expect(read.flat().map(({ reference_id }) => reference_id)).toEqual(["mine"]);

    const { next } = await page();
    expect(next).not.toBeNull();
    const bytes = Buffer.from(String(next), "base64url").toString("latin1");
    expect(bytes).not.toMatch(/order|other/);
  });

  test.each<[string, Record<string, string>, string]>([
    ["another account", {}, OTHER],
    ["another question", { stuck: "false" }, MINE],
  ])("a next is refused to %s, and says nothing of what it was", async (_whom, more, account_id) => {
    const { records, page, ask } = listing();
    for (const reference_id of ["order-1", "order-2"])
      await park(records, { account_id: MINE, reference_id });
    const { next } = await page({ limit: "1" });
    if (!next) throw new Error("there is more");
    expect(await ask({ ...more, next }, account_id, START)).toEqual({
      status: 400,
      body: { error: "bad_request", reason: expect.stringMatching(/^next: /) },
    });
  });

  test("a next goes on with another limit", async () => {
    const { records, page } = listing();
    for (let index = 0; index < 9; index++)
      await park(records, { account_id: MINE, reference_id: `order-${index}` });
    const first = await page({ limit: "2" });
    const rest = await page({ limit: "100", next: first.next ?? "" });
    const all = [...first.onboardings, ...rest.onboardings].map(({ reference_id }) => reference_id);
    expect(new Set(all).size).toBe(9);
    expect(rest.next).toBeNull();
  });
});
