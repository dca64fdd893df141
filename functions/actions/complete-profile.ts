import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { type ChangeDeps, changeDeps, changeGrants, changeProfile } from "./gateway-call.ts";

/** E10: a person approves or rejects. */
export const completeProfile = defineAction<ChangeDeps>({
  file: "complete-profile",
  serves: endpoints.completeProfile,
  grants: changeGrants,
  run: (call, deps) =>
    changeProfile(call, deps, "ProfileCompletedByCaller", (gateway) =>
      gateway.completeProfile({ id: call.id, body: call.body }),
    ),
});

export const handler = toHandler(completeProfile, changeDeps);
