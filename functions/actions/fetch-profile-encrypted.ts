import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { type ForwardDeps, forwardDeps, forwardGrants } from "./gateway-call.ts";

/** E18: the profile as the gateway encrypted it; the caller has the account's keys as well. */
export const fetchProfileEncrypted = defineAction<ForwardDeps>({
  file: "fetch-profile-encrypted",
  serves: endpoints.fetchProfileEncrypted,
  grants: forwardGrants,
  run: async ({ account_id, id, query_type }, { gatewayOf }) =>
    (await gatewayOf(account_id)).fetchProfileEncrypted({ id, query_type }),
});

export const handler = toHandler(fetchProfileEncrypted, forwardDeps);
