import type { DynamoDBBatchResponse } from "aws-lambda";
import { expect, test } from "vitest";
import type { LookRequest } from "../../../functions/looks.ts";
import { type ResumeDeps, toResumeHandler } from "../../../functions/resume/resume.ts";
import type { Gateway } from "../../../shared/gateway/client.ts";
import { Transient } from "../../../shared/gateway/errors.ts";
import type { OnboardingKey } from "../../../shared/store/keys.ts";
import { readRecord } from "../../../shared/store/profile-record.ts";
import { onboardingInMemory } from "../onboarding-in-memory.ts";

/**
 * Parked onboardings, whichever are asked for. Each look is answered, or refused, by `answer`; `began` and `ended` have the
 * references in that order.
 */
function parked(answer: (reference: string) => Promise<void>) {
  const { deps, records, metrics } = onboardingInMemory();
  const began: string[] = [];
  const ended: string[] = [];
  const gateway = {
    fetchStatus: async ({ id }: { id: string }) => {
      began.push(id);
      await answer(id);
      ended.push(id);
      return { status: "in_progress" };
    },
  } as unknown as Gateway;
  const resumeDeps: ResumeDeps = {
    ...deps,
    records: {
      ...records,
      find: async (key: OnboardingKey) =>
        readRecord({
          ...key,
          profile_id: key.reference_id,
          state: "Review",
          task_token: "token",
          waits_for: ["completed"],
          wait: 1,
          link_ready: true,
        }),
    },
    gatewayOf: async () => gateway,
    sendLooks: async () => {},
  };
  const handler = toResumeHandler(() => resumeDeps);
  const take = (...Records: object[]) =>
    handler({ Records } as never, {} as never) as Promise<DynamoDBBatchResponse>;
  return { take, began, ended, metrics };
}

const message = (messageId: string, reference_id: string, more: Partial<LookRequest> = {}) => ({
  messageId,
  body: JSON.stringify({ account_id: "acme", reference_id, ...more }),
});
const failed = ({ batchItemFailures }: DynamoDBBatchResponse) =>
  batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
const down = async () => {
  throw new Transient("the gateway is down", 503);
};

test("a look that hangs keeps nobody else's of its batch waiting", async () => {
  let release = () => {};
  const hanging = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { take, ended } = parked((reference) => (reference === "slow" ? hanging : Promise.resolve()));
  const batch = take(message("1", "slow"), message("2", "quick"), message("3", "other"));
  await expect.poll(() => ended).toEqual(["quick", "other"]);
  release();
  expect(failed(await batch)).toEqual([]);
});

test("looks of one onboarding come one after the other", async () => {
  let under = 0;
  let most = 0;
  const { take, began } = parked(async () => {
    most = Math.max(most, ++under);
    await new Promise((resolve) => setTimeout(resolve, 5));
    under--;
  });
  const looks = [1, 2, 3].map((again) => message(String(again), "order-1", { again }));
  expect(failed(await take(...looks))).toEqual([]);
  expect(began).toEqual(["order-1", "order-1", "order-1"]);
  expect(most).toBe(1);
});

test("a look that is asked for twice is taken once, also where two accounts have the same reference", async () => {
  const { take, began } = parked(async () => {});
  const looks = [
    message("1", "order-1"),
    message("2", "order-1"),
    message("3", "order-1", { account_id: "other" }),
  ];
  expect(failed(await take(...looks))).toEqual([]);
  expect(began).toEqual(["order-1", "order-1"]);
});

test("a look that fails fails with those of the same onboarding after it, untried, and with no other", async () => {
  const { take, began, metrics } = parked((reference) =>
    reference === "order-1" ? down() : Promise.resolve(),
  );
  const looks = [
    message("1", "order-1"),
    message("2", "order-2"),
    message("3", "order-1", { again: 1 }),
    message("4", "order-1"),
  ];
  expect(failed(await take(...looks)).sort()).toEqual(["1", "3", "4"]);
  expect(began).toEqual(["order-1", "order-2"]);
  expect(metrics.emitted.filter(({ name }) => name === "LookFailed")).toHaveLength(1);
});

test("a message that is no look fails alone", async () => {
  const { take, ended } = parked(async () => {});
  const batch = take({ messageId: "1", body: "{" }, message("2", "order-2"), {
    messageId: "3",
    body: '{"account_id":"acme"}',
  });
  expect(failed(await batch)).toEqual(["1", "3"]);
  expect(ended).toEqual(["order-2"]);
});
