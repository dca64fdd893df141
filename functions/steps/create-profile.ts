import { announce } from "../announce.ts";
import { hearEarly } from "../hear-webhook.ts";
import { ClaimLost, ensureCreated, isRefusedForGood } from "../intake/ensure-created.ts";
import { recordCreated } from "../intake/record-created.ts";
import { type Step, stepGrants, toStepHandler } from "../step.ts";

/** Nothing to do when the profile is known; else look up by reference, else create (contract §3.4). */
export const createProfile: Step = {
  name: "CreateProfile",
  file: "create-profile",
  grants: [...stepGrants, "records:history", "vault:read", "vault:delete", "events:publish"],
  async run(state, deps) {
    const { records, gatewayOf, now } = deps;
    const claim = await records.claimOf(state);
    const ended = { ...state, next: "end" } as const;
    if (!claim || claim.attempt !== state.attempt) return ended;
    const refused = (reason: string) =>
      announce({ records, publish: deps.publish, now }, "OnboardingFailed", claim, {
        once: `refused-${claim.attempt}`,
        reason,
      });
    if (claim.released) {
      // Refused in an earlier try of this step, or by another entry point: said at least once.
      await refused("the gateway refused the request");
      return ended;
    }
    try {
      const gateway = await gatewayOf(state.account_id);
      const cipher = deps.cipherOf(state.account_id);
      const { profile_id } = await ensureCreated({ ...deps, gateway, cipher }, claim, 10_000);
      await recordCreated(records, claim, profile_id);
      await hearEarly(state, profile_id, deps);
      await records.started(claim);
      return { ...state, next: "open", rounds: 0, missed: 0 };
    } catch (error) {
      if (error instanceof ClaimLost) return ended;
      if (!isRefusedForGood(error)) throw error;
      await refused("the gateway refused the request");
      return ended;
    }
  },
};

export const handler = toStepHandler(createProfile);
