import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { type ForwardDeps, forwardDeps, forwardGrants } from "./gateway-call.ts";

/** E8: what may be asked for again, and for which reasons. */
export const fetchRecaptureConfig = defineAction<ForwardDeps>({
  file: "fetch-recapture-config",
  serves: endpoints.fetchRecaptureConfig,
  grants: forwardGrants,
  run: async ({ account_id, id }, { gatewayOf }) =>
    (await gatewayOf(account_id)).fetchRecaptureConfig({ id }),
});

export const handler = toHandler(fetchRecaptureConfig, forwardDeps);
