import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { describe, expect, test, vi } from "vitest";
import { withReasons } from "../../../functions/operate/operator-audit.ts";
import { saysOf } from "../../../functions/timeline/timeline-words.ts";
import { type QueueName, queueNames } from "../../../infra/operate/dead-letter-queues.ts";
import { redrive } from "../../../infra/operate/redrive.ts";
import type { HistoryEvent } from "../../../shared/store/history.ts";
import { vaultPrefix } from "../../../shared/store/keys.ts";
import { key, onboardingInMemory, profile_id, request, START } from "../../functions/onboarding-in-memory.ts";
import { memoryQueues } from "./memory-queues.ts";

const by = { who: "ann", ticket: "OPS-7", reason: "Jo Example waits" };
const look = JSON.stringify(key);
const asked = JSON.stringify({ account_id: key.account_id, request });
/** What the table's stream leaves of news that nobody acted on: a place in the stream. */
const signal = JSON.stringify({ DDBStreamBatchInfo: { shardId: "shardId-1", startSequenceNumber: "1" } });

/** A line as far as it tells of a redrive. */
const lineOf = ({ kind, detail: { audit_id, reason_kept, result, says } }: HistoryEvent) => ({
  kind,
  audit_id,
  ...(reason_kept !== undefined && { reason_kept }),
  ...(result !== undefined && { result, says }),
});

/** Dead letters beside the stores of one onboarding. */
function world(refuses?: (body: string) => boolean) {
  const queues = memoryQueues(refuses);
  const onboarding = onboardingInMemory();
  const { records, vault, deps } = onboarding;
  let runs = 0;
  const redriveDeps = {
    ...deps,
    takeBack: vault.remove,
    newId: () => `run-${++runs}`,
  };
  return {
    ...onboarding,
    ...queues,
    redriveDeps,
    redrive: (name: QueueName, more: Partial<typeof redriveDeps> = {}) =>
      redrive(queues.opened, name, by, { ...redriveDeps, ...more }),
    /** What the timeline says of it. */
    timeline: async () => (await records.history(key, profile_id)).map(lineOf),
    /** What is said of the queue as a whole. */
    told: async (name: QueueName) => (await records.historyOfQueue(name)).map(lineOf),
    kindsNow: () => [...onboarding.table.items.values()].map(({ kind }) => kind),
  };
}

describe("what is written down of a redrive", () => {
  test("is there before the dead letter moves: for the queue, and in the onboarding's timeline", async () => {
    const seen: unknown[] = [];
    const it = world(() => {
      seen.push(it.kindsNow().filter((kind) => kind === "OperatorAsked"));
      return false;
    });
    await it.created();
    it.put("looks-dead", look);
    expect(await it.redrive("looks")).toEqual({ done: 1, reasons_kept: 1 });
    expect(seen).toEqual([["OperatorAsked", "OperatorAsked"]]);
    expect(it.bodies("looks")).toEqual([look]);
    expect(it.bodies("looks-dead")).toEqual([]);
    expect(await it.timeline()).toEqual([
      { kind: "OperatorAsked", audit_id: "run-1-1-0", reason_kept: 1 },
      {
        kind: "RedrivenByOperator",
        audit_id: "run-1-1-0",
        result: "done",
        says: "one of this onboarding is back in its queue",
      },
    ]);
    expect(await it.told("looks")).toEqual([
      { kind: "OperatorAsked", audit_id: "run-1", reason_kept: 0 },
      { kind: "RedrivenByOperator", audit_id: "run-1", result: "done", says: "1 of looks sent back" },
    ]);
  });

  test("is said in plain words, with the reason as long as the vault has it, and never in the table", async () => {
    const it = world();
    await it.created();
    it.put("looks-dead", look);
    await it.redrive("looks");
    const says = async () =>
      (await withReasons(key, await it.records.history(key, profile_id), it.vault)).map(saysOf);
    expect(await says()).toEqual([
      "The operator ann asked for: redrive (looks), ticket OPS-7. Why: Jo Example waits.",
      "The operator ann had dead letters redriven: one of this onboarding is back in its queue.",
    ]);
    expect(JSON.stringify([...it.table.items.values()])).not.toContain("Jo Example");
    await it.vault.erase(key);
    expect((await says())[0]).toBe("The operator ann asked for: redrive (looks), ticket OPS-7.");
  });

  test("waits for the onboarding of a request that nobody has taken in yet", async () => {
    const it = world();
    it.put("intake-dead", asked);
    expect(await it.redrive("intake")).toEqual({ done: 1, reasons_kept: 0 });
    expect(it.bodies("intake")).toEqual([asked]);
    expect(it.vault.objects.size).toBe(0);
    await it.created();
    expect(await it.timeline()).toEqual([
      { kind: "OperatorAsked", audit_id: "run-1-1-0", reason_kept: 0 },
      expect.objectContaining({ kind: "RedrivenByOperator" }),
    ]);
  });

  test.each([
    ["intake", "no JSON"],
    ["intake", '{"account_id":"acme/1"}'],
    ["intake", JSON.stringify({ account_id: "acme/1", request: { reference_id: "order-7" } })],
    ["intake", JSON.stringify({ account_id: "acme/1", request: { ...request, reference_id: "a/b" } })],
    ["looks", '{"account_id":"acme/1"}'],
    ["signals", signal],
    ["signals", look],
  ] as const)("is told of the queue alone where %s name no onboarding: %s", async (name, body) => {
    const it = world();
    it.put(`${name}-dead`, body);
    expect(await it.redrive(name)).toEqual({ done: 1, reasons_kept: 0 });
    expect(it.bodies(`${name}-dead`)).toEqual([]);
    const does = name === "signals" ? "dropped" : "sent back";
    expect(await it.told(name)).toEqual([
      { kind: "OperatorAsked", audit_id: "run-1", reason_kept: 0 },
      {
        kind: "RedrivenByOperator",
        audit_id: "run-1",
        result: "done",
        says: `1 of ${name} ${does}`,
      },
    ]);
    expect(it.table.items.size).toBe(2);
    const [line] = await it.records.historyOfQueue(name);
    expect(line?.detail).toMatchObject({ action: "redrive", who: "ann", ticket: "OPS-7", queue: name });
  });

  test("is a line for each dead letter, however many are of one onboarding", async () => {
    const it = world();
    await it.created();
    for (let letters = 0; letters < 12; letters++) it.put("looks-dead", look);
    expect(await it.redrive("looks")).toEqual({ done: 12, reasons_kept: 12 });
    const ids = (await it.timeline()).map(({ kind, audit_id }) => `${kind} ${audit_id}`);
    expect(new Set(ids).size).toBe(24);
    expect(it.vault.objects.size).toBeGreaterThanOrEqual(12);
  });

  test("goes with an onboarding whose purge begins meanwhile: no reason is left beside the erasure", async () => {
    const it = world();
    await it.created();
    it.put("looks-dead", look);
    const put: typeof it.vault.put = async (of, name, value) => {
      // Later than the right to put it there lasts, as by a clock that is behind.
      expect(await it.records.beginPurge(key, START + 60_000)).toBe(true);
      await it.vault.erase(key);
      await it.vault.put(of, name, value);
    };
    const vault = { ...it.vault, put };
    expect(await it.redrive("looks", { vault })).toEqual({ done: 1, reasons_kept: 0 });
    expect([...it.vault.objects.keys()].filter((name) => name.startsWith(vaultPrefix(key)))).toEqual([]);
    expect((await it.timeline())[0]).toMatchObject({ kind: "OperatorAsked", reason_kept: 0 });
  });
});

describe("dead letters are sent back", () => {
  test("all of them, to where they came from", async () => {
    const { put, bodies, redrive: move } = world();
    for (let index = 0; index < 23; index++) put("intake-dead", `${asked}${index}`);
    put("looks-dead", look);
    expect(await move("intake")).toMatchObject({ done: 23 });
    expect(bodies("intake")).toEqual(Array.from({ length: 23 }, (_, index) => `${asked}${index}`));
    expect(bodies("intake-dead")).toEqual([]);
    expect(bodies("looks-dead")).toEqual([look]);
    expect(await move("intake")).toMatchObject({ done: 0 });
  });

  test("and none is lost that the queue does not take, of which the timeline tells", async () => {
    const it = world((body) => body === look);
    await it.created();
    for (const body of ["one", look, "two"]) it.put("looks-dead", body);
    await expect(it.redrive("looks")).rejects.toThrow("2 of looks sent back, then SQS did not take every");
    expect(it.bodies("looks")).toEqual(["one", "two"]);
    expect(it.bodies("looks-dead")).toEqual([look]);
    expect((await it.timeline())[1]).toMatchObject({
      kind: "RefusedToOperator",
      says: "the queue did not take it",
    });
    expect((await it.told("looks"))[1]).toMatchObject({
      kind: "FailedForOperator",
      says: "2 of looks sent back, then it failed",
    });
  });

  test.each(queueNames)(
    "%s: none of which nothing can be written down; the next time it is",
    async (name) => {
      const it = world();
      const body = { intake: asked, looks: look, signals: signal }[name];
      it.put(`${name}-dead`, body);
      const throttled = vi.fn(async () => {
        throw new Error("throttled");
      });
      const records = { ...it.records, [name === "signals" ? "recordOfQueue" : "record"]: throttled };
      await expect(it.redrive(name, { records })).rejects.toThrow("throttled");
      expect(throttled).toHaveBeenCalled();
      expect(it.bodies(`${name}-dead`)).toEqual([body]);
      expect(it.bodies(name)).toEqual([]);
      for (const letter of it.lettersOf(`${name}-dead`)) letter.hidden = false;
      expect(await it.redrive(name)).toMatchObject({ done: 1 });
    },
  );

  test("once more after a failure in between, which repeats nothing but the lines", async () => {
    const it = world();
    await it.created();
    it.put("looks-dead", look);
    const { sqs } = it.opened;
    const { send } = sqs;
    sqs.send = (async (command: never) => {
      if ((command as unknown) instanceof SendMessageBatchCommand) throw new Error("no answer");
      return send(command);
    }) as typeof send;
    await expect(it.redrive("looks")).rejects.toThrow("no answer");
    expect(it.bodies("looks-dead")).toEqual([look]);
    expect((await it.timeline())[1]).toMatchObject({ kind: "FailedForOperator", result: "failed" });
    sqs.send = send;
    for (const letter of it.lettersOf("looks-dead")) letter.hidden = false;
    expect(await it.redrive("looks")).toMatchObject({ done: 1 });
    expect(it.bodies("looks")).toEqual([look]);
    const kinds = (await it.timeline()).map(({ kind, audit_id }) => [kind, audit_id]);
    expect(kinds).toEqual(
      expect.arrayContaining([
        ["OperatorAsked", "run-1-1-0"],
        ["FailedForOperator", "run-1-1-0"],
        ["OperatorAsked", "run-2-1-0"],
        ["RedrivenByOperator", "run-2-1-0"],
      ]),
    );
  });
});
