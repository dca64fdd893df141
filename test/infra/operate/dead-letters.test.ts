import { describe, expect, test } from "vitest";
import { countOf, drop, moveBack, peek } from "../../../infra/operate/dead-letter-queues.ts";
import { deadLetterLines } from "../../../infra/operate/dead-letters.ts";
import { memoryQueues } from "./memory-queues.ts";

const HOUR = 3_600_000;
const NOW = Date.parse("2026-01-05T09:00:00.000Z");
const request = JSON.stringify({ account_id: "bank/1", request: { data: { name: "Zanzibar" } } });
const look = JSON.stringify({ account_id: "bank/1", reference_id: "order-7" });

describe("dead letters are looked at", () => {
  test("oldest first, and lie there as before", async () => {
    const { opened, put, lettersOf } = memoryQueues();
    for (let index = 0; index < 25; index++) put("looks-dead", look, NOW - index * HOUR);
    const found = await peek(opened, "looks", 100);
    expect(found).toHaveLength(25);
    expect(found[0]).toEqual({
      message_id: "message-25",
      sent_at: "2026-01-04T09:00:00.000Z",
      receives: 6,
      reference_id: "order-7",
    });
    expect(lettersOf("looks-dead").every(({ hidden }) => !hidden)).toBe(true);
    expect(await countOf(opened, "looks")).toBe(25);
  });

  test("at most so many, of which the count tells", async () => {
    const { opened, put } = memoryQueues();
    for (let index = 0; index < 130; index++) put("looks-dead", look, NOW);
    const messages = await peek(opened, "looks", 100);
    expect(messages).toHaveLength(100);
    expect(deadLetterLines([{ queue: "looks", count: 130, messages }], "prod", NOW)).toContain(
      "  and 30 more",
    );
  });

  test("without anything of the customers'", async () => {
    const { opened, put } = memoryQueues();
    put("intake-dead", request, NOW - 2 * HOUR);
    put("looks-dead", "no look", NOW);
    const listed = await Promise.all(
      (["intake", "looks", "signals"] as const).map(async (queue) => ({
        queue,
        count: await countOf(opened, queue),
        messages: await peek(opened, queue, 100),
      })),
    );
    expect(JSON.stringify(listed)).not.toMatch(/Zanzibar|bank/);
    const lines = deadLetterLines(listed, undefined, NOW);
    expect(lines.join("\n")).not.toMatch(/Zanzibar|bank|signals/);
    expect(lines.slice(0, 3)).toEqual([
      "QUEUE   COUNT  OLDEST",
      "intake      1  2 h",
      expect.stringMatching(/^looks {7}1/),
    ]);
    expect(lines).toContain("npm run onboarding -- redrive intake");
  });

  test("and that there are none is said so", () => {
    const none = (["intake", "looks", "signals"] as const).map((queue) => ({
      queue,
      count: 0,
      messages: [],
    }));
    expect(deadLetterLines(none, undefined, NOW)).toEqual(["There are no dead letters."]);
  });
});

describe("dead letters are sent back", () => {
  test("all of them, to where they came from", async () => {
    const { opened, put, bodies } = memoryQueues();
    for (let index = 0; index < 23; index++) put("intake-dead", `${request}${index}`);
    put("looks-dead", look);
    expect(await moveBack(opened, "intake")).toBe(23);
    expect(bodies("intake")).toEqual(Array.from({ length: 23 }, (_, index) => `${request}${index}`));
    expect(bodies("intake-dead")).toEqual([]);
    expect(bodies("looks-dead")).toEqual([look]);
    expect(await moveBack(opened, "intake")).toBe(0);
  });

  test("and none is lost that the queue does not take", async () => {
    const { opened, put, bodies } = memoryQueues((body) => body === "too large");
    for (const body of ["one", "too large", "two"]) put("intake-dead", body);
    await expect(moveBack(opened, "intake")).rejects.toThrow("2 done");
    expect(bodies("intake")).toEqual(["one", "two"]);
    expect(bodies("intake-dead")).toEqual(["too large"]);
  });

  test("but signals, which came from no queue, are dropped", async () => {
    const { opened, put, bodies } = memoryQueues();
    for (let index = 0; index < 12; index++) put("signals-dead", "{}");
    await expect(moveBack(opened, "signals")).rejects.toThrow("no queue");
    expect(await drop(opened, "signals")).toBe(12);
    expect(bodies("signals-dead")).toEqual([]);
  });
});
