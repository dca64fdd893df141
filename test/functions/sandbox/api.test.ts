import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { readRequest } from "../../../functions/sandbox/api.ts";

const event = (more: Record<string, unknown> = {}, context: Record<string, unknown> = {}) =>
  ({
    rawPath: "/profiles/a b",
    rawQueryString: "query_type=reference_id&status_only=true",
    headers: { host: "id.execute-api.region.example.com", "x-forwarded-proto": "https", "api-key": "k" },
    isBase64Encoded: false,
    requestContext: {
      apiId: "id",
      domainName: "id.execute-api.region.example.com",
      stage: "$default",
      http: { method: "GET" },
      ...context,
    },
    ...more,
  }) as unknown as APIGatewayProxyEventV2;

const untold = () => undefined;

describe("a request in an HTTP API event", () => {
  test("has the decoded path, the query and the credentials", () => {
    const request = readRequest(event(), untold);
    expect(request).toMatchObject({ method: "GET", path: "/profiles/a b", apiKey: "k", body: "" });
    expect(request.accountId).toBeUndefined();
    expect(request.query.get("query_type")).toBe("reference_id");
  });

  test("may carry its body in base64", () => {
    const body = Buffer.from('{"é":1}').toString("base64");
    expect(readRequest(event({ body, isBase64Encoded: true }), untold).body).toBe('{"é":1}');
  });

  test("is under the stage's name, unless that is the default stage", () => {
    const request = readRequest(event({ rawPath: "/v1/profiles/x" }, { stage: "v1" }), untold);
    expect(request).toMatchObject({
      path: "/profiles/x",
      origin: "https://id.execute-api.region.example.com/v1",
    });
  });

  test("builds links on the base URL that setup told, else on its own host name", () => {
    expect(readRequest(event(), () => "https://sandbox.example.com/base").origin).toBe(
      "https://sandbox.example.com/base",
    );
    expect(readRequest(event(), untold).origin).toBe("https://id.execute-api.region.example.com");
  });
});
