import { change } from "../../../functions/sandbox/advance.ts";
import { finishCall, finishSession } from "../../../functions/sandbox/moves.ts";
import type { HeldCall } from "../../../functions/sandbox/profile-record.ts";
import { type FullProfile, fullProfileSchema } from "../../../shared/gateway/profile.ts";
import { selfieRecapture, VirtualSandbox } from "../sandbox/virtual-sandbox.ts";

/** The sandbox's own document (E3) of a profile whose review is asked for, after `rounds` recapture rounds. */
export async function reviewedProfile(
  scenario: "review-by-rules" | "by-hand",
  { rounds = 0, call }: { rounds?: number; call?: HeldCall } = {},
): Promise<FullProfile> {
  const world = new VirtualSandbox();
  const { profile_id } = await world.create(scenario);
  await world.pass(1);
  if (scenario === "by-hand")
    await change(world.sandbox, profile_id, (record, moment) =>
      call ? finishCall(record, call, "agent@example.com", moment) : finishSession(record, moment),
    );
  const path = `/profiles/${profile_id}`;
  for (let round = 0; round <= rounds; round++) {
    if (round > 0) await world.http("POST", `${path}/recapture/submit`, selfieRecapture);
    await world.pass(10);
  }
  return fullProfileSchema.parse((await world.http("GET", path)).body);
}
