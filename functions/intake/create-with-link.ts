import { type Answer, refusals } from "../../shared/gateway/answers.ts";
import type { CreateRequest } from "../../shared/gateway/create.ts";
import { NotFound } from "../../shared/gateway/errors.ts";
import { withinTime } from "../gateway/wrap-gateway.ts";
import { type CreateDeps, createAtOnce, createTime } from "./create-at-once.ts";

const LINK_PATIENCE_MS = 8_000;
const PAUSE_MS = 500;

/**
 * A create that answers the capture link (E1, E17). A repeated request whose profile was created asynchronously
 * waits for it.
 */
export async function createWithLink(
  deps: CreateDeps,
  call: { account_id: string; hashKey: string },
  request: CreateRequest,
  mode: "sync" | "encrypted",
): Promise<Answer> {
  const timeLeft = createTime(deps);
  const { profile_id, link } = await createAtOnce(deps, call, request, mode, timeLeft);
  if (link) return { status: 200, body: link };
  const gateway = withinTime(await deps.gatewayOf(call.account_id), timeLeft);
  const until = deps.now() + LINK_PATIENCE_MS;
  for (;;) {
    try {
      return await gateway.fetchCaptureLink({ id: profile_id });
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      if (deps.now() + PAUSE_MS > until) return refusals.internal();
      await deps.sleep(PAUSE_MS);
    }
  }
}
