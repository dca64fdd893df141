import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { type ChangeDeps, changeDeps, changeGrants, changeProfile } from "./gateway-call.ts";

/** E15: sends the customer to another video-call queue or agent. */
export const updateProfileConfig = defineAction<ChangeDeps>({
  file: "update-profile-config",
  serves: endpoints.updateProfileConfig,
  grants: changeGrants,
  run: (call, deps) =>
    changeProfile(call, deps, "ConfigUpdatedByCaller", (gateway) =>
      gateway.updateProfileConfig({ id: call.id, body: call.body }),
    ),
});

export const handler = toHandler(updateProfileConfig, changeDeps);
