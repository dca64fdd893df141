import { NodeHttpHandler } from "@smithy/node-http-handler";
import { HttpRequest } from "@smithy/protocol-http";
import { DelegateBackoff, handleWhen, retry } from "cockatiel";
import type * as z from "zod";
import { type Answer, refusals } from "./answers.ts";
import { type Endpoint, type EndpointName, type Endpoints, endpoints, type QueryType } from "./endpoints.ts";
import { GatewayError, NotFound, Transient, UnreadableAnswer } from "./errors.ts";
import { judgeAnswer, type OpaqueName } from "./judge-answer.ts";
import type { ProfileStatusAnswer } from "./profile.ts";

/** From opening a connection to the last byte of the answer, if nothing else is said. */
export const ATTEMPT_TIMEOUT_MS = 8_000;

/** Where the gateway is and who we are there (contract §1.1). The base URL may have a path of its own. */
export interface GatewayAccount {
  baseUrl: string;
  apiKey: string;
  accountId: string;
}

/** One request sent and what came of it: nothing here is secret or personal, all of it may be logged. */
export interface GatewayAttempt {
  endpoint: EndpointName;
  /** From 1. */
  attempt: number;
  /** `null`: no whole answer. */
  status: number | null;
  ms: number;
  /** Name of the error class, or `null` when the attempt succeeded. */
  fault: string | null;
}

export interface GatewayOptions {
  /** Default 3,000. */
  connectTimeoutMs?: number;
  /** From opening the connection to the last byte of the answer. Default {@link ATTEMPT_TIMEOUT_MS}. */
  attemptTimeoutMs?: number;
  /** Over all attempts and the pauses between them. Default 20,000. */
  totalTimeoutMs?: number;
  /** Default 3; what is not `repeatable` is always sent once. */
  maxAttempts?: number;
  /** Default 8 MiB. */
  maxAnswerBytes?: number;
  /** Upper end of the first random pause; doubles with each further one. Default 200. */
  firstPauseMs?: number;
  /** Default 4,000; a pause that the gateway asks for may be longer. */
  longestPauseMs?: number;
  onAttempt?: (attempt: GatewayAttempt) => void;
}

/** How many milliseconds whoever calls has left; asked as the call begins. */
export type TimeLeft = () => number;

type CreateName = "createProfileSync" | "createProfileAsync" | "createProfileEncrypted";

/** A body goes out as it is: the gateway judges it. */
export interface BodyInput {
  body: unknown;
}
export interface ProfileInput {
  id: string;
  query_type?: QueryType | undefined;
  body?: unknown;
}
export interface FetchInput {
  id: string;
  query_type?: QueryType | undefined;
  status_only?: boolean | undefined;
}

export type GatewayInput<Name extends EndpointName> = Name extends CreateName | "cancelAppointment"
  ? BodyInput
  : Name extends "fetchProfile"
    ? FetchInput
    : Name extends "fetchQueueMetrics"
      ? { id?: undefined }
      : ProfileInput;
export type GatewayBody<Name extends EndpointName> = Name extends OpaqueName
  ? unknown
  : z.output<Endpoints[Name]["success"]["body"]>;

/**
 * One method per endpoint, which takes no longer than its caller has left. Each answers a success, or the replay of one: a cancel or purge that had already
 * happened comes back with its 422. Everything else is thrown as a `GatewayError` (contract §1.4).
 */
export type Gateway = {
  [Name in EndpointName]: (
    input: GatewayInput<Name>,
    timeLeft?: TimeLeft,
  ) => Promise<Answer<GatewayBody<Name>>>;
} & {
  /** E5. */
  fetchStatus(
    input: { id: string; query_type?: QueryType | undefined },
    timeLeft?: TimeLeft,
  ): Promise<ProfileStatusAnswer>;
  /** Drops the kept-alive connections. */
  close(): void;
};

/**
 * A client of the Profile Gateway. Retries what is transient and repeatable; whoever creates looks up first
 * (§3.4, {@link lookUp}). A retried recapture submit or completion may find its own first attempt done and be
 * refused with `Unprocessable`: read the status.
 *
 * @throws TypeError when the account is malformed; its values are not quoted.
 * @example
 * const gateway = createGateway({ baseUrl: "https://gateway.example.com", apiKey, accountId });
 * const { body } = await gateway.fetchCaptureLink({ id: "order-7", query_type: "reference_id" });
 */
export function createGateway(account: GatewayAccount, options: GatewayOptions = {}): Gateway {
  const {
    connectTimeoutMs = 3_000,
    attemptTimeoutMs = ATTEMPT_TIMEOUT_MS,
    totalTimeoutMs = 20_000,
    maxAttempts = 3,
    maxAnswerBytes = 8 * 1024 * 1024,
    firstPauseMs = 200,
    longestPauseMs = 4_000,
    onAttempt,
  } = options;
  const toRequest = requestsTo(account);
  const handler = new NodeHttpHandler({ connectionTimeout: connectTimeoutMs });

  async function send(
    name: EndpointName,
    input: Input,
    request: HttpRequest,
    timeoutMs: number,
  ): Promise<Answer> {
    // One signal bounds headers and body alike; the handler's own timeouts stop at the headers.
    const abortSignal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
    let status: number;
    let headers: Record<string, string | undefined>;
    let bytes: Uint8Array | null;
    try {
      const { response } = await handler.handle(request, { abortSignal });
      status = response.statusCode;
      headers = response.headers;
      bytes = await readBytes(response.body, maxAnswerBytes);
    } catch (error) {
      throw brokenOff(error, abortSignal.aborted);
    }
    if (!bytes) throw new UnreadableAnswer("the gateway's answer is too large", status);
    return judgeAnswer(name, input.status_only ?? false, {
      status,
      bytes,
      retryAfter: headers["retry-after"],
    });
  }

  async function call(name: EndpointName, input: Input, timeLeft?: TimeLeft): Promise<Answer> {
    const request = toRequest(endpoints[name], input);
    const deadline = performance.now() + Math.min(totalTimeoutMs, timeLeft?.() ?? totalTimeoutMs);
    const left = () => deadline - performance.now();
    let pause = 0;
    const policy = retry(
      handleWhen((error) => error instanceof Transient && pause < left()),
      {
        maxAttempts: endpoints[name].repeatable ? maxAttempts - 1 : 0,
        backoff: new DelegateBackoff(() => pause),
      },
    );
    return policy.execute(async ({ attempt }) => {
      const started = performance.now();
      const report = (status: number | null, fault: string | null) =>
        onAttempt?.({
          endpoint: name,
          attempt: attempt + 1,
          status,
          ms: Math.round(performance.now() - started),
          fault,
        });
      try {
        const answer = await send(name, input, request, Math.min(attemptTimeoutMs, left()));
        report(answer.status, null);
        return answer;
      } catch (error) {
        if (error instanceof GatewayError) report(error.status, error.name);
        if (error instanceof Transient) {
          const ceiling = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt);
          pause = Math.max(Math.random() * ceiling, error.retryAfterMs ?? 0);
        }
        throw error;
      }
    });
  }

  const methods = Object.fromEntries(
    (Object.keys(endpoints) as EndpointName[]).map((name) => [
      name,
      (input: Input, timeLeft?: TimeLeft) => call(name, input, timeLeft),
    ]),
  ) as Pick<Gateway, EndpointName>;
  return {
    ...methods,
    async fetchStatus(input, timeLeft) {
      const { body } = await methods.fetchProfile({ ...input, status_only: true }, timeLeft);
      return body as ProfileStatusAnswer;
    },
    close: () => handler.destroy(),
  };
}

/**
 * Whether a profile exists under this reference, asked before each create (§3.4); `null` when it does not.
 *
 * @throws UnreadableAnswer when the answer is about another reference: nobody adopts a stranger's profile.
 */
export async function lookUp(
  gateway: Pick<Gateway, "fetchStatus">,
  reference_id: string,
): Promise<ProfileStatusAnswer | null> {
  let found: ProfileStatusAnswer;
  try {
    found = await gateway.fetchStatus({ id: reference_id, query_type: "reference_id" });
  } catch (error) {
    if (error instanceof NotFound) return null;
    throw error;
  }
  if (found.reference_id !== reference_id)
    throw new UnreadableAnswer("the gateway answered about another reference", 200);
  return found;
}

type Input = Partial<BodyInput & ProfileInput & FetchInput>;

/** Checks the account once, then builds requests. */
function requestsTo({ baseUrl, apiKey, accountId }: GatewayAccount) {
  const base = URL.parse(baseUrl);
  if (!base || !/^https?:$/.test(base.protocol) || base.search || base.hash || base.username || base.password)
    throw new TypeError("baseUrl must be an http(s) URL without credentials, query or fragment");
  for (const [name, value] of Object.entries({ apiKey, accountId }))
    if (!/^[\x21-\x7e]+$/.test(value)) throw new TypeError(`${name} must be printable ASCII without spaces`);
  const prefix = base.pathname.replace(/\/+$/, "");

  return (endpoint: Endpoint, { id, query_type, status_only, body }: Input): HttpRequest => {
    const query: Record<string, string> = {};
    if (query_type !== undefined) query["query_type"] = query_type;
    if (status_only) query["status_only"] = "true";
    const json = endpoint.body && body !== undefined ? JSON.stringify(body) : undefined;
    return new HttpRequest({
      protocol: base.protocol,
      hostname: base.hostname,
      ...(base.port ? { port: Number(base.port) } : {}),
      method: endpoint.method,
      path: prefix + endpoint.path.replace("{id}", () => segment({ id: id ?? "", query_type })),
      query,
      headers: {
        "api-key": apiKey,
        "account-id": accountId,
        accept: "application/json",
        ...(json === undefined ? {} : { "content-type": "application/json" }),
      },
      body: json,
    });
  };
}

/**
 * Whether an id can stand in a path. No encoding keeps servers and proxies from resolving dot segments, nor from taking
 * what is behind a slash for the path of another endpoint: only a reference, which is a free string, may have one.
 */
export const isPathId = ({ id, query_type }: Pick<ProfileInput, "id" | "query_type">): boolean =>
  id !== "" &&
  id.isWellFormed() &&
  !/(^|\/)\.\.?(\/|$)/.test(id) &&
  (query_type === "reference_id" || !id.includes("/"));

/** The id as one path segment. One that must not be sent is answered here like any other unknown one. */
function segment(input: Pick<ProfileInput, "id" | "query_type">): string {
  if (isPathId(input)) return encodeURIComponent(input.id);
  const { status, body } = refusals.unknownProfile();
  throw new NotFound("no profile can have this id", status, body);
}

/** The whole body, `null` when it is longer than allowed; leaving the loop early drops the connection. */
async function readBytes(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What ended an attempt before the answer was whole. Of the original error only its code survives. */
function brokenOff(error: unknown, timedOut: boolean): Transient {
  if (timedOut || (error instanceof Error && error.name === "TimeoutError"))
    return new Transient("the gateway did not answer in time", null);
  const code = String((error as { code?: unknown } | null)?.code);
  const suffix = /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? ` (${code})` : "";
  return new Transient(`the connection to the gateway failed${suffix}`, null);
}
