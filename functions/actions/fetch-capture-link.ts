import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { type ForwardDeps, forwardDeps, forwardGrants } from "./gateway-call.ts";

/** E6, E7: the capture link. */
export const fetchCaptureLink = defineAction<ForwardDeps>({
  file: "fetch-capture-link",
  serves: endpoints.fetchCaptureLink,
  grants: forwardGrants,
  run: async ({ account_id, id, query_type }, { gatewayOf }) =>
    (await gatewayOf(account_id)).fetchCaptureLink({ id, query_type }),
});

export const handler = toHandler(fetchCaptureLink, forwardDeps);
