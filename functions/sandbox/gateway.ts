import { type Answer, refusals } from "../../shared/gateway/answers.ts";
import { type Endpoint, type EndpointName, endpoints, queryTypes } from "../../shared/gateway/endpoints.ts";
import { parseJson } from "../../shared/gateway/json.ts";
import { control } from "./controls.ts";
import { requestFault } from "./faults.ts";
import { appAnswer, edgeAnswer, type HttpAnswer, type HttpRequest } from "./http.ts";
import { operations } from "./operations.ts";
import { customerPage } from "./pages.ts";
import type { Sandbox } from "./sandbox.ts";
import type { AccountSetup } from "./store.ts";

/** Answers one request to the sandbox gateway: pages, controls and the endpoints of the contract. Never throws. */
export async function handle(sandbox: Sandbox, request: HttpRequest): Promise<HttpAnswer> {
  try {
    return (await customerPage(sandbox, request)) ?? (await authenticated(sandbox, request));
  } catch (thrown) {
    sandbox.log({ what: "request failed", kind: thrown instanceof Error ? thrown.name : "unknown" });
    return appAnswer(refusals.internal());
  }
}

async function authenticated(sandbox: Sandbox, request: HttpRequest): Promise<HttpAnswer> {
  const { apiKey, accountId } = request;
  if (!apiKey) return edgeAnswer(refusals.noApiKey());
  if (!accountId || !(await sandbox.authenticate(apiKey, accountId)))
    return edgeAnswer(refusals.badCredentials());
  const controlled = await control(sandbox, accountId, request);
  if (controlled) return appAnswer(controlled);
  const route = findRoute(request);
  if (!route) return appAnswer(refusals.unknownRoute());
  const setup = await sandbox.store.setup(accountId);
  return faulty(sandbox, accountId, setup, () => serve(sandbox, accountId, setup, request, route));
}

interface Route {
  name: EndpointName;
  endpoint: Endpoint;
  id: string;
}

/** Longest suffix first: a reference, which is a free string, may hold slashes itself. A profile_id has none. */
function findRoute({ method, path, query }: HttpRequest): Route | null {
  const slashes = query.get("query_type") === "reference_id";
  const fits = (Object.entries(endpoints) as [EndpointName, Endpoint][]).flatMap(([name, endpoint]) => {
    if (method !== endpoint.method && method !== endpoint.alsoMethod) return [];
    const [before = "", after] = endpoint.path.split("{id}");
    if (after === undefined) return path === before ? [{ name, endpoint, id: "", after: "" }] : [];
    const id = path.slice(before.length, path.length - after.length);
    const fit =
      id !== "" &&
      path === `${before}${id}${after}` &&
      (!id.includes("/") || (slashes && endpoint.byReference));
    return fit ? [{ name, endpoint, id, after }] : [];
  });
  return fits.sort((one, other) => other.after.length - one.after.length)[0] ?? null;
}

/** The contract's check order from the JSON syntax on (§1.3). */
async function serve(
  sandbox: Sandbox,
  accountId: string,
  setup: AccountSetup,
  { query, body, origin }: HttpRequest,
  { name, endpoint, id }: Route,
): Promise<Answer> {
  const json = endpoint.body ? parseJson(body) : { value: undefined };
  if (!json) return refusals.malformedJson();
  const queryType = endpoint.byReference ? query.get("query_type") : null;
  if (queryType !== null && !(queryTypes as readonly string[]).includes(queryType))
    return refusals.badRequest("query_type must be profile_id or reference_id");
  return operations[name]({
    sandbox,
    accountId,
    setup,
    origin,
    id,
    byReference: queryType === "reference_id",
    statusOnly: endpoint.statusOnly && query.get("status_only") === "true",
    body: json.value,
  });
}

/** Applies the account's API faults around a request. */
async function faulty(
  sandbox: Sandbox,
  accountId: string,
  { faults }: AccountSetup,
  run: () => Promise<Answer>,
): Promise<HttpAnswer> {
  if (!faults.api) return appAnswer(await run());
  const fault = requestFault(faults, await sandbox.store.countRequest(accountId));
  const answer = fault.takesEffect ? await run() : null;
  if (fault.waitMs > 0) await sandbox.clock.sleep(fault.waitMs);
  return answer && fault.status === null ? appAnswer(answer) : brokenAnswer(fault.status ?? 500, fault.html);
}

function brokenAnswer(status: number, html: boolean): HttpAnswer {
  const later: Record<string, string> = status === 429 || status === 503 ? { "retry-after": "1" } : {};
  if (html) {
    const headers = { "content-type": "text/html", ...later };
    return { status, headers, body: `<html><body><h1>${status}</h1><hr>proxy</body></html>` };
  }
  const answer = edgeAnswer({ status, body: refusals.internal().body });
  return { ...answer, headers: { ...answer.headers, ...later } };
}
