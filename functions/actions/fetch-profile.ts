import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { type ForwardDeps, forwardDeps, forwardGrants } from "./gateway-call.ts";

/** E3, E4, E5: the profile, or its status only. */
export const fetchProfile = defineAction<ForwardDeps>({
  file: "fetch-profile",
  serves: endpoints.fetchProfile,
  grants: forwardGrants,
  run: async ({ account_id, id, query_type, status_only }, { gatewayOf }) =>
    (await gatewayOf(account_id)).fetchProfile({ id, query_type, status_only }),
});

export const handler = toHandler(fetchProfile, forwardDeps);
