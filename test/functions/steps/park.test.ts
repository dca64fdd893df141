import { expect, test, vi } from "vitest";
import { close } from "../../../functions/steps/close.ts";
import { purge } from "../../../functions/steps/purge.ts";
import { review } from "../../../functions/steps/review.ts";
import { settle } from "../../shared/store/settle.ts";
import { key, onboardingInMemory, START, state, statusAnswer } from "../onboarding-in-memory.ts";

async function inReview() {
  const world = onboardingInMemory({ fetchProfile: () => statusAnswer("review_required") });
  await world.created();
  const tokenOf = async () => (await world.records.find(key))?.task_token;
  expect(await review.run(state, world.deps, "later")).toBeNull();
  expect(await tokenOf()).toBe("later");
  return { ...world, tokenOf };
}

test("a try that was given up, and goes on, takes no place from the one that came after it", async () => {
  const { deps, tokenOf } = await inReview();
  vi.mocked(deps.executions.isWaitedFor).mockImplementation(async (token) => token === "later");
  expect(await review.run(state, deps, "earlier")).toBeNull();
  expect(await tokenOf()).toBe("later");
});

test("a try whose forerunner parked after it was given up takes its place", async () => {
  const { deps, tokenOf } = await inReview();
  expect(await review.run(state, deps, "the one waited for")).toBeNull();
  expect(await tokenOf()).toBe("the one waited for");
  expect(deps.executions.isWaitedFor).toHaveBeenCalledExactlyOnceWith("the one waited for");
});

test("a try that was given up takes no place from the wait of another state either", async () => {
  const world = await inReview();
  const { deps, records, record, tokenOf } = world;
  const parking = { parked_at: START, waits_for: [], deadline_at: START, due_at: START };
  vi.mocked(deps.executions.isWaitedFor).mockImplementation(async (token) => token !== "earlier");
  let looks = 0;
  deps.gatewayOf = async () => ({
    ...world.gateway,
    async fetchStatus(input) {
      if (looks++ === 0)
        await records.park(
          await record(),
          { state: "Attention", task_token: "of Attention", ...parking },
          {},
        );
      return world.gateway.fetchStatus(input);
    },
  });
  vi.mocked(deps.executions.isWaitedFor).mockResolvedValueOnce(true);
  expect(await review.run(state, deps, "earlier")).toBeNull();
  expect(await tokenOf()).toBe("of Attention");
  expect(await record()).toMatchObject({ state: "Attention" });
});

test("what is purged is driven no further", async () => {
  const { deps, records, record, asked } = await inReview();
  await settle(records, key, { status: "purged", purged_at: START });
  asked.length = 0;
  for (const step of [review, close, purge])
    expect(await step.run(state, deps, "too late")).toEqual({ ...state, next: "end" });
  expect(asked).toEqual([]);
  expect(await record()).toMatchObject({ status: "purged", state: null, task_token: null });
});

test("nothing is parked of an onboarding that is purged in the moment before", async () => {
  const world = await inReview();
  const { deps, records, record, tokenOf } = world;
  deps.gatewayOf = async () => ({
    ...world.gateway,
    async fetchStatus(input) {
      await settle(records, key, { status: "purged", purged_at: START });
      return world.gateway.fetchStatus(input);
    },
  });
  expect(await review.run(state, deps, "too late")).toEqual({ ...state, next: "end" });
  expect(await tokenOf()).toBeNull();
  expect(await record()).toMatchObject({ status: "purged", state: null });
});

test("nobody is asked about a token where none is in its place", async () => {
  const { deps } = await inReview();
  expect(deps.executions.isWaitedFor).not.toHaveBeenCalled();
});
