import * as z from "zod";
import { refusals } from "../../shared/gateway/answers.ts";
import { endpoint } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";

/** Every other path: 404 in the gateway's words (E-ROUTE), to those who may call at all. */
export const unknownRoute = defineAction<null>({
  file: "unknown-route",
  serves: endpoint({
    operations: [],
    summary: "Every other path",
    method: "GET",
    path: "$default",
    success: { status: 200, body: z.never() },
    refusals: ["unknownRoute"],
  }),
  grants: ["callers:read"],
  run: async () => refusals.unknownRoute(),
});

export const handler = toHandler(unknownRoute, () => null);
