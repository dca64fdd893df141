import { describe, expect, test } from "vitest";
import { countOf, peek } from "../../../infra/operate/dead-letter-queues.ts";
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
    expect(deadLetterLines([{ queue: "looks", count: 130, messages, events: [] }], "prod", NOW)).toContain(
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
        events: [],
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
    expect(lines).toContain('npm run onboarding -- redrive intake --reason "..."');
  });

  test("and that there are none is said so", () => {
    const none = (["intake", "looks", "signals"] as const).map((queue) => ({
      queue,
      count: 0,
      messages: [],
      events: [],
    }));
    expect(deadLetterLines(none, undefined, NOW)).toEqual(["There are no dead letters."]);
  });

  test("with what operators did to them, oldest first, also when there are none any more", () => {
    const line = (at: string, says: string) => ({
      at,
      kind: "OperatorAsked",
      by: "operator" as const,
      detail: {},
      says,
    });
    const at = "2026-01-05T08:00:00.000Z";
    const listed = [
      { queue: "intake", count: 0, messages: [], events: [line(at, "second")] },
      {
        queue: "signals",
        count: 0,
        messages: [],
        events: [line("2026-01-04T08:00:00.000Z", "first"), line("2026-01-05T08:00:01.000Z", "third")],
      },
    ] as const;
    expect(deadLetterLines(listed, undefined, NOW)).toEqual([
      "There are no dead letters.",
      "",
      expect.stringMatching(/^AT +QUEUE +WHAT OPERATORS DID$/),
      "2026-01-04T08:00:00.000Z  signals  first",
      `${at}  intake   second`,
      "2026-01-05T08:00:01.000Z  signals  third",
    ]);
  });
});
