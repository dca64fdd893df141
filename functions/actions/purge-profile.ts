import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { type ChangeDeps, changeDeps, changeGrants, changeProfile } from "./gateway-call.ts";

/** E13: erases the profile now; the onboarding follows and erases what we hold. */
export const purgeProfile = defineAction<ChangeDeps>({
  file: "purge-profile",
  serves: endpoints.purgeProfile,
  grants: changeGrants,
  run: (call, deps) =>
    changeProfile(call, deps, "PurgedByCaller", (gateway) => gateway.purgeProfile({ id: call.id })),
});

export const handler = toHandler(purgeProfile, changeDeps);
