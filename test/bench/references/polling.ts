import { callGateway } from "./gateway-tasks.ts";
import { choice, type ReferenceDesign, task, wait } from "./reference-cloud.ts";

const POLL_SECONDS = 30;

/**
 * The design of the first week: create, then ask every 30 seconds how it stands. Three transitions a turn, whatever
 * happens, and no webhook is needed.
 */
export const polling: ReferenceDesign = {
  definition: {
    StartAt: "CreateProfile",
    States: {
      CreateProfile: task("createProfile", "WaitAWhile"),
      WaitAWhile: wait(POLL_SECONDS, "FetchStatus"),
      FetchStatus: task("fetchStatus", "ByStatus"),
      ByStatus: choice(
        "$.status",
        {
          link_wanted: "SendLink",
          review_required: "Decide",
          completed: "FetchResult",
          failed: "AnnounceEnd",
          cancelled: "AnnounceEnd",
          capture_expired: "AnnounceEnd",
        },
        "WaitAWhile",
      ),
      SendLink: task("fetchLink", "WaitAWhile"),
      Decide: task("decide", "WaitAWhile"),
      FetchResult: task("fetchResult", "Keep"),
      AnnounceEnd: task("announceEnd", "Keep"),
      Keep: wait(30 * 86_400, "Purge"),
      Purge: task("purge", "Done"),
      Done: { Type: "Succeed" },
    },
  },
  tasks: {
    ...callGateway,
    async fetchStatus({ state, token, cloud }) {
      const found = await callGateway.fetchStatus({ state, token, cloud });
      if (found.status === "capture_pending" && !state.link_sent) return { ...found, status: "link_wanted" };
      if (found.status === "review_required" && !cloud.decide(state))
        return { ...found, status: "person_wanted" };
      return found;
    },
    async fetchLink(each) {
      each.cloud.publish();
      return callGateway.fetchLink(each);
    },
    async decide(each) {
      const decided = each.cloud.decide(each.state);
      if (decided === "recapture") return callGateway.submitRecapture(each);
      return decided === "reject" ? callGateway.reject(each) : callGateway.approve(each);
    },
    async announceEnd({ state, cloud }) {
      cloud.publish();
      return state;
    },
    async fetchResult(each) {
      each.cloud.publish();
      return callGateway.fetchResult(each);
    },
  },
};
