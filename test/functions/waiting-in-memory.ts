import type { Wait } from "../../shared/profile/next.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import type { Records } from "../../shared/store/records.ts";
import { START } from "./onboarding-in-memory.ts";

export interface Waiting {
  account_id: string;
  reference_id: string;
  state?: Wait;
  status?: ProfileStatus;
  requested_at?: number;
  parked_at?: number;
  deadline_at?: number;
  due_at?: number;
  reason?: string;
}

const DAY_MS = 86_400_000;

/** An onboarding that waits: created and parked. */
export async function park(
  records: Records,
  {
    account_id,
    reference_id,
    state = "OpenCapture",
    status = "capture_pending",
    requested_at = START,
    parked_at = START,
    deadline_at = START + 30 * DAY_MS,
    due_at = START + DAY_MS,
    reason,
  }: Waiting,
): Promise<void> {
  const key = { account_id, reference_id };
  const profile_id = `profile of ${reference_id}`;
  const made = { profile_id, config_id: "config-example", execution: "e-1", encrypted: false };
  await records.create({ ...key, ...made, created_at: requested_at, status: "pending" });
  const record = await records.find(key);
  if (!record) throw new Error("the record is there");
  const parking = { state, parked_at, task_token: "token", waits_for: [], deadline_at, due_at };
  if (!(await records.park(record, parking, { status, ...(reason && { reason }) })))
    throw new Error("nothing signals here");
}

/** A request that has no profile yet. */
export async function request(
  records: Records,
  {
    account_id,
    reference_id,
    requested_at = START,
    attempt = 1,
    due_at = START + 60_000,
  }: Pick<Waiting, "account_id" | "reference_id" | "requested_at" | "due_at"> & { attempt?: number },
): Promise<void> {
  const claim = {
    account_id,
    reference_id,
    request_hash: "hash",
    config_id: "config-example",
    mode: "async" as const,
    attempt,
    execution: `e-${attempt}`,
    created_at: requested_at,
    released: false,
    profile_id: null,
    creates: 0,
  };
  if (!(await records.claim(claim, due_at, null))) throw new Error("the reference is free");
}
