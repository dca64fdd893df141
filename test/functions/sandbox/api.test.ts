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

describe("a request in an HTTP API event", () => {
  test("has the decoded path, the query and the credentials", () => {
    const request = readRequest(event());
    expect(request).toMatchObject({ method: "GET", path: "/profiles/a b", apiKey: "k", body: "" });
    expect(request.accountId).toBeUndefined();
    expect(request.query.get("query_type")).toBe("reference_id");
  });

  test("may carry its body in base64", () => {
    const body = Buffer.from('{"é":1}').toString("base64");
    expect(readRequest(event({ body, isBase64Encoded: true })).body).toBe('{"é":1}');
  });

  test("keeps the bytes of an upload, which are no text", () => {
    const bytes = Buffer.from([0x89, 0xff, 0x00, 0xfe]);
    const upload = event({
      body: bytes.toString("base64"),
      isBase64Encoded: true,
      headers: { "content-type": "multipart/form-data; boundary=x", "sec-fetch-site": "same-origin" },
    });
    expect(readRequest(upload)).toMatchObject({
      bytes,
      contentType: "multipart/form-data; boundary=x",
      site: "same-origin",
    });
    expect(readRequest(event()).bytes).toHaveLength(0);
  });

  test("has its cookies where API Gateway puts them, or where they came", () => {
    expect(readRequest(event({ cookies: ["a=1", "desk=2"] })).cookie).toBe("a=1; desk=2");
    expect(readRequest(event({ headers: { cookie: "desk=3" } })).cookie).toBe("desk=3");
    expect(readRequest(event()).cookie).toBeUndefined();
  });

  test("is under the stage's name, unless that is the default stage", () => {
    const request = readRequest(event({ rawPath: "/v1/profiles/x" }, { stage: "v1" }));
    expect(request).toMatchObject({
      path: "/profiles/x",
      origin: "https://id.execute-api.region.example.com/v1",
    });
  });

  test("builds links on the base URL that setup told, else on its own host name", () => {
    expect(readRequest(event(), "https://sandbox.example.com/base").origin).toBe(
      "https://sandbox.example.com/base",
    );
    expect(readRequest(event()).origin).toBe("https://id.execute-api.region.example.com");
  });
});
