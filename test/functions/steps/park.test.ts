import { expect, test, vi } from "vitest";
import { review } from "../../../functions/steps/review.ts";
import { key, onboardingInMemory, state, statusAnswer } from "../onboarding-in-memory.ts";

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

test("nobody is asked about a token where none is in its place", async () => {
  const { deps } = await inReview();
  expect(deps.executions.isWaitedFor).not.toHaveBeenCalled();
});
