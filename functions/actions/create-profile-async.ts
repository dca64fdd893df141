import type { CreateRequest } from "../../shared/gateway/create.ts";
import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { intakeRequestSchema } from "../intake/claim.ts";
import { type CreateDeps, createAtOnce, createDeps, createGrants } from "../intake/create-at-once.ts";

/** E2: creates a profile and orchestrates it from there. The same request again gets the same `profile_id`. */
export const createProfileAsync = defineAction<CreateDeps>({
  file: "create-profile-async",
  serves: { ...endpoints.createProfileAsync, body: intakeRequestSchema },
  grants: createGrants,
  async run(call, deps) {
    const { profile_id } = await createAtOnce(deps, call, call.body as CreateRequest, "async");
    return { status: 202, body: { profile_id } };
  },
});

export const handler = toHandler(createProfileAsync, createDeps);
