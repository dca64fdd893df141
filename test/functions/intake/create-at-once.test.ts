import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { afterEach, describe, expect, test, vi } from "vitest";
import { toHandler } from "../../../functions/action.ts";
import { createProfileAsync } from "../../../functions/actions/create-profile-async.ts";
import { createProfileSync } from "../../../functions/actions/create-profile-sync.ts";
import { createAtOnce } from "../../../functions/intake/create-at-once.ts";
import { createWithLink } from "../../../functions/intake/create-with-link.ts";
import { ATTEMPT_TIMEOUT_MS, type Gateway, type TimeLeft } from "../../../shared/gateway/client.ts";
import { NotFound, Transient } from "../../../shared/gateway/errors.ts";
import { hashKey, key, onboardingInMemory, request, START } from "../onboarding-in-memory.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** All that a create may take: its function is killed at 29 s, and has a start of its own. */
const TOTAL_MS = 20_000;
const account = { account_id: key.account_id, hashKey };

/** A gateway that takes every request and answers none: a call lasts as long as the client's limits and its caller let it. */
function silent() {
  const world = onboardingInMemory();
  const calls: { name: string; leftMs: number }[] = [];
  const never = (name: string, attempts: number) => async (_input: unknown, timeLeft?: TimeLeft) => {
    const leftMs = timeLeft?.() ?? Number.POSITIVE_INFINITY;
    calls.push({ name, leftMs });
    world.clock.now += Math.min(leftMs, attempts * ATTEMPT_TIMEOUT_MS);
    throw new Transient("the gateway did not answer in time", null);
  };
  const gateway: Gateway = {
    ...world.gateway,
    createProfileSync: never("createProfileSync", 1),
    createProfileAsync: never("createProfileAsync", 1),
    createProfileEncrypted: never("createProfileEncrypted", 1),
    fetchStatus: never("fetchStatus", 3),
    fetchCaptureLink: never("fetchCaptureLink", 3),
  };
  world.deps.gatewayOf = async () => gateway;
  return { ...world, gateway, calls, tookMs: () => world.clock.now - START };
}

describe("a create that the gateway takes and never answers", () => {
  test.each(["sync", "async", "encrypted"] as const)(
    "is over in time, its right given back and its request kept: %s",
    async (mode) => {
      const { deps, calls, tookMs, clock, records, vault } = silent();
      await expect(createAtOnce(deps, account, request, mode)).rejects.toThrow(Transient);
      expect(tookMs()).toBeLessThanOrEqual(TOTAL_MS);
      expect(calls.map(({ leftMs }) => leftMs)).toEqual([TOTAL_MS, TOTAL_MS - ATTEMPT_TIMEOUT_MS]);
      const claim = await records.claimOf(key);
      expect(claim).toMatchObject({ released: false, profile_id: null });
      expect(vault.objects.size).toBe(1);
      expect(claim && (await records.lease(claim, clock.now, 1))).toBe(true);
    },
  );

  test.each([createProfileSync, createProfileAsync])(
    "is answered with the contract's 500, which is counted: $file",
    async (action) => {
      // The logger has a console of its own but in development.
      vi.stubEnv("POWERTOOLS_DEV", "true");
      vi.spyOn(console, "error").mockImplementation(() => {});
      const { deps, metrics, tookMs } = silent();
      const handler = toHandler(
        action,
        () => deps,
        () => async () => account,
        () => metrics,
      );
      const event = { body: JSON.stringify(request) } as unknown as APIGatewayProxyEventV2;
      const { statusCode, body } = await handler(event, {} as Context);
      expect(statusCode).toBe(500);
      expect(JSON.parse(body ?? "")).toMatchObject({ error: "internal_error" });
      expect(metrics.emitted).toMatchObject([{ name: "RequestFailed" }]);
      expect(tookMs()).toBeLessThanOrEqual(TOTAL_MS);
    },
  );
});

describe("a create that waits for another one of its reference", () => {
  test("asks the gateway nothing when the other one holds on, and is over in time", async () => {
    const { deps, claimed, records, calls, tookMs } = silent();
    await records.lease(await claimed(), START, 60_000);
    await expect(createAtOnce(deps, account, request, "async")).rejects.toThrow(Transient);
    expect(calls).toEqual([]);
    expect(tookMs()).toBeLessThanOrEqual(TOTAL_MS);
  });

  test("begins none that could not be answered in time once the other one is gone", async () => {
    const { deps, gateway, clock, claimed, records, calls, tookMs } = silent();
    gateway.fetchStatus = async () => {
      clock.now += 1_000;
      throw new NotFound("unknown", 404);
    };
    await records.lease(await claimed(), START, 11_500);
    await expect(createAtOnce(deps, account, request, "async")).rejects.toThrow(Transient);
    expect(calls).toEqual([]);
    expect(tookMs()).toBeLessThanOrEqual(TOTAL_MS);
    expect(await records.claimOf(key)).toMatchObject({ creates: 2, released: false });
  });
});

test("a link is not asked for when the answer could not come in time", async () => {
  const { deps, clock, created, calls, tookMs } = silent();
  await created("sync");
  const { start } = deps.executions;
  deps.executions.start = async (claim) => {
    clock.now += 12_500;
    return start(claim);
  };
  await expect(createWithLink(deps, account, request, "sync")).rejects.toThrow(Transient);
  expect(calls).toEqual([]);
  expect(tookMs()).toBeLessThanOrEqual(TOTAL_MS);
});

test("a link that is asked for takes no longer than the create has left", async () => {
  const { deps, created, calls, tookMs } = silent();
  await created("sync");
  await expect(createWithLink(deps, account, request, "sync")).rejects.toThrow(Transient);
  expect(calls).toEqual([{ name: "fetchCaptureLink", leftMs: TOTAL_MS }]);
  expect(tookMs()).toBe(TOTAL_MS);
});
