import { decryptProfile } from "../../shared/gateway/encryption.ts";
import { NotFound } from "../../shared/gateway/errors.ts";
import type { FullProfile } from "../../shared/gateway/profile.ts";
import { outcomeOf } from "../../shared/profile/next.ts";
import { readTruth } from "../../shared/profile/status.ts";
import { announce } from "../announce.ts";
import { recordOf, type Step, stepGrants, toStepHandler } from "../step.ts";
import { outcomeEvents } from "./outcome.ts";
import { goOn } from "./park.ts";

/** Fetches the whole result (E3, or E18) once, into the vault, and announces how it ended (contract §10.4, step 7). */
export const complete: Step = {
  name: "Complete",
  file: "complete",
  grants: stepGrants,
  async run(state, deps) {
    const record = await recordOf(deps.records, state);
    const gateway = await deps.gatewayOf(state.account_id);
    const profile = record.encrypted
      ? await decryptProfile(
          (await gateway.fetchProfileEncrypted({ id: record.profile_id })).body,
          deps.cipherOf(state.account_id),
        )
      : ((await gateway.fetchProfile({ id: record.profile_id })).body as FullProfile);
    const truth = readTruth(profile);
    // Somebody else purged it already: there is nothing left to fetch, only to say.
    if (truth.status !== "completed" && truth.status !== "purged")
      throw new NotFound("the profile is not completed", null);
    if (truth.status === "completed") await deps.vault.put(record, "result", profile);
    const outcome = outcomeOf({ status: "completed", reviewer_action: truth.reviewer_action });
    const { reviewer_action } = truth;
    await announce(
      deps,
      outcomeEvents[outcome],
      { ...record, status: "completed", reviewer_action },
      { once: "outcome" },
    );
    await deps.records.settle(record, { status: truth.status, reviewer_action, outcome });
    return goOn(state, record, { next: "retain" });
  },
};

export const handler = toStepHandler(complete);
