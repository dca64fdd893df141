import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readRequest } from "../../functions/sandbox/api.ts";
import { ACCOUNT } from "../functions/sandbox/virtual-sandbox.ts";
import { CloudInMemory, keyOf, sandboxEvent } from "./cloud-in-memory.ts";
import { id, MARKER, sent, text } from "./hostile.ts";
import { hold, timeout } from "./runs.ts";
import { expectNoTrace, expectUnchanged } from "./unharmed.ts";

const cloud = await CloudInMemory.withSubjects();
const before = cloud.kept();

const path = fc.oneof(
  id(Object.values(cloud.subjects).map(({ profile_id }) => profile_id)).map((one) => `/profiles/${one}`),
  fc.constantFrom(
    "",
    "/",
    "//",
    "/sandbox/faults",
    "/captures",
    "/desk",
    "/artifacts/a/b",
    "/v2/call_metrics",
  ),
  text.map((hostile) => `/${hostile}`),
);
const headers = fc.dictionary(
  fc.oneof(
    fc.constantFrom("api-key", "account-id", "content-type", "cookie", "sec-fetch-site", "host", "__proto__"),
    text,
  ),
  fc.oneof(
    fc.constantFrom("", ACCOUNT, keyOf(ACCOUNT), "application/json", "same-origin", "cross-site"),
    text,
  ),
  { maxKeys: 5 },
);
const ours = { "api-key": keyOf(ACCOUNT), "account-id": ACCOUNT };

const event = fc
  .record({
    method: fc.constantFrom("GET", "GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "__proto__"),
    rawPath: path,
    rawQueryString: fc.oneof(
      text,
      fc.constantFrom("", "query_type=reference_id", "status_only=true", "&&=%"),
    ),
    headers: fc.oneof(
      headers,
      headers.map((some) => ({ ...some, ...ours })),
    ),
    cookies: fc.option(fc.array(text, { maxLength: 3 }), { nil: undefined }),
    body: sent([{}, { status: "approved" }]),
  })
  .map(({ body, cookies, ...rest }) => ({ ...rest, ...body, ...(cookies && { cookies }) }));

test("every event is a request, whose text and bytes are the same body", { timeout }, async () => {
  await hold(
    fc.asyncProperty(event, async (one) => {
      const request = readRequest(sandboxEvent(one));
      expect(request.bytes).toBeInstanceOf(Buffer);
      if (one.isBase64Encoded) expect(request.body).toBe(request.bytes.toString("utf8"));
      else expect(request.bytes.equals(Buffer.from(request.body))).toBe(true);
    }),
  );
});

test("every request is answered, never with a fault, and says nothing of what it brought", {
  timeout,
}, async () => {
  await hold(
    fc.asyncProperty(event, async (one) => {
      try {
        const { status, headers: answered, body, cookies = [] } = await cloud.askSandbox(one);
        expect(status).toBeGreaterThanOrEqual(200);
        expect(status).toBeLessThan(500);
        const said = JSON.stringify(answered) + cookies.join() + body;
        if (said.includes(MARKER)) expect(said).not.toContain(MARKER);
        if (status >= 400) expectUnchanged(cloud, before);
        expectNoTrace(cloud);
      } finally {
        cloud.restore(before);
      }
    }),
  );
});
