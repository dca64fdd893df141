import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { once } from "../environment.ts";
import { accountsSecret, awsSandbox } from "./aws.ts";
import { handle } from "./gateway.ts";
import type { HttpRequest } from "./http.ts";

const sandbox = once(() => awsSandbox());

/** Everything that reaches the sandbox's HTTP API (`$default` route, payload format 2.0). */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const baseUrl = (await accountsSecret().get())?.baseUrl;
  const { status, headers, body, isBase64Encoded, cookies } = await handle(
    sandbox(),
    readRequest(event, baseUrl),
  );
  return {
    statusCode: status,
    headers,
    body,
    ...(isBase64Encoded && { isBase64Encoded }),
    ...(cookies && { cookies }),
  };
}

/** The request in an HTTP API event. A sandbox whose base URL setup has not told builds links on its own host name. */
export function readRequest(event: APIGatewayProxyEventV2, baseUrl?: string): HttpRequest {
  const { headers, cookies, requestContext, rawPath, rawQueryString, isBase64Encoded, body = "" } = event;
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  const prefix = requestContext.stage === "$default" ? "" : `/${requestContext.stage}`;
  return {
    method: requestContext.http.method,
    path: prefix !== "" && rawPath.startsWith(`${prefix}/`) ? rawPath.slice(prefix.length) : rawPath,
    query: new URLSearchParams(rawQueryString),
    apiKey: headers["api-key"],
    accountId: headers["account-id"],
    body: isBase64Encoded ? bytes.toString("utf8") : body,
    bytes,
    contentType: headers["content-type"],
    // API Gateway takes cookies out of the headers; not every stand-in for it does.
    cookie: cookies?.join("; ") ?? headers["cookie"],
    site: headers["sec-fetch-site"],
    origin: baseUrl ?? `https://${requestContext.domainName}${prefix}`,
  };
}
