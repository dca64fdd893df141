import { timingSafeEqual } from "node:crypto";

/** Whether two texts are the same. How long that takes says nothing of where they differ. */
export function sameSecret(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}
