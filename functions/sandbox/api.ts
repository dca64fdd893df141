import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { awsSandbox, environment, once } from "./aws.ts";
import { authenticateBy } from "./credentials.ts";
import { handle } from "./gateway.ts";
import type { HttpRequest } from "./http.ts";

const sandbox = once(() => {
  const secrets = new SecretsManagerClient({});
  const read = async () => {
    const SecretId = environment("SANDBOX_SECRET");
    try {
      return (await secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? "";
    } catch (thrown) {
      // The stage was not set up yet: a secret without a value knows nobody.
      if (thrown instanceof ResourceNotFoundException) return "";
      throw thrown;
    }
  };
  return awsSandbox({ authenticate: authenticateBy(read, { now: () => Date.now() }) });
});

/** Everything that reaches the sandbox's HTTP API (`$default` route, payload format 2.0). */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const { status, headers, body, isBase64Encoded } = await handle(sandbox(), readRequest(event));
  return { statusCode: status, headers, body, ...(isBase64Encoded && { isBase64Encoded }) };
}

/** The request in an HTTP API event. */
export function readRequest(event: APIGatewayProxyEventV2): HttpRequest {
  const { headers, requestContext, rawPath, rawQueryString, isBase64Encoded, body = "" } = event;
  const prefix = requestContext.stage === "$default" ? "" : `/${requestContext.stage}`;
  return {
    method: requestContext.http.method,
    path: prefix !== "" && rawPath.startsWith(`${prefix}/`) ? rawPath.slice(prefix.length) : rawPath,
    query: new URLSearchParams(rawQueryString),
    apiKey: headers["api-key"],
    accountId: headers["account-id"],
    body: isBase64Encoded ? Buffer.from(body, "base64").toString("utf8") : body,
    origin: originOf(event),
  };
}

/** Base URL at which the caller reached this API: by its own host name, or by a path on a host shared with others. */
function originOf({ headers, requestContext }: APIGatewayProxyEventV2): string {
  const { domainName, apiId, stage } = requestContext;
  const host = headers["host"] ?? domainName;
  const scheme = headers["x-forwarded-proto"] ?? (host === domainName ? "https" : "http");
  const ownName = host.replace(/:\d+$/, "") === domainName;
  if (!ownName) return `${scheme}://${host}/_aws/execute-api/${apiId}/${stage}`;
  return `${scheme}://${host}${stage === "$default" ? "" : `/${stage}`}`;
}
