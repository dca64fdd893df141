import { describe, expect, test } from "vitest";
import { announce } from "../../../functions/events/announce.ts";
import { close } from "../../../functions/steps/close.ts";
import { outcomeEvents } from "../../../functions/steps/outcome.ts";
import { purge } from "../../../functions/steps/purge.ts";
import { retain } from "../../../functions/steps/retain.ts";
import { refusals, successes } from "../../../shared/gateway/answers.ts";
import { Unprocessable } from "../../../shared/gateway/errors.ts";
import { onboardingPk } from "../../../shared/store/keys.ts";
import { settle } from "../../shared/store/settle.ts";
import {
  type Answers,
  fullProfile,
  ids,
  key,
  onboardingInMemory,
  START,
  state,
  statusAnswer,
} from "../onboarding-in-memory.ts";

const purgedBefore = () => refusals.purgeNotAllowed(ids, "purged", "2026-01-05T08:00:00.000Z");

async function purging(answers: Answers) {
  const world = onboardingInMemory(answers);
  await world.created();
  await world.vault.put(key, "request-x", { name: "Zoë" });
  const receipt = () => world.table.get(onboardingPk(key), "receipt");
  return { ...world, receipt };
}

describe("a profile that was purged at the gateway before we saw its end", () => {
  test.each([
    ["approved", "OnboardingCompleted", "completed"],
    ["rejected", "OnboardingRejected", "rejected"],
  ])("has the end of its decision, before its purge: %s", async (reviewer_action, type, outcome) => {
    const { deps, published, record } = await purging({
      purgeProfile: purgedBefore,
      fetchProfile: () => statusAnswer("purged", reviewer_action),
    });
    expect(await purge.run(state, deps, "")).toMatchObject({ next: "end" });
    expect(published).toMatchObject([
      { type, detail: { ...ids, status: "purged", reviewer_action } },
      { type: "ProfilePurged" },
    ]);
    expect(await record()).toMatchObject({ outcome });
  });

  test("has failed if nobody decided, and says why", async () => {
    const { deps, published, record } = await purging({
      purgeProfile: purgedBefore,
      fetchProfile: () => statusAnswer("purged"),
    });
    await purge.run(state, deps, "");
    expect(published).toMatchObject([
      { type: "OnboardingFailed", detail: { reason: expect.stringContaining("purged at the gateway") } },
      { type: "ProfilePurged" },
    ]);
    expect((await record()).outcome).toBe("failed");
  });

  test("has its end announced, though an earlier request under the reference was given up", async () => {
    const { deps, records, told } = await purging({
      purgeProfile: purgedBefore,
      fetchProfile: () => statusAnswer("purged", "approved"),
    });
    const request = { ...key, config_id: "config-example" };
    await announce(deps, "OnboardingFailed", request, { once: "create-1", reason: "not created" });
    await purge.run(state, deps, "");
    expect(told().types).toEqual(["OnboardingFailed", "OnboardingCompleted", "ProfilePurged"]);
    expect((await records.find(key))?.outcome).toBe("completed");
  });

  test("has one end, however often the step is repeated", async () => {
    const { deps, records, told } = await purging({
      purgeProfile: purgedBefore,
      fetchProfile: () => statusAnswer("purged", "approved"),
    });
    const settle = async () => {
      throw new Error("the function died");
    };
    await expect(purge.run(state, { ...deps, records: { ...records, settle } }, "")).rejects.toThrow("died");
    await purge.run(state, deps, "");
    expect(told()).toEqual({
      types: ["OnboardingCompleted", "ProfilePurged", "ProfilePurged"],
      events: 2,
    });
  });

  test.each([
    [close, "failed", null, "OnboardingFailed"],
    [retain, "completed", "approved", "OnboardingCompleted"],
    [retain, "completed", "rejected", "OnboardingRejected"],
  ] as const)(
    "has the end that was announced before, by a step that died, and no second one: $3",
    async (step, before, reviewer_action, type) => {
      let status: string = before;
      const { deps, records, told } = await purging({
        purgeProfile: purgedBefore,
        fetchProfile: ({ status_only }) =>
          status_only
            ? statusAnswer(status, reviewer_action)
            : { status: 200, body: fullProfile(status, reviewer_action) },
      });
      // The last thing that either of them does.
      let done: keyof typeof records = "park";
      if (step === close) done = "record";
      const dies = async () => {
        throw new Error("the function died");
      };
      const input = { ...state, next: step === close ? "close" : "complete" } as const;
      const dying = { ...deps, records: { ...records, [done]: dies } };
      await expect(step.run(input, dying, "token")).rejects.toThrow("died");
      status = "purged";
      await purge.run(state, deps, "");
      const again = step === close ? [type] : [];
      expect(told()).toEqual({ types: [type, ...again, "ProfilePurged"], events: 2 });
    },
  );

  test("and that the gateway has no more has failed, without a look", async () => {
    const { deps, told, asked, record, receipt, vault } = await purging({
      purgeProfile: () => refusals.unknownProfile(),
    });
    expect(await purge.run(state, deps, "")).toMatchObject({ next: "end" });
    expect(asked).toEqual(["purgeProfile"]);
    expect(told().types).toEqual(["OnboardingFailed", "ProfilePurged"]);
    // The request and the link.
    expect(await receipt()).toMatchObject({
      gateway: "unknown",
      by: "gateway",
      objects: 2,
      purged_at: START,
    });
    expect(vault.objects.size).toBe(0);
    expect(await record()).toMatchObject({ status: "purged", outcome: "failed", purged_at: START });
  });
});

test.each(["completed", "rejected", "cancelled", "expired", "failed"] as const)(
  "an end that was announced before the purge is not announced again: %s",
  async (outcome) => {
    const { deps, records, told, asked, record, receipt } = await purging({
      purgeProfile: () => successes.purged(ids),
    });
    await settle(records, key, { outcome, retain_until: START });
    const line = { at: START, kind: outcomeEvents[outcome], by: "orchestrator", detail: {} } as const;
    await records.record(key, `${line.kind}#event`, line);
    await purge.run(state, deps, "");
    expect(told().types).toEqual(["ProfilePurged"]);
    expect(asked).toEqual(["purgeProfile"]);
    expect(await receipt()).toMatchObject({ gateway: "purged", by: "retention" });
    expect(await record()).toMatchObject({ status: "purged", outcome });
  },
);

test("nothing is erased or announced while the gateway refuses the purge", async () => {
  const { deps, published, vault, record, receipt } = await purging({
    purgeProfile: () => refusals.purgeNotAllowed(ids, "capture_pending", null),
  });
  await expect(purge.run(state, deps, "")).rejects.toThrow(Unprocessable);
  expect(published).toEqual([]);
  expect(vault.objects.size).toBe(2);
  expect(await receipt()).toBeUndefined();
  expect((await record()).purged_at).toBeNull();
});
