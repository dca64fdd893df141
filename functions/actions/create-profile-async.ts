import type { CreateRequest } from "../../shared/gateway/create.ts";
import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { intakeRequestSchema } from "../intake/claim.ts";
import { createAtOnce } from "../intake/create-at-once.ts";
import { type IntakeDeps, intakeDeps, intakeGrants } from "../intake/intake-deps.ts";
import { type ForwardDeps, forwardDeps, forwardGrants } from "./gateway-call.ts";

/** E2: creates a profile and orchestrates it from there. The same request again gets the same `profile_id`. */
export const createProfileAsync = defineAction<IntakeDeps & ForwardDeps>({
  file: "create-profile-async",
  serves: { ...endpoints.createProfileAsync, body: intakeRequestSchema },
  grants: [...new Set([...intakeGrants, ...forwardGrants])],
  async run({ account_id, hashKey, body }, deps) {
    const request = body as CreateRequest;
    const gateway = await deps.gatewayOf(account_id);
    const { profile_id } = await createAtOnce({ ...deps, gateway, hashKey }, account_id, request, "async");
    return { status: 202, body: { profile_id } };
  },
});

export const handler = toHandler(createProfileAsync, (log) => ({ ...intakeDeps(), ...forwardDeps(log) }));
