import { beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { type CachedSecret, cacheSecret } from "../../../shared/store/secret-cache.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

describe("a cached secret", () => {
  let now: number;
  let reads: PromiseWithResolvers<string>[];
  let secret: CachedSecret<{ n: number }>;
  beforeEach(() => {
    now = Date.parse("2026-01-05T09:00:00.000Z");
    reads = [];
    secret = cacheSecret(
      () => {
        const reading = Promise.withResolvers<string>();
        reads.push(reading);
        return reading.promise;
      },
      z.object({ n: z.number() }),
      () => now,
    );
  });
  /** Ends the latest read. */
  const found = (text: string) => reads.at(-1)?.resolve(text);
  const holding = async (n: number) => {
    const first = secret.get();
    found(JSON.stringify({ n }));
    await first;
    reads.length = 0;
  };

  test("is read once by all who ask at the same time", async () => {
    const asking = [secret.get(), secret.get(), secret.get()];
    expect(reads).toHaveLength(1);
    found('{"n":1}');
    expect(await Promise.all(asking)).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }]);
    expect(await secret.get()).toEqual({ n: 1 });
    expect(reads).toHaveLength(1);
  });

  test("is kept for five minutes, and read again from then on", async () => {
    await holding(1);
    now += 5 * MINUTE_MS - 1;
    expect(await secret.get()).toEqual({ n: 1 });
    expect(reads).toHaveLength(0);
    now += 1;
    const fresh = secret.get();
    found('{"n":2}');
    expect(await fresh).toEqual({ n: 2 });
    now += 5 * MINUTE_MS - 1;
    expect(await secret.get()).toEqual({ n: 2 });
    expect(reads).toHaveLength(1);
  });

  test("counts the five minutes from the end of a slow read", async () => {
    const slow = secret.get();
    now += MINUTE_MS;
    found('{"n":1}');
    await slow;
    now += 5 * MINUTE_MS - 1;
    expect(await secret.get()).toEqual({ n: 1 });
    expect(reads).toHaveLength(1);
  });

  test("that seems out of date is read once for all who say so meanwhile, and they see the new value", async () => {
    await holding(1);
    now += SECOND_MS;
    const asking = [secret.refresh(), secret.refresh()];
    // Not even within the second of that read may somebody get the old value for a new one.
    now += 1;
    asking.push(secret.refresh());
    expect(reads).toHaveLength(1);
    found('{"n":2}');
    expect(await Promise.all(asking)).toEqual([{ n: 2 }, { n: 2 }, { n: 2 }]);
    expect(await secret.get()).toEqual({ n: 2 });
    expect(reads).toHaveLength(1);
  });

  test("that seems out of date is read again for this at most once a second", async () => {
    await holding(1);
    now += SECOND_MS - 1;
    expect(await secret.refresh()).toEqual({ n: 1 });
    expect(reads).toHaveLength(0);
    now += 1;
    const fresh = secret.refresh();
    found('{"n":2}');
    expect(await fresh).toEqual({ n: 2 });
    now += SECOND_MS - 1;
    expect(await secret.refresh()).toEqual({ n: 2 });
    expect(reads).toHaveLength(1);
  });

  test("is served as it was while somebody reads it again", async () => {
    await holding(1);
    now += SECOND_MS;
    const fresh = secret.refresh();
    expect(await secret.get()).toEqual({ n: 1 });
    found('{"n":2}');
    await fresh;
    expect(reads).toHaveLength(1);
  });

  test("whose read fails fails for all who wait, and the next one tries again", async () => {
    const asking = [secret.get(), secret.get()];
    reads[0]?.reject(new Error("no answer"));
    for (const each of asking) await expect(each).rejects.toThrow("no answer");
    const next = secret.get();
    expect(reads).toHaveLength(2);
    found('{"n":1}');
    expect(await next).toEqual({ n: 1 });
  });

  test("whose refresh fails stays what it was, and may be refreshed a second later", async () => {
    await holding(1);
    now += SECOND_MS;
    const failing = secret.refresh();
    reads[0]?.reject(new Error("no answer"));
    await expect(failing).rejects.toThrow("no answer");
    expect(await secret.get()).toEqual({ n: 1 });
    now += SECOND_MS;
    const next = secret.refresh();
    found('{"n":2}');
    expect(await next).toEqual({ n: 2 });
  });

  test.each(["", "no JSON", '{"n":"1"}'])("that setup has not written yet is not kept: %j", async (text) => {
    const first = secret.get();
    found(text);
    expect(await first).toBeNull();
    const next = secret.get();
    expect(reads).toHaveLength(2);
    found('{"n":1}');
    expect(await next).toEqual({ n: 1 });
  });

  test("that is not there yet is refreshed at most once a second, too", async () => {
    const first = secret.refresh();
    found("");
    expect(await first).toBeNull();
    expect(await secret.refresh()).toBeNull();
    expect(reads).toHaveLength(1);
    now += SECOND_MS;
    const next = secret.refresh();
    found('{"n":1}');
    expect(await next).toEqual({ n: 1 });
  });
});
