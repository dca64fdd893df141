import { gzipSync } from "node:zlib";
import middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { type Answer, refusals } from "../shared/gateway/answers.ts";
import { checkBody } from "../shared/gateway/check-body.ts";
import { fieldProblem } from "../shared/gateway/create.ts";
import { type Endpoint, type FaultName, type QueryType, queryProblem } from "../shared/gateway/endpoints.ts";
import { AuthError, DecryptionFailed, GatewayError, NotFound, Transient } from "../shared/gateway/errors.ts";
import { jsonProblem, parseJson } from "../shared/gateway/json.ts";
import { actionResultSchema } from "../shared/gateway/profile.ts";
import { type Caller, callersOfStage, type Identify } from "./callers.ts";
import { once } from "./environment.ts";
import type { Grant } from "./grants.ts";
import { DuplicateReference } from "./intake/claim.ts";
import { createLog, faultName, type Log } from "./log.ts";
import { type Metrics, metricsOfStage } from "./metrics/metrics.ts";
import { takesGzip } from "./takes-gzip.ts";

/** A caller's request, authenticated. `body` is parsed JSON; who checks its fields is the endpoint's matter. */
export interface Call extends Caller {
  id: string;
  query_type: QueryType | undefined;
  status_only: boolean;
  /** What the endpoint's `query` made of the parameters. */
  query: unknown;
  body: unknown;
}

/** One method and path, complete: what it serves, what it may touch, what it does. */
export interface Action<Deps> {
  file: string;
  /** An endpoint of the gateway, or a route of our own in the same words. */
  serves: Endpoint;
  grants: readonly Grant[];
  run(call: Call, deps: Deps): Promise<Answer>;
}

export const defineAction = <Deps>(action: Action<Deps>): Action<Deps> => action;

/** The routes of an action, as an HTTP API has them. */
export const routesOf = ({ serves }: Pick<Action<never>, "serves">): { method: string; path: string }[] =>
  [serves.method, serves.alsoMethod].flatMap((method) => (method ? [{ method, path: serves.path }] : []));

/** Our own largest body, under what Lambda takes in one piece. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** What Lambda sends in one piece. Beyond it the caller gets AWS's own fault, of which nothing here is told. */
export const MAX_RESULT_BYTES = 6 * 1024 * 1024;

/** The gateway's answers may be larger than ours. */
class AnswerTooLarge extends Error {
  override readonly name = "AnswerTooLarge";
}

/**
 * The only place that knows HTTP. In the order of contract §1.3: credentials, JSON, query, fields (creates only,
 * everything else is judged by the gateway); then the action; then the contract's body for whatever it threw.
 */
export function toHandler<Deps>(
  action: Action<Deps>,
  build: (log: Log, metrics: Metrics) => Deps,
  identify: () => Identify = callersOfStage,
  meter: () => Metrics = metricsOfStage,
) {
  const log = once(() => createLog("onboarding"));
  const metrics = once(meter);
  const deps = once(() => build(log(), metrics()));
  const callers = once(identify);
  const answerTo = async (event: APIGatewayProxyEventV2): Promise<Answer> => {
    const call = await readCall(action.serves, event, callers());
    return "status" in call ? call : action.run(call, deps());
  };
  return middy(async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const failed = (error: unknown): Answer => {
      const answer = answerFor(error, action.serves);
      const context = {
        function: action.file,
        fault: faultName(error),
        request_id: event.requestContext?.requestId,
      };
      if (answer.status >= 500) {
        log().error("request failed", context);
        metrics().count("RequestFailed");
      }
      return answer;
    };
    try {
      return toResult(await answerTo(event).catch(failed), event);
    } catch (error) {
      // Too large, and so may a refusal of the gateway's be; a fault of our own is not.
      return toResult(failed(error), event);
    }
  });
}

async function readCall(
  serves: Endpoint,
  event: APIGatewayProxyEventV2,
  identify: Identify,
): Promise<Call | Answer> {
  const caller = await identify(event);
  if ("status" in caller) return caller;
  if (serves.path === "$default") return refusals.unknownRoute();

  let body: unknown;
  if (serves.body) {
    const text = event.isBase64Encoded
      ? Buffer.from(event.body ?? "", "base64").toString()
      : (event.body ?? "");
    if (Buffer.byteLength(text) > MAX_BODY_BYTES) return refusals.tooLarge();
    const json = parseJson(text);
    if (!json) return refusals.malformedJson();
    const problem = jsonProblem(json.value);
    if (problem) return refusals[serves.badBody](`body: ${problem}`);
    body = json.value;
  }
  const query = event.queryStringParameters ?? {};
  const wrongQuery = queryProblem(serves, query);
  if (wrongQuery) return refusals.badRequest(wrongQuery);
  const asked = serves.query?.safeParse(query);
  if (asked?.error) return refusals.badRequest(fieldProblem(asked.error, "query"));
  if (serves.body && serves.bodyChecked === "at-once") {
    const checked = checkBody(serves.body, body);
    if (!checked.success) return refusals[serves.badBody](fieldProblem(checked.error));
  }
  return {
    ...caller,
    id: event.pathParameters?.["id"] ?? event.pathParameters?.["reference_id"] ?? "",
    query_type: serves.queryTypes.length > 0 ? (query["query_type"] as QueryType | undefined) : undefined,
    status_only: serves.statusOnly && query["status_only"] === "true",
    query: asked?.data,
    body,
  };
}

/** The contract's answer to whatever was thrown; what the caller can do nothing about is the endpoint's 500. */
export function answerFor(
  error: unknown,
  { fault, refusals: own }: Pick<Endpoint, "fault" | "refusals">,
): Answer {
  if (error instanceof DuplicateReference) return refusals.duplicateReference();
  if (error instanceof DecryptionFailed) return refusals.decryptionFailed();
  if (!(error instanceof GatewayError)) return faultAnswer(fault, null);
  // Our own credentials at the gateway are no business of the caller's.
  if (error instanceof AuthError || error instanceof Transient) return faultAnswer(fault, error.body);
  if (error.status !== null && error.body !== null) return { status: error.status, body: error.body };
  // The gateway's 404 counts whatever came with it. Of a create or the queues it tells of a wrong base URL.
  const unknown = own.find((name) => name === "unknownProfile" || name === "unknownAppointment");
  return error instanceof NotFound && unknown ? refusals[unknown]() : faultAnswer(fault, null);
}

/** The envelope of cancel and purge names the profile, which only the gateway's own fault does. */
function faultAnswer(fault: FaultName, body: unknown): Answer {
  if (fault !== "internalAction" && fault !== "internalPurge") return refusals[fault]();
  const envelope = actionResultSchema.safeParse(body);
  return envelope.success && envelope.data.code === "INTERNAL_ERROR"
    ? { status: 500, body: envelope.data }
    : refusals.internal();
}

/** The answer as Lambda is to send it. Throws `AnswerTooLarge`. */
function toResult(
  { status, body }: Answer,
  event: APIGatewayProxyEventV2,
): APIGatewayProxyStructuredResultV2 {
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "max-age=0, private, must-revalidate",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
  };
  const json = JSON.stringify(body);
  const result = { statusCode: status, headers, body: json };
  if (isSendable(result)) return result;
  const zipped = takesGzip(event) && {
    statusCode: status,
    headers: { ...headers, "content-encoding": "gzip", vary: "accept-encoding" },
    body: gzipSync(json).toString("base64"),
    isBase64Encoded: true,
  };
  if (zipped && isSendable(zipped)) return zipped;
  throw new AnswerTooLarge("the answer is larger than Lambda sends");
}

/** Lambda sends a result as JSON, in which a body of JSON is a text with each of its quotes escaped. */
const isSendable = (result: APIGatewayProxyStructuredResultV2): boolean =>
  Buffer.byteLength(JSON.stringify(result)) <= MAX_RESULT_BYTES;
