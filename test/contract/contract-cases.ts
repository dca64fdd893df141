import { closing } from "./cases/closing.ts";
import { creates } from "./cases/creates.ts";
import { encrypted } from "./cases/encrypted.ts";
import { everyOperation } from "./cases/every-operation.ts";
import { faults } from "./cases/faults.ts";
import { fetches } from "./cases/fetches.ts";
import { review } from "./cases/review.ts";
import { videoCalls } from "./cases/video-calls.ts";
import type { ContractCase } from "./contract-case.ts";

/**
 * Every documented answer of every operation (contract §2) at least once. Each case is put to the sandbox and to our
 * API, and gets the same status and body from both. The faulty ones come last.
 */
export const contractCases: ContractCase[] = [
  ...everyOperation,
  ...creates,
  ...fetches,
  ...review,
  ...closing,
  ...videoCalls,
  ...encrypted,
  ...faults,
];
