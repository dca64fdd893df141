import type { TaskFunction } from "./reference-cloud.ts";

const sentBack = { code: "DOCUMENT_INSUFFICIENCY", reason: "Incorrect selfie" };

/** The calls that every design has to make; each keeps what it found in the table, as people do. */
export const callGateway = {
  async createProfile({ state, cloud }) {
    cloud.store();
    const { profile_id } = await cloud.gateway("createProfileAsync", { body: cloud.request });
    const created = { ...state, profile_id: String(profile_id), status: "pending" };
    await cloud.save({ pk: created.profile_id, ...created });
    return created;
  },
  async fetchStatus({ state, cloud }) {
    const { status } = await cloud.gateway("fetchProfile", { id: state.profile_id, statusOnly: true });
    return { ...state, status: String(status) };
  },
  async fetchLink({ state, cloud }) {
    await cloud.gateway("fetchCaptureLink", { id: state.profile_id });
    cloud.store();
    return { ...state, link_sent: true };
  },
  async submitRecapture({ state, cloud }) {
    const { profile_id: id } = state;
    const { configuration } = await cloud.gateway("fetchRecaptureConfig", { id });
    await cloud.gateway("submitRecapture", {
      id,
      body: { recapture_configuration: configuration, recapture_details: sentBack },
    });
    cloud.publish();
    return { ...state, rounds: (state.rounds ?? 0) + 1 };
  },
  async approve({ state, cloud }) {
    await cloud.gateway("completeProfile", { id: state.profile_id, body: { status: "approved" } });
    return state;
  },
  async reject({ state, cloud }) {
    await cloud.gateway("completeProfile", { id: state.profile_id, body: { status: "rejected" } });
    return state;
  },
  async fetchResult({ state, cloud }) {
    await cloud.gateway("fetchProfile", { id: state.profile_id });
    cloud.store();
    await cloud.save({ pk: String(state.profile_id), ...state });
    return state;
  },
  async purge({ state, cloud }) {
    await cloud.gateway("purgeProfile", { id: state.profile_id });
    await cloud.save({ pk: String(state.profile_id), ...state, status: "purged" });
    cloud.publish();
    return state;
  },
} satisfies Record<string, TaskFunction>;
