import type { Context, SQSEvent } from "aws-lambda";
import { describe, expect, test, vi } from "vitest";
import { type QueueDeps, toIntakeHandler } from "../../../functions/intake/intake.ts";
import type { LogFields } from "../../../functions/log.ts";
import { hashKey, key, onboardingInMemory } from "../onboarding-in-memory.ts";

const SECRET = "Personal-Example";
/** As the stack has it: `test/infra/stacks.test.ts`. */
const MAX_RECEIVES = 5;
const BATCH = 10;

const messageOf = (reference_id: string, more: object = {}, account_id = key.account_id) =>
  JSON.stringify({
    account_id,
    request: { reference_id, config: { id: "config-1" }, data: { company_name: SECRET }, ...more },
  });

/** Messages that can never start an onboarding, by the reason. */
const hopeless: [string, string][] = [
  ["no JSON", `{"account_id":"${SECRET}`],
  ["no OnboardingRequested", JSON.stringify({ request: { reference_id: SECRET } })],
  ["no request", JSON.stringify({ account_id: key.account_id, request: SECRET })],
  ["an unknown account", messageOf("stranger", {}, "nobody/1")],
  ["a reference that cannot stand in a path", messageOf(`${SECRET} / 1`)],
  ["a reference that is a step in a path", messageOf("..")],
  ["no workflow", messageOf("no-workflow", { config: {} })],
  ["a field of another type", messageOf("wrong-type", { data: { email_ids: SECRET } })],
  [
    "a body that the schema library stumbles over",
    messageOf("length", { group_id: { length: { toString: 0 } } }),
  ],
  ["half a character", messageOf("half").replace(SECRET, "\\ud800")],
  ["a reference that another request has", messageOf("taken", { group_id: "another" })],
];

function queueInMemory(change: Partial<QueueDeps> = {}) {
  const world = onboardingInMemory();
  const logged: LogFields[] = [];
  const write = (message: string, fields: LogFields = {}) =>
    void logged.push({ message, ...fields } as LogFields);
  const deps: QueueDeps = {
    ...world.deps,
    hashKeyFor: async (account_id) => (account_id === key.account_id ? hashKey : null),
    log: { info: write, warn: write, error: write },
    ...change,
  };
  const handler = toIntakeHandler(() => deps);
  /** One batch; the ids that go back to the queue. */
  const take = async (...bodies: string[]): Promise<number[]> => {
    const Records = bodies.map((body, index) => ({ messageId: String(index), body }));
    const { batchItemFailures } = await handler({ Records } as unknown as SQSEvent, {} as Context);
    return batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier));
  };
  /** The queue: what fails comes again, the fifth time it is a dead letter. */
  const workOff = async (bodies: readonly string[]): Promise<string[]> => {
    let waiting = bodies.map((body) => ({ body, receives: 0 }));
    const dead: string[] = [];
    while (waiting.length > 0) {
      const batch = waiting.splice(0, BATCH);
      const failed = new Set(await take(...batch.map(({ body }) => body)));
      const back = batch
        .filter((_, index) => failed.has(index))
        .map(({ body, receives }) => ({ body, receives: receives + 1 }));
      dead.push(...back.filter(({ receives }) => receives === MAX_RECEIVES).map(({ body }) => body));
      waiting = [...waiting, ...back.filter(({ receives }) => receives < MAX_RECEIVES)];
    }
    return dead;
  };
  const started = () =>
    vi.mocked(world.deps.executions.start).mock.calls.map(([{ reference_id }]) => reference_id);
  return { ...world, deps, take, workOff, logged, started };
}

describe("a batch of messages", () => {
  test("starts what is good in it, and gives back what is not and nothing else", async () => {
    const { take, started } = queueInMemory();
    expect(await take(messageOf("taken"))).toEqual([]);
    for (const [index, [why, body]] of hopeless.entries())
      expect(await take(messageOf(`before-${index}`), body, messageOf(`after-${index}`)), why).toEqual([1]);
    expect(started()).toHaveLength(1 + 2 * hopeless.length);
  });

  test("gives everything back when nothing can be written, and starts all of it the next time", async () => {
    const { take, started, deps, logged, metrics } = queueInMemory();
    const { records } = deps;
    deps.records = {
      ...records,
      claim: async () => {
        throw new Error("the table is throttled");
      },
    };
    const batch = [messageOf("one"), messageOf("two")];
    expect(await take(...batch)).toEqual([0, 1]);
    // Nothing that the sender could mend.
    expect(logged).toMatchObject([{ kind: "failed" }, { kind: "failed" }]);
    expect(metrics.emitted).toMatchObject([
      { dimensions: { why: "failed" } },
      { dimensions: { why: "failed" } },
    ]);
    deps.records = records;
    expect(await take(...batch)).toEqual([]);
    expect(started()).toEqual(["one", "two"]);
  });

  test("that comes twice starts nothing twice", async () => {
    const { take, records, deps } = queueInMemory();
    const claimOf = () => records.claimOf({ ...key, reference_id: "one" });
    expect(await take(messageOf("one"), messageOf("one"))).toEqual([]);
    const claim = await claimOf();
    expect(await take(messageOf("one"))).toEqual([]);
    expect(await claimOf()).toEqual(claim);
    expect(claim).toMatchObject({ attempt: 1 });
    expect(deps.executions.start).toHaveBeenLastCalledWith(
      expect.objectContaining({ execution: claim?.execution }),
    );
  });
});

describe("a message that can never start an onboarding", () => {
  test("is a dead letter after five times, and holds up no other one", async () => {
    const { take, workOff, started } = queueInMemory();
    await take(messageOf("taken"));
    const good = Array.from({ length: 30 }, (_, index) => messageOf(`order-${index}`));
    const bad = hopeless.map(([, body]) => body);
    const mixed = good.flatMap((body, index) => [body, ...(bad[index] ? [bad[index]] : [])]);
    const dead = await workOff(mixed);
    expect(dead.toSorted()).toEqual(bad.toSorted());
    expect(started()).toEqual(["taken", ...good.map((_, index) => `order-${index}`)]);
  });

  test.each(hopeless)("leaves nothing behind but a line without its contents: %s", async (_why, body) => {
    const { take, logged, table, vault } = queueInMemory();
    await take(messageOf("taken"));
    const [items, objects] = [new Map(table.items), new Map(vault.objects)];
    expect(await take(body)).toEqual([0]);
    expect([table.items, vault.objects]).toEqual([items, objects]);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ message: "intake message failed", request_id: "0" });
    expect(JSON.stringify(logged)).not.toContain(SECRET);
  });

  test("is told apart where the reference is another request's", async () => {
    const { take, logged } = queueInMemory();
    await take(messageOf("taken"), messageOf("taken", { group_id: "another" }), "{");
    expect(logged).toMatchObject([{ kind: "duplicate" }, { kind: "refused" }]);
  });
});
