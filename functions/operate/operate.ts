import { type Answer, refusals } from "../../shared/gateway/answers.ts";
import type { Gateway } from "../../shared/gateway/client.ts";
import { NotFound, Unprocessable } from "../../shared/gateway/errors.ts";
import type { CompletionRequest, RecaptureConfig } from "../../shared/gateway/profile.ts";
import { barred, type OperatorAction, situationOf, whyNot } from "../../shared/profile/operations.ts";
import type { RecaptureAsk } from "../../shared/profile/policy.ts";
import { type ProfileStatus, readTruth } from "../../shared/profile/status.ts";
import type { Claim } from "../../shared/store/claims.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import type { WorkflowOf } from "../environment.ts";
import { type AnnounceDeps, announce } from "../events/announce.ts";
import type { Executions } from "../executions.ts";
import { isCaptureHost } from "../gateway/capture-host.ts";
import type { GatewayOf } from "../gateway/gateways.ts";
import { START_WITHIN_MS } from "../intake/claim.ts";
import { recaptureRequest } from "./recapture-request.ts";
import { remind } from "./remind.ts";
import { unlessHeld } from "./unless-held.ts";

/** One action with what it alone needs. */
export type Operation =
  | { action: Exclude<OperatorAction, "recapture" | "approve" | "reject"> }
  | { action: "approve" | "reject"; status_description?: CompletionRequest["status_description"] }
  | { action: "recapture"; items: RecaptureAsk["items"]; recapture_details: RecaptureAsk["reason"] };

export interface OperateDeps extends AnnounceDeps {
  gatewayOf: GatewayOf;
  executions: Pick<Executions, "look" | "start">;
  workflowOf: WorkflowOf;
  captureHosts: readonly string[];
}

/** What is operated on, on whose word; `id` names this one request. */
export interface Operated {
  claim: Claim;
  record: ProfileRecord | null;
  who: string;
  id: string;
}

/** `done` false: there was nothing to do. `says` is a sentence of ours without anything that somebody typed. */
export interface Done {
  done: boolean;
  says: string;
  /** The profile's status by the latest word that this action heard. */
  status: string | null;
}

/** It cannot be done as things are; the message says why, in plain words. */
export class NotNow extends Error {
  override readonly name = "NotNow";
}

/**
 * Does what an operator asks for. Whether a profile may be decided, cancelled, sent back or purged in its status is the
 * gateway's to say.
 *
 * @throws NotNow, and what the gateway refuses or fails with
 */
export async function operate(operation: Operation, of: Operated, deps: OperateDeps): Promise<Done> {
  const { claim, record } = of;
  const { action } = operation;
  const situation = situationOf(claim, record);
  refuseIf(barred(action, situation));
  if (action === "recheck") return recheck(of, deps);
  if (action === "restart") return restart(of, deps);
  // Barred above; the compiler does not know.
  if (!record) throw new NotNow("there is no profile yet");
  const id = record.profile_id;
  switch (action) {
    case "hold":
      return hold(record, of, deps);
    case "release":
      return release(record, of, deps);
    case "resend-link":
    case "remind": {
      const gateway = await deps.gatewayOf(record.account_id);
      const status = readTruth(await gateway.fetchStatus({ id })).status ?? record.status;
      refuseIf(whyNot(action, { ...situation, status }));
      return action === "remind"
        ? remindNow(record, status, deps)
        : resendLink(record, status, gateway, of, deps);
    }
    case "recapture":
      return change(record, deps, "the customer is sent back", async (gateway) => {
        const { items, recapture_details: reason } = operation;
        const { body: offer } = await gateway.fetchRecaptureConfig({ id });
        const request = everyOffered(items, offer) && recaptureRequest({ items, reason }, offer);
        if (!request) throw refusedRecapture({ items, reason }, offer);
        return gateway.submitRecapture({ id, body: request });
      });
    case "approve":
    case "reject": {
      const { status_description } = operation;
      const status = action === "approve" ? "approved" : "rejected";
      return change(record, deps, `the profile is ${status}`, (gateway) =>
        gateway.completeProfile({ id, body: { status, ...(status_description && { status_description }) } }),
      );
    }
    case "cancel":
      return change(record, deps, "the profile is cancelled", (gateway) => gateway.cancelProfile({ id }));
    case "purge":
      return change(record, deps, "the gateway has erased the profile; our copy follows", async (gateway) => {
        const answer = await unlessHeld(record, deps, () => gateway.purgeProfile({ id }));
        // It was not held a moment ago.
        return answer ?? Promise.reject(new NotNow("it is under legal hold: release it first"));
      });
  }
}

function refuseIf(reason: string | null): void {
  if (reason !== null) throw new NotNow(reason);
}

/** A change at the gateway, of which the onboarding hears. A replay of one that had happened before is answered with 422. */
async function change(
  record: ProfileRecord,
  { gatewayOf, records }: OperateDeps,
  says: string,
  ask: (gateway: Gateway) => Promise<Answer>,
): Promise<Done> {
  const gateway = await gatewayOf(record.account_id);
  // Also after a fault: without an answer it may have happened all the same, and the look tells.
  const { status: code, body } = await ask(gateway).finally(() => records.signal(record));
  const { status = "" } = Object(body) as { status?: unknown };
  return {
    done: code < 300,
    says: code < 300 ? says : "that had happened already",
    status: readTruth({ ...record, status: String(status) }).status,
  };
}

async function recheck(
  { claim, record }: Operated,
  { executions, records, now }: OperateDeps,
): Promise<Done> {
  const execution = await executions.look(claim.execution);
  if (record) {
    refuseIf(barred("recheck", { ...situationOf(claim, record), driven: execution === "runs" }));
    await records.signal(record);
    return { done: true, says: "the gateway is asked now", status: record.status };
  }
  if (execution === "runs") return { done: false, says: "the profile is being created", status: null };
  refuseIf(execution === "ended" ? "no execution runs for it: restart it" : null);
  await records.startAt(claim, whenSafe(claim, now()));
  return { done: true, says: "the next attempt to create the profile starts within a minute", status: null };
}

/**
 * The claim's next attempt where no execution is left; its first step takes the record over. Without a profile the
 * sweeper starts it, which sees to it that there is a request to create one from.
 */
async function restart(
  { claim, record }: Operated,
  { executions, records, now }: OperateDeps,
): Promise<Done> {
  const execution = await executions.look(claim.execution);
  refuseIf(barred("restart", { ...situationOf(claim, record), driven: execution === "runs" }));
  if (!claim.profile_id && execution === "unknown")
    throw new NotNow("it has not been started yet: re-check it");
  const next = await records.restart(claim, whenSafe(claim, now()));
  if (!next) throw new NotNow("somebody else has just restarted it");
  const attempt = `attempt ${next.attempt}`;
  if (!claim.profile_id)
    return { done: true, says: `a new execution starts within a minute, ${attempt}`, status: null };
  await executions.start(next);
  await records.started(next);
  return { done: true, says: `a new execution was started, ${attempt}`, status: record?.status ?? null };
}

/** When the sweeper may start a claim: whoever made it must have had the time to put its request into the vault. */
const whenSafe = ({ created_at }: Claim, now: number): number => Math.max(now, created_at + START_WITHIN_MS);

async function hold(record: ProfileRecord, { claim, who }: Operated, deps: OperateDeps): Promise<Done> {
  if (!(await deps.records.hold(record, { by: who, at: deps.now() }))) {
    const now = await deps.records.find(record);
    throw new NotNow(barred("hold", situationOf(claim, now)) ?? "it has just changed: try again");
  }
  return { done: true, says: "nothing of it is erased until it is released", status: record.status };
}

/** Holds may outlast an execution, which lives for a year: what is due by then needs a new one. */
async function release(record: ProfileRecord, of: Operated, deps: OperateDeps): Promise<Done> {
  const execution = await deps.executions.look(of.claim.execution);
  if (!(await deps.records.endHold(record))) throw new NotNow("it is not under legal hold");
  const says = "it is released, and what is due by now is done";
  if (execution === "runs") return { done: true, says, status: record.status };
  await restart({ ...of, record: await deps.records.find(record) }, deps).catch((error: unknown) => {
    // Somebody was faster; released it is all the same.
    if (!(error instanceof NotNow)) throw error;
  });
  return { done: true, says: `${says} by a new execution`, status: record.status };
}

async function remindNow(record: ProfileRecord, status: ProfileStatus, deps: OperateDeps): Promise<Done> {
  const reminder = await remind(record, status, deps.workflowOf(record.config_id), deps);
  if (reminder === null) throw new NotNow("no customer is waited for");
  return { done: true, says: `CaptureReminderDue was published, reminder ${reminder}`, status };
}

/** The gateway's own link, which may have changed since it was announced first. */
async function resendLink(
  record: ProfileRecord,
  status: ProfileStatus,
  gateway: Gateway,
  { id }: Operated,
  deps: OperateDeps,
): Promise<Done> {
  const link = await gateway.fetchCaptureLink({ id: record.profile_id }).catch((error: unknown) => {
    throw error instanceof NotFound ? new NotNow("the gateway has no link of it") : error;
  });
  const { capture_link, capture_expires_at } = link.body;
  if (capture_expires_at !== null && Date.parse(capture_expires_at) <= deps.now())
    throw new NotNow("its link has expired");
  if (!isCaptureHost(capture_link, deps.captureHosts)) {
    deps.metrics.count("LinkRefused");
    throw new NotNow("its link is on no host that customers may be sent to");
  }
  const about = { ...record, status };
  await announce(deps, "CaptureLinkReady", about, {
    once: `operator-${id}`,
    by: "operator",
    capture_link,
    capture_expires_at,
  });
  return { done: true, says: "CaptureLinkReady was published once more", status };
}

/** Nobody is sent back for less than what was asked for. */
function everyOffered(
  items: RecaptureAsk["items"],
  { configuration: { resources, tasks } }: RecaptureConfig,
): boolean {
  if (items === "all") return true;
  const [refs, keys] = [resources.map(({ ref_id }) => ref_id), tasks.map(({ task_key }) => task_key)];
  return (
    items.ref_ids.every((ref) => refs.includes(ref)) && items.task_keys.every((key) => keys.includes(key))
  );
}

/** What the gateway would have said of it (contract §5.3). */
function refusedRecapture({ items, reason }: RecaptureAsk, offer: RecaptureConfig): Unprocessable {
  const known = offer.reasons.find((each) => each.code === reason.code && each.reason === reason.reason);
  if (!everyOffered(items, offer))
    return new Unprocessable("items", refusals.invalidRecaptureConfiguration().body);
  if (!known) return new Unprocessable("reason", refusals.invalidRecaptureReason().body);
  const { body } =
    known.comments_mandatory && !reason.comments
      ? refusals.commentsMandatory()
      : refusals.invalidRecaptureConfiguration();
  return new Unprocessable("comments or items", body);
}
