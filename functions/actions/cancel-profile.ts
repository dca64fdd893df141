import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { type ChangeDeps, changeDeps, changeGrants, changeProfile } from "./gateway-call.ts";

/** E11, E12: gives the onboarding up before the customer is done. */
export const cancelProfile = defineAction<ChangeDeps>({
  file: "cancel-profile",
  serves: endpoints.cancelProfile,
  grants: changeGrants,
  run: (call, deps) =>
    changeProfile(call, deps, "CancelledByCaller", (gateway) =>
      gateway.cancelProfile({ id: call.id, query_type: call.query_type }),
    ),
});

export const handler = toHandler(cancelProfile, changeDeps);
