import type { Answer } from "./answers.ts";
import { type EndpointName, endpoints } from "./endpoints.ts";
import {
  AuthError,
  BadRequest,
  NotFound,
  StateConflict,
  Transient,
  Unprocessable,
  UnreadableAnswer,
} from "./errors.ts";
import { isTooDeep, parseJson } from "./json.ts";
import { actionResultSchema, fullProfileSchema, profileStatusAnswerSchema } from "./profile.ts";

/** Their success is any 2xx and its body is not documented: read the status afterwards. */
export type OpaqueName = "submitRecapture" | "completeProfile";
const opaque: readonly string[] = ["submitRecapture", "completeProfile"] satisfies OpaqueName[];

/** The taxonomy of contract §1.4. The status decides; bodies only where it says so. */
export function judgeAnswer(
  name: EndpointName,
  statusOnly: boolean,
  { status, bytes, retryAfter }: { status: number; bytes: Uint8Array; retryAfter: string | undefined },
): Answer {
  const parsed = parseJson(bytes);
  // Neither schemas nor whoever hands the body on would survive it, so it is none.
  const json = parsed && isTooDeep(parsed.value) ? null : parsed;
  const body = json?.value ?? null;
  const { code, reason, status: state } = Object(body) as Record<string, unknown>;

  if (status >= 200 && status < 300)
    return { status, body: succeeded(name, statusOnly, { status, bytes, json }) };
  if (status === 401 || status === 403)
    throw new AuthError("the gateway refused our credentials", status, body);
  if (status === 404) throw new NotFound("the gateway does not know this profile", status, body);
  if (status === 405 && code === "NOT_ALLOWED")
    throw new StateConflict("the profile's state forbids this", status, body);
  if (status === 422) {
    // Without a body nobody can tell a replay from a refusal.
    if (!json) throw new UnreadableAnswer("the gateway's answer is not JSON", status);
    const replay =
      (name === "cancelProfile" && code === "ALREADY_CANCELLED") ||
      (name === "purgeProfile" && state === "purged");
    if (replay && actionResultSchema.safeParse(body).success) return { status, body };
    throw new Unprocessable([reason, code].find((word) => typeof word === "string") ?? "", body);
  }
  if (status === 408 || status === 429 || status >= 500)
    throw new Transient(
      `the gateway answered ${status}`,
      status,
      body,
      retryAfter ? retryAfterMs(retryAfter) : null,
    );
  throw new BadRequest(`the gateway answered ${status}`, status, body);
}

/** The body of a success, checked against the endpoint's schema; throws `UnreadableAnswer` otherwise. */
function succeeded(
  name: EndpointName,
  statusOnly: boolean,
  { status, bytes, json }: { status: number; bytes: Uint8Array; json: { value: unknown } | null },
): unknown {
  if (!json && !(opaque.includes(name) && bytes.length === 0))
    throw new UnreadableAnswer("the gateway's answer is not JSON", status);
  if (opaque.includes(name)) return json?.value ?? null;
  // A union would let a full profile that fails its own schema pass for a status.
  const schema =
    name !== "fetchProfile"
      ? endpoints[name].success.body
      : statusOnly
        ? profileStatusAnswerSchema
        : fullProfileSchema;
  try {
    return schema.parse(json?.value);
  } catch {
    // Zod quotes values: its error goes no further.
    throw new UnreadableAnswer("the gateway's answer has an unexpected shape", status);
  }
}

/** Reads `Retry-After`: seconds or an HTTP date. */
export function retryAfterMs(value: string): number | null {
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}
