import * as z from "zod";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { endpoint } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { intakeRequestSchema } from "../intake/claim.ts";
import { type IntakeDeps, intakeDeps, intakeGrants } from "../intake/intake-deps.ts";
import { startOnboarding as start } from "../intake/start-onboarding.ts";

export const startedSchema = z.object({
  reference_id: z.string(),
  profile_id: z.string().nullable(),
  execution_arn: z.string(),
});

/** `POST /onboardings`: takes a create request (contract §3.1) and answers at once; events tell the rest. */
export const startOnboarding = defineAction<IntakeDeps>({
  file: "start-onboarding",
  serves: endpoint({
    operations: [],
    summary: "Start an onboarding",
    method: "POST",
    path: "/onboardings",
    body: intakeRequestSchema,
    bodyChecked: "at-once",
    success: { status: 202, body: startedSchema },
    refusals: ["malformedJson", "badRequest", "duplicateReference"],
  }),
  grants: intakeGrants,
  async run({ account_id, hashKey, body }, deps) {
    const request = body as CreateRequest;
    const { reference_id } = request;
    const { claim, execution_arn } = await start(deps, hashKey, account_id, request);
    return { status: 202, body: { reference_id, profile_id: claim.profile_id, execution_arn } };
  },
});

export const handler = toHandler(startOnboarding, intakeDeps);
