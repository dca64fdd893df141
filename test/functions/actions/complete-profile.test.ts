import { expect, test } from "vitest";
import { completeProfile } from "../../../functions/actions/complete-profile.ts";
import { successes } from "../../../shared/gateway/answers.ts";
import { callOf, ids, key, onboardingInMemory, profile_id, statusAnswer } from "../onboarding-in-memory.ts";

test.each(["approved", "rejected"])(
  "a caller's decision is in the timeline, its grounds are not: %s",
  async (status) => {
    const { created, deps, records } = onboardingInMemory({
      completeProfile: () => successes.completed(ids),
    });
    await created();
    const body = { status, status_description: { reason: "Mrs Sample has a forged card" } };
    expect(await completeProfile.run(callOf({ body }), deps)).toMatchObject({ status: 200 });
    const [line] = await records.history(key, profile_id);
    expect(line).toMatchObject({
      kind: "ProfileCompletedByCaller",
      by: "caller",
      detail: { status: "completed", decision: status },
    });
    expect(JSON.stringify(line)).not.toContain("Sample");
  },
);

test("a caller who spells the profile's id in another way has his line in the timeline", async () => {
  const { created, deps, records, asked } = onboardingInMemory({
    fetchProfile: () => statusAnswer("review_required"),
    completeProfile: () => successes.completed(ids),
  });
  await created();
  await completeProfile.run(callOf({ id: `{${profile_id}}`, body: { status: "approved" } }), deps);
  expect(await records.history(key, profile_id)).toMatchObject([{ kind: "ProfileCompletedByCaller" }]);
  expect(asked).toEqual(["fetchStatus", "completeProfile"]);
});
