import { callGateway } from "./gateway-tasks.ts";
import {
  callback,
  choice,
  type ReferenceDesign,
  type ReferenceState,
  type TaskFunction,
  task,
  wait,
} from "./reference-cloud.ts";

/** Statuses that end a wait; a textbook resumes on nothing else either. */
const awaited = ["capture_pending", "review_required", "completed", "failed", "cancelled", "capture_expired"];

const saveToken: TaskFunction = async ({ state, token, cloud }) => {
  await cloud.save({ pk: String(state.profile_id), ...state, token });
  return state;
};

/**
 * The design of the textbook: a state for every call, and a state that waits for the webhook. What it does not do is
 * not charged to it either: no claim, no check of what a webhook says against the gateway before it moves, no sweeper.
 */
export const textbook: ReferenceDesign = {
  definition: {
    StartAt: "ClaimReference",
    States: {
      ClaimReference: task("claimReference", "CreateProfile"),
      CreateProfile: task("createProfile", "WaitForLink"),
      WaitForLink: callback("saveToken", "FetchLink"),
      FetchLink: task("fetchLink", "SendLink"),
      SendLink: task("sendLink", "WaitForStatus"),
      WaitForStatus: callback("saveToken", "FetchStatus"),
      FetchStatus: task("fetchStatus", "ByStatus"),
      ByStatus: choice(
        "$.status",
        {
          review_required: "Decide",
          completed: "FetchResult",
          failed: "AnnounceOutcome",
          cancelled: "AnnounceOutcome",
          capture_expired: "AnnounceOutcome",
        },
        "WaitForStatus",
      ),
      Decide: task("decide", "ByDecision"),
      ByDecision: choice(
        "$.status",
        { recapture: "SubmitRecapture", approve: "Approve", reject: "Reject" },
        "WaitForStatus",
      ),
      SubmitRecapture: task("submitRecapture", "WaitForStatus"),
      Approve: task("approve", "WaitForStatus"),
      Reject: task("reject", "WaitForStatus"),
      FetchResult: task("fetchResult", "AnnounceOutcome"),
      AnnounceOutcome: task("announceOutcome", "Keep"),
      Keep: wait(30 * 86_400, "Purge"),
      Purge: task("purge", "Done"),
      Done: { Type: "Succeed" },
    },
  },
  tasks: {
    ...callGateway,
    saveToken,
    async claimReference({ state, cloud }) {
      await cloud.save({ pk: state.reference_id, ...state });
      return state;
    },
    async sendLink({ state, cloud }) {
      cloud.publish();
      return state;
    },
    async decide({ state, cloud }) {
      return { ...state, status: cloud.decide(state) ?? "person" };
    },
    async announceOutcome({ state, cloud }) {
      cloud.publish();
      return state;
    },
  },
  async onWebhook({ profile_id, status }, cloud) {
    if (!awaited.includes(status)) return;
    const item = await cloud.load(profile_id);
    if (!item) return;
    const { pk, sk, token, ...state } = item;
    if (typeof token === "string") cloud.answer(token, state as unknown as ReferenceState);
  },
};
