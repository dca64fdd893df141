import { refusals } from "../../shared/gateway/answers.ts";
import { defineAction, toHandler } from "../action.ts";

/** Every other path: 404 in the gateway's words (E-ROUTE), to those who may call at all. */
export const unknownRoute = defineAction<null>({
  file: "unknown-route",
  serves: {
    method: "GET",
    path: "$default",
    byReference: false,
    statusOnly: false,
    body: null,
    bodyChecked: "after-state",
  },
  grants: ["callers:read"],
  run: async () => refusals.unknownRoute(),
});

export const handler = toHandler(unknownRoute, () => null);
