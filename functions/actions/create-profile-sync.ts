import { setTimeout as sleep } from "node:timers/promises";
import { refusals } from "../../shared/gateway/answers.ts";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { endpoints } from "../../shared/gateway/endpoints.ts";
import { NotFound } from "../../shared/gateway/errors.ts";
import { defineAction, toHandler } from "../action.ts";
import { intakeRequestSchema } from "../intake/claim.ts";
import { createAtOnce } from "../intake/create-at-once.ts";
import { type IntakeDeps, intakeDeps, intakeGrants } from "../intake/intake-deps.ts";
import { type ForwardDeps, forwardDeps, forwardGrants } from "./gateway-call.ts";

const LINK_PATIENCE_MS = 8_000;
const PAUSE_MS = 500;

/** E1: as E2, answering the capture link. A repeated request whose profile was created asynchronously waits for it. */
export const createProfileSync = defineAction<IntakeDeps & ForwardDeps>({
  file: "create-profile-sync",
  serves: { ...endpoints.createProfileSync, body: intakeRequestSchema },
  grants: [...new Set([...intakeGrants, ...forwardGrants])],
  async run({ account_id, hashKey, body }, deps) {
    const request = body as CreateRequest;
    const gateway = await deps.gatewayOf(account_id);
    const { profile_id, link } = await createAtOnce(
      { ...deps, gateway, hashKey },
      account_id,
      request,
      "sync",
    );
    if (link) return { status: 200, body: link };
    const until = deps.now() + LINK_PATIENCE_MS;
    for (;;) {
      try {
        return await gateway.fetchCaptureLink({ id: profile_id });
      } catch (error) {
        if (!(error instanceof NotFound)) throw error;
        if (deps.now() + PAUSE_MS > until) return refusals.internal();
        await sleep(PAUSE_MS);
      }
    }
  },
});

export const handler = toHandler(createProfileSync, (log) => ({ ...intakeDeps(), ...forwardDeps(log) }));
