import { isDeepStrictEqual } from "node:util";
import { type Answer, type RefusalName, refusals } from "../../shared/gateway/answers.ts";
import type { Endpoint } from "../../shared/gateway/endpoints.ts";

/** The arguments that make a refusal like `body`. */
export function givenTo(name: RefusalName, body: unknown): unknown[] {
  const said = Object(body) as Record<string, string>;
  if (name === "badRequest" || name === "notNow") return [said["reason"]];
  if (name === "wrongState") return [said["reason"]?.split(" ").at(-1)];
  return "code" in said ? [said, said["status"], said["purged_at"]] : [];
}

function isRefusal(name: RefusalName, { status, body }: Answer): boolean {
  const refusal = refusals[name] as (...given: unknown[]) => Answer;
  const given = givenTo(name, body);
  return given.length >= refusal.length && isDeepStrictEqual(refusal(...given), { status, body });
}

/**
 * Which of the answers that an endpoint documents this is; `null`: none of them. A fault is documented, and yet
 * nothing that a request may bring about.
 */
export function documentedAnswer(
  { success, refusals: documented, body: takesBody }: Endpoint,
  answer: Answer,
): "success" | RefusalName | null {
  if (answer.status === success.status) return success.body.safeParse(answer.body).success ? "success" : null;
  const names: readonly RefusalName[] = takesBody ? [...documented, "tooLarge"] : documented;
  return names.find((name) => isRefusal(name, answer)) ?? null;
}
