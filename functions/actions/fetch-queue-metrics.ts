import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { type ForwardDeps, forwardDeps, forwardGrants } from "./gateway-call.ts";

/** E16: how busy the video-call queues are now. */
export const fetchQueueMetrics = defineAction<ForwardDeps>({
  file: "fetch-queue-metrics",
  serves: endpoints.fetchQueueMetrics,
  grants: forwardGrants,
  run: async ({ account_id }, { gatewayOf }) => (await gatewayOf(account_id)).fetchQueueMetrics({}),
});

export const handler = toHandler(fetchQueueMetrics, forwardDeps);
