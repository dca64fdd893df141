import type { OnboardingKey } from "../../../shared/store/keys.ts";
import type { Records } from "../../../shared/store/records.ts";

/** Writes fields of an onboarding as a step that has just read it. */
export async function settle(
  records: Pick<Records, "find" | "settle">,
  key: OnboardingKey,
  fields: Parameters<Records["settle"]>[1],
): Promise<void> {
  const record = await records.find(key);
  if (!record || !(await records.settle(record, fields))) throw new Error("there is nothing to settle");
}
