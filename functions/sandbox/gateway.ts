import { type Answer, refusals } from "../../shared/gateway/answers.ts";
import { type Endpoint, type EndpointName, endpoints, queryProblem } from "../../shared/gateway/endpoints.ts";
import { jsonProblem, parseJson } from "../../shared/gateway/json.ts";
import { hashOfKey } from "./accounts.ts";
import { control } from "./controls.ts";
import { noFaults, requestFault } from "./faults.ts";
import { appAnswer, edgeAnswer, type HttpAnswer, type HttpRequest } from "./http.ts";
import { type Call, find, operations } from "./operations.ts";
import { pages } from "./pages.ts";
import type { Sandbox } from "./sandbox.ts";
import { noWebhooks } from "./webhook-targets.ts";

/** Answers one request to the sandbox gateway: pages, controls and the endpoints of the contract. Never throws. */
export async function handle(sandbox: Sandbox, request: HttpRequest): Promise<HttpAnswer> {
  try {
    return (await pages(sandbox, request)) ?? (await authenticated(sandbox, request));
  } catch (thrown) {
    logFailure(sandbox, thrown);
    return appAnswer(refusals.internal());
  }
}

const logFailure = ({ log }: Sandbox, thrown: unknown): void =>
  log({ what: "request failed", kind: thrown instanceof Error ? thrown.name : "unknown" });

async function authenticated(sandbox: Sandbox, request: HttpRequest): Promise<HttpAnswer> {
  const { apiKey, accountId } = request;
  if (!apiKey) return edgeAnswer(refusals.noApiKey());
  if (!accountId || !(await sandbox.authenticate(hashOfKey(apiKey), accountId)))
    return edgeAnswer(refusals.badCredentials());
  const controlled = await control(sandbox, accountId, request);
  if (controlled) return appAnswer(controlled);
  const route = findRoute(request);
  if (!route) return appAnswer(refusals.unknownRoute());
  const call = callOf(sandbox, accountId, request, route);
  try {
    call.setup = await sandbox.store.setup(accountId);
    return await faulty(call, route, () => serve(call, request, route));
  } catch (thrown) {
    logFailure(sandbox, thrown);
    return appAnswer(await faultOf(call, route.endpoint));
  }
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
      (!id.includes("/") || (slashes && endpoint.queryTypes.includes("reference_id")));
    return fit ? [{ name, endpoint, id, after }] : [];
  });
  return fits.sort((one, other) => other.after.length - one.after.length)[0] ?? null;
}

/** A call whose account's setup is not read, and whose body is not parsed yet. */
const callOf = (
  sandbox: Sandbox,
  accountId: string,
  { query, origin }: HttpRequest,
  { endpoint, id }: Route,
): Omit<Call, "body"> => ({
  sandbox,
  accountId,
  setup: { webhooks: noWebhooks, faults: noFaults },
  origin,
  id,
  byReference: endpoint.queryTypes.length > 0 && query.get("query_type") === "reference_id",
  statusOnly: endpoint.statusOnly && query.get("status_only") === "true",
});

/** The contract's check order from the JSON syntax on (§1.3). */
async function serve(
  call: Omit<Call, "body">,
  { query, body }: HttpRequest,
  { name, endpoint }: Route,
): Promise<Answer> {
  const json = endpoint.body ? parseJson(body) : { value: undefined };
  if (!json) return refusals.malformedJson();
  const problem = jsonProblem(json.value);
  if (problem) return refusals[endpoint.badBody](`body: ${problem}`);
  const wrongQuery = queryProblem(endpoint, Object.fromEntries(query));
  if (wrongQuery) return refusals.badRequest(wrongQuery);
  return operations[name]({ ...call, body: json.value });
}

/** Applies the account's API faults around a request. */
async function faulty(
  call: Omit<Call, "body">,
  { endpoint }: Route,
  run: () => Promise<Answer>,
): Promise<HttpAnswer> {
  const { sandbox, accountId, setup } = call;
  if (!setup.faults.api) return appAnswer(await run());
  const fault = requestFault(setup.faults, await sandbox.store.countRequest(accountId));
  const answer = fault.takesEffect ? await run() : null;
  if (fault.waitMs > 0) await sandbox.clock.sleep(fault.waitMs);
  if (answer && fault.status === null) return appAnswer(answer);
  const { status, html } = { status: fault.status ?? 500, html: fault.html };
  return status === 500 && !html ? appAnswer(await faultOf(call, endpoint)) : brokenAnswer(status, html);
}

/** The endpoint's own answer to a fault (contract §1.2); that of an action says which profile it failed on. */
async function faultOf(call: Omit<Call, "body">, { fault }: Endpoint): Promise<Answer> {
  if (fault !== "internalAction" && fault !== "internalPurge") return refusals[fault]();
  const record = await find(call).catch(() => null);
  if (!record) return refusals.internal();
  const { status, purged_at } = record.state;
  return refusals[fault](record, status, purged_at);
}

/** An answer from in front of the application. */
function brokenAnswer(status: number, html: boolean): HttpAnswer {
  const later: Record<string, string> = status === 429 || status === 503 ? { "retry-after": "1" } : {};
  if (html) {
    const headers = { "content-type": "text/html", ...later };
    return { status, headers, body: `<html><body><h1>${status}</h1><hr>proxy</body></html>` };
  }
  const answer = edgeAnswer({ status, body: refusals.internal().body });
  return { ...answer, headers: { ...answer.headers, ...later } };
}
