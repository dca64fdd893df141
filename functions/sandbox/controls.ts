import type * as z from "zod";
import { type Answer, refusals } from "../../shared/gateway/answers.ts";
import { checkBody } from "../../shared/gateway/check-body.ts";
import { fieldProblem } from "../../shared/gateway/create.ts";
import { jsonProblem, parseJson } from "../../shared/gateway/json.ts";
import { faultsSchema } from "./faults.ts";
import type { HttpRequest } from "./http.ts";
import type { Sandbox } from "./sandbox.ts";
import { shownTargets, webhookTargetsSchema } from "./webhook-targets.ts";

/**
 * The sandbox's own controls, each for the account that asks: `PUT /sandbox/faults`, `PUT /sandbox/webhooks` and a look
 * at what was set there, `GET /sandbox/dead-letters`. `null` for every other path. Faults never touch them.
 */
export async function control(
  { store }: Sandbox,
  accountId: string,
  { method, path, body }: HttpRequest,
): Promise<Answer | null> {
  switch (`${method} ${path}`) {
    case "PUT /sandbox/faults":
      return withBody(body, faultsSchema, async (faults) => {
        await store.saveFaults(accountId, faults);
        return { status: 200, body: faults };
      });
    case "PUT /sandbox/webhooks":
      return withBody(body, webhookTargetsSchema, async (webhooks) => {
        await store.saveWebhooks(accountId, webhooks);
        // The URLs are secrets of the receiver: they are not read back.
        return { status: 200, body: { kind: webhooks.kind, slots: Object.keys(webhooks.urls) } };
      });
    case "GET /sandbox/webhooks":
      return { status: 200, body: shownTargets((await store.setup(accountId)).webhooks) };
    case "GET /sandbox/dead-letters":
      return { status: 200, body: { dead_letters: await store.deadLetters(accountId) } };
    default:
      return null;
  }
}

async function withBody<Body>(
  text: string,
  schema: z.ZodType<Body>,
  run: (body: Body) => Promise<Answer>,
): Promise<Answer> {
  const json = parseJson(text);
  if (!json) return refusals.malformedJson();
  const problem = jsonProblem(json.value);
  if (problem) return refusals.badRequest(`body: ${problem}`);
  const parsed = checkBody(schema, json.value);
  return parsed.success ? run(parsed.data) : refusals.badRequest(fieldProblem(parsed.error));
}
