import type { CreateRequest } from "../../shared/gateway/create.ts";
import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { intakeRequestSchema } from "../intake/claim.ts";
import { type CreateDeps, createDeps, createGrants } from "../intake/create-at-once.ts";
import { createWithLink } from "../intake/create-with-link.ts";

/** E1: as E2, answering the capture link. */
export const createProfileSync = defineAction<CreateDeps>({
  file: "create-profile-sync",
  serves: { ...endpoints.createProfileSync, body: intakeRequestSchema },
  grants: createGrants,
  run: (call, deps) => createWithLink(deps, call, call.body as CreateRequest, "sync"),
});

export const handler = toHandler(createProfileSync, createDeps);
