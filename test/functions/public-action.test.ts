import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { definePublicAction, toPublicHandler } from "../../functions/public-action.ts";

const folder = mkdtempSync(join(tmpdir(), "public-action-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  vi.stubEnv("LAMBDA_TASK_ROOT", folder);
  // The logger has a console of its own but in development.
  vi.stubEnv("POWERTOOLS_DEV", "true");
});

writeFileSync(join(folder, "page.html.gz"), gzipSync("<p>page é"));
writeFileSync(join(folder, "secret.gz"), gzipSync("secret"));

const handler = toPublicHandler(
  definePublicAction({
    file: "test",
    summary: "A test",
    files: [
      { path: "/page", name: "page.html", type: "text/html; charset=utf-8" },
      { path: "/page/lost", name: "lost", type: "text/plain" },
    ],
  }),
);

const ask = async (routeKey: string, headers: Record<string, string> = {}) => {
  const {
    statusCode,
    headers: answered,
    body,
    isBase64Encoded,
  } = await handler(
    {
      routeKey,
      headers,
      rawPath: "/page/../secret",
      queryStringParameters: { name: "secret" },
    } as unknown as APIGatewayProxyEventV2,
    {} as Context,
  );
  const bytes = Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
  return { status: statusCode, headers: answered ?? {}, bytes };
};

test("a file is answered to anybody, zipped to those who take that", async () => {
  const { status, headers, bytes } = await ask("GET /page", { "accept-encoding": "br, gzip;q=0.8" });
  expect(status).toBe(200);
  expect(headers).toMatchObject({ "content-type": "text/html; charset=utf-8", "content-encoding": "gzip" });
  expect(gunzipSync(bytes).toString()).toBe("<p>page é");
});

test.each([undefined, "", "identity", "br", "gzip;q=0", "gzip; q=0.0, identity", "x-gzip-not"])(
  "accept-encoding %j gets it as it is",
  async (accepted) => {
    const { headers, bytes } = await ask(
      "GET /page",
      accepted === undefined ? {} : { "accept-encoding": accepted },
    );
    expect(headers["content-encoding"]).toBeUndefined();
    expect(headers["vary"]).toBe("accept-encoding");
    expect(bytes.toString()).toBe("<p>page é");
  },
);

test("nothing is run or loaded that is not ours, and nobody frames it", async () => {
  const { headers } = await ask("GET /page");
  const policy = String(headers["content-security-policy"]);
  expect(policy.split("; ")).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      "script-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
    ]),
  );
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
});

describe("nothing else is answered", () => {
  test.each(["GET /other", "POST /page", "GET /page/../secret", "GET page", "$default", "GET __proto__"])(
    "%s",
    async (routeKey) => {
      const { status, bytes } = await ask(routeKey);
      expect({ status, body: JSON.parse(bytes.toString()) }).toEqual({
        status: 404,
        body: { errors: { detail: "Not Found" } },
      });
    },
  );

  test("a file that is not there is a fault that says nothing, and is logged by name only", async () => {
    const lines = vi.spyOn(console, "error").mockImplementation(() => {});
    const { status, bytes } = await ask("GET /page/lost");
    expect({ status, body: JSON.parse(bytes.toString()) }).toEqual({
      status: 500,
      body: { error: "internal_error", reason: "something_went_wrong" },
    });
    expect(JSON.stringify(lines.mock.calls)).not.toContain(folder);
  });
});
