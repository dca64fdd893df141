import { GatewayError, Transient } from "../../shared/gateway/errors.ts";
import type { OnboardingKey } from "../../shared/store/keys.ts";
import type { Records } from "../../shared/store/records.ts";

/** Longer than a request to our API may take: whoever took a right for its time is dead by then. */
export const RIGHT_MS = 35_000;

/**
 * Has the gateway erase an onboarding (E13) that nobody holds, and lets nobody hold it until there is an answer; without
 * one it may be erased still, so that the right to hold it comes back with time only. `null`: it is held, and nothing was
 * asked.
 *
 * @throws whatever `erase` throws
 */
export async function unlessHeld<Answer>(
  key: OnboardingKey,
  { records, now }: { records: Pick<Records, "mayErase" | "askedToErase">; now: () => number },
  erase: () => Promise<Answer>,
): Promise<Answer | null> {
  const until = now() + RIGHT_MS;
  if (!(await records.mayErase(key, until))) return null;
  try {
    const answer = await erase();
    await records.askedToErase(key, until);
    return answer;
  } catch (error) {
    if (error instanceof GatewayError && !(error instanceof Transient))
      await records.askedToErase(key, until);
    throw error;
  }
}
