import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { type ChangeDeps, changeDeps, changeGrants, changeProfile } from "./gateway-call.ts";

/** E9: a person sends the customer back. The gateway checks state and items. */
export const submitRecapture = defineAction<ChangeDeps>({
  file: "submit-recapture",
  serves: endpoints.submitRecapture,
  grants: changeGrants,
  run: (call, deps) =>
    changeProfile(call, deps, "RecaptureSubmitted", (gateway) =>
      gateway.submitRecapture({ id: call.id, body: call.body }),
    ),
});

export const handler = toHandler(submitRecapture, changeDeps);
