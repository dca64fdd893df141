import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { once } from "../environment.ts";
import { awsSandbox, environment } from "./aws.ts";
import { authenticateBy, baseUrlIn } from "./credentials.ts";
import { handle } from "./gateway.ts";
import type { HttpRequest } from "./http.ts";

const sandbox = once(() => {
  const secrets = new SecretsManagerClient({});
  const known: { baseUrl?: string | undefined } = {};
  const read = async () => {
    const SecretId = environment("SANDBOX_SECRET");
    try {
      const secret = (await secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? "";
      known.baseUrl = baseUrlIn(secret);
      return secret;
    } catch (thrown) {
      // The stage was not set up yet: a secret without a value knows nobody.
      if (thrown instanceof ResourceNotFoundException) return "";
      throw thrown;
    }
  };
  const core = awsSandbox({ authenticate: authenticateBy(read, { now: () => Date.now() }) });
  return { core, baseUrl: () => known.baseUrl };
});

/** Everything that reaches the sandbox's HTTP API (`$default` route, payload format 2.0). */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const { status, headers, body, isBase64Encoded } = await handle(
    sandbox().core,
    readRequest(event, sandbox().baseUrl),
  );
  return { statusCode: status, headers, body, ...(isBase64Encoded && { isBase64Encoded }) };
}

/**
 * The request in an HTTP API event. `baseUrl` is asked only when a link is built, which is after authentication
 * has read the secret that holds it; a sandbox that setup told nothing builds links on its own host name.
 */
export function readRequest(event: APIGatewayProxyEventV2, baseUrl: () => string | undefined): HttpRequest {
  const { headers, requestContext, rawPath, rawQueryString, isBase64Encoded, body = "" } = event;
  const prefix = requestContext.stage === "$default" ? "" : `/${requestContext.stage}`;
  return {
    method: requestContext.http.method,
    path: prefix !== "" && rawPath.startsWith(`${prefix}/`) ? rawPath.slice(prefix.length) : rawPath,
    query: new URLSearchParams(rawQueryString),
    apiKey: headers["api-key"],
    accountId: headers["account-id"],
    body: isBase64Encoded ? Buffer.from(body, "base64").toString("utf8") : body,
    get origin() {
      return baseUrl() ?? `https://${requestContext.domainName}${prefix}`;
    },
  };
}
