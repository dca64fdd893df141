import type * as z from "zod";
import { type Answer, refusals, successes } from "../../shared/gateway/answers.ts";
import { checkBody } from "../../shared/gateway/check-body.ts";
import {
  createRequestSchema,
  encryptedCreateRequestSchema,
  fieldProblem,
  isBase64,
} from "../../shared/gateway/create.ts";
import { decryptCreate } from "../../shared/gateway/encryption.ts";
import type { EndpointName } from "../../shared/gateway/endpoints.ts";
import { DecryptionFailed } from "../../shared/gateway/errors.ts";
import {
  completionRequestSchema,
  type FullProfile,
  recaptureRequestSchema,
} from "../../shared/gateway/profile.ts";
import { cancelAppointmentSchema, configUpdateSchema } from "../../shared/gateway/video-calls.ts";
import { type GatewayOperation, isAllowed } from "../../shared/profile/lifecycle.ts";
import type { ProfileStatus } from "../../shared/profile/status.ts";
import { change, flush, look, momentOf } from "./advance.ts";
import { cancelAppointment, reroute } from "./call-moves.ts";
import { journeys, type ScenarioName } from "./journeys.ts";
import { begin, cancel, decide, type Moment, purge, sendBack } from "./moves.ts";
import { captureLink, encryptedProfile, fullProfile, statusAnswer } from "./profile-document.ts";
import type { ProfileRecord } from "./profile-record.ts";
import { askedIn, recaptureConfig, refuseRecapture } from "./recapture-offer.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Settings } from "./settings.ts";
import type { AccountSetup } from "./store.ts";
import { queueMetrics } from "./switchboard.ts";

/** One authenticated and routed request. */
export interface Call {
  sandbox: Sandbox;
  accountId: string;
  setup: AccountSetup;
  origin: string;
  /** The path's id and how it is to be read. Empty for creates. */
  id: string;
  byReference: boolean;
  statusOnly: boolean;
  /** The parsed body; `undefined` where the endpoint has none. */
  body: unknown;
}

/** Most of a record that a caller may fill; the rest of a create is kept elsewhere. */
const MAX_RECORD_BYTES = 200_000;

/** The behaviour of each endpoint, in the contract's check order (§1.3). Adding an endpoint: its entry here. */
export const operations: Record<EndpointName, (call: Call) => Promise<Answer>> = {
  createProfileSync: (call) => create(call, true),
  createProfileAsync: (call) => create(call, false),

  async createProfileEncrypted(call) {
    const parsed = checkBody(encryptedCreateRequestSchema, call.body);
    if (!parsed.success) return badBody(parsed.error);
    try {
      const request = await decryptCreate(parsed.data, call.sandbox.cipherOf(call.accountId));
      return request.success
        ? await create({ ...call, body: request.data }, true, true)
        : badBody(request.error);
    } catch (error) {
      if (error instanceof DecryptionFailed) return refusals.decryptionFailed();
      throw error;
    }
  },

  async fetchProfile(call) {
    const record = await find(call);
    if (!record) return refusals.unknownProfile();
    return ok(call.statusOnly ? statusAnswer(record) : await profileOf(call, record));
  },

  async fetchProfileEncrypted(call) {
    const record = await find(call);
    if (!record) return refusals.unknownProfile();
    const profile = await profileOf(call, record);
    return ok(await encryptedProfile(profile, call.sandbox.cipherOf(record.account_id)));
  },

  async fetchCaptureLink(call) {
    const record = await find(call);
    const link = record && captureLink(record);
    return link ? ok(link) : refusals.unknownProfile();
  },

  async fetchRecaptureConfig(call) {
    const record = await find(call);
    if (!record) return refusals.unknownProfile();
    return inState("fetchRecaptureConfig", record) ?? ok(recaptureConfig(record));
  },

  submitRecapture: (call) =>
    act(call, successes.sentForRecapture, (record, moment) => {
      const wrongState = inState("submitRecapture", record);
      if (wrongState) return wrongState;
      const submit = checkBody(recaptureRequestSchema, call.body);
      if (!submit.success) return badBody(submit.error);
      return (
        refuseRecapture(record, submit.data) ??
        ifSmall(sendBack(record, askedIn(submit.data), submit.data.recapture_details, null, moment))
      );
    }),

  completeProfile: (call) =>
    act(call, successes.completed, (record, moment) => {
      const wrongState = inState("completeProfile", record);
      if (wrongState) return wrongState;
      const completion = checkBody(completionRequestSchema, call.body);
      if (!completion.success) {
        const fields = completion.error.issues.map(({ path }) => path[0]);
        const onlyDescription = fields.every((field) => field === "status_description");
        return onlyDescription ? badBody(completion.error) : refusals.completionStatus();
      }
      const { status, status_description } = completion.data;
      return ifSmall(decide(record, status, status_description ?? {}, null, moment));
    }),

  cancelProfile: (call) =>
    act(call, successes.cancelled, (record, moment) => {
      const { status } = record.state;
      if (isAllowed("cancelProfile", status)) return cancel(record, moment);
      return status === "cancelled"
        ? refusals.alreadyCancelled(record, status)
        : refusals.cancelNotAllowed(record, status);
    }),

  purgeProfile: (call) =>
    act(call, successes.purged, (record, moment) => {
      const { status, purged_at } = record.state;
      if (mayPurge(call.sandbox.settings.purgePolicy, status)) return purge(record, moment);
      return refusals.purgeNotAllowed(record, status, purged_at);
    }),

  async cancelAppointment(call) {
    const request = checkBody(cancelAppointmentSchema, call.body);
    if (!request.success) return refusals.invalidAppointmentRequest();
    const { reference_id } = request.data;
    const found = await find({ ...call, id: reference_id, byReference: true });
    const changed = found && (await change(call.sandbox, found.profile_id, cancelAppointment));
    if (!changed) return refusals.unknownAppointment();
    return "refusal" in changed ? changed.refusal : ok({ reference_id, state: "cancelled" });
  },

  updateProfileConfig: (call) =>
    act(
      call,
      ({ profile_id }) => ok({ profile_id }),
      (record) => {
        const wrongState = inState("updateProfileConfig", record);
        if (wrongState) return wrongState;
        const update = checkBody(configUpdateSchema, call.body);
        if (!update.success) return badBody(update.error);
        const { profile_id, relay_data } = update.data;
        if (profile_id !== undefined && profile_id !== record.profile_id)
          return refusals.badRequest("profile_id: must be that of the path");
        if (relay_data !== undefined && !isBase64(relay_data)) return refusals.invalidBase64();
        return ifSmall(reroute(record, update.data));
      },
    ),

  async fetchQueueMetrics({ sandbox, accountId }) {
    return ok(queueMetrics(await sandbox.store.switchboard(accountId), momentOf(sandbox)));
  },
};

const isTooLarge = (record: ProfileRecord): boolean =>
  Buffer.byteLength(JSON.stringify(record)) > MAX_RECORD_BYTES;

/** A changed record, if it can still be kept. What callers say of a profile is in there, and in its webhooks. */
const ifSmall = (record: ProfileRecord): ProfileRecord | Answer =>
  isTooLarge(record) ? refusals.tooLarge() : record;

const ok = (body: unknown): Answer => ({ status: 200, body });

const badBody = (error: z.ZodError): Answer => refusals.badRequest(fieldProblem(error));

const inState = (operation: GatewayOperation, { state }: ProfileRecord): Answer | null =>
  isAllowed(operation, state.status) ? null : refusals.wrongState(state.status);

/** Contract A-10. */
function mayPurge(policy: Settings["purgePolicy"], status: ProfileStatus): boolean {
  if (policy === "any") return status !== "purged";
  return policy === "completed_only" ? status === "completed" : isAllowed("purgeProfile", status);
}

/** `ready`: answers with the link. `encrypted`: what the caller encrypted stays so in webhooks. */
async function create(
  { sandbox, accountId, setup, origin, body }: Call,
  ready: boolean,
  encrypted = false,
): Promise<Answer> {
  const { settings, store, ids } = sandbox;
  const parsed = checkBody(createRequestSchema, body);
  if (!parsed.success) return badBody(parsed.error);
  const request = parsed.data;
  const { id, overrides = null, reference_profile_id } = request.config;
  const scenario = Object.hasOwn(settings.packages, id) ? settings.packages[id] : undefined;
  // A sync create answers with a link, so a package that never has one is none of its packages.
  if (!scenario || (ready && withoutLink(scenario))) return refusals.unknownPackage();
  if (request.relay_data !== undefined && !isBase64(request.relay_data)) return refusals.invalidBase64();
  const record = begin(
    {
      profile_id: ids.profileId(),
      account_id: accountId,
      reference_id: request.reference_id,
      group_id: request.group_id ?? null,
      config: { id, overrides, ...(reference_profile_id !== undefined && { reference_profile_id }) },
      ...(encrypted && { encrypted }),
      scenario,
      origin,
      link: withoutLink(scenario) ? null : { token: ids.token(), expires_at: null },
      artifact_key: ids.token(),
    },
    ready,
    momentOf(sandbox),
  );
  if (isTooLarge(record)) return refusals.tooLarge();
  const again = setup.faults.api?.acceptDuplicates ?? false;
  if (!(await store.create(record, request, again))) return refusals.duplicateReference();
  const { profile_id, state } = record;
  sandbox.log({ what: "profile created", account_id: accountId, profile_id, status: state.status });
  await flush(sandbox, record);
  return ready ? ok(captureLink(record)) : { status: 202, body: { profile_id } };
}

const withoutLink = (scenario: ScenarioName): boolean => journeys[scenario].link === "never";

async function profileOf({ sandbox: { store, clock } }: Call, record: ProfileRecord): Promise<FullProfile> {
  const request = record.state.status === "purged" ? null : await store.request(record.profile_id);
  return fullProfile(record, record.state, request, clock.now());
}

/** The profile that a path id names, if it is the caller's. Another account's profile is unknown. */
export async function find(call: Omit<Call, "body">): Promise<ProfileRecord | null> {
  const { sandbox, accountId, byReference, id, setup } = call;
  const profileId = byReference ? await sandbox.store.findByReference(accountId, id) : id;
  const record = profileId === null ? null : await look(sandbox, profileId);
  if (!record || record.account_id !== accountId) return null;
  const visibleAt = Date.parse(record.created_at) + (setup.faults.api?.lookupLagMs ?? 0);
  return byReference && sandbox.clock.now() < visibleAt ? null : record;
}

/** An operation that moves the profile. `decided` is asked again whenever the profile changed meanwhile. */
async function act(
  call: Call,
  success: (record: ProfileRecord) => Answer,
  decided: (record: ProfileRecord, moment: Moment) => ProfileRecord | Answer,
): Promise<Answer> {
  const found = await find(call);
  if (!found) return refusals.unknownProfile();
  const changed = await change(call.sandbox, found.profile_id, decided);
  if (!changed) return refusals.unknownProfile();
  return "refusal" in changed ? changed.refusal : success(changed.record);
}
