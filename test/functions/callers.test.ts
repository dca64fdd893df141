import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { describe, expect, test, vi } from "vitest";
import { defineAction, toHandler } from "../../functions/action.ts";
import { callersOfStage, type Identify, identifyByClaim, identifyByKeys } from "../../functions/callers.ts";
import type { CallerMode } from "../../functions/environment.ts";
import { settingsFile } from "../../functions/grants.ts";
import { type Answer, refusals } from "../../shared/gateway/answers.ts";
import { endpoints } from "../../shared/gateway/endpoints.ts";
import type { CallersSecret } from "../../shared/store/secrets.ts";
import { fixedSecret } from "./fixed-secret.ts";

const hashOf = (key: string) => createHash("sha256").update(key).digest("hex");
const known: CallersSecret = {
  hashKey: "hash",
  callers: [
    { accountId: "a/1", keyHashes: [hashOf("new key a"), hashOf("key a")] },
    { accountId: "b/2", keyHashes: [hashOf("key b")] },
    { accountId: "c/3", keyHashes: [] },
  ],
};
const byKeys = identifyByKeys(fixedSecret(known));
const byClaim = identifyByClaim(fixedSecret(known), "account");

const caller = (account_id: string) => ({ account_id, hashKey: "hash" });
const refused = refusals.badCredentials();
const noKey = refusals.noApiKey();

const withKeys = (apiKey: string, accountId: string) => ({
  headers: { "api-key": apiKey, "account-id": accountId },
});
/** As an HTTP API hands a verified token on. */
const withClaims = (claims: Record<string, unknown>) => ({
  requestContext: { authorizer: { jwt: { claims, scopes: null } } },
});
const ask = (identify: Identify, event: object): Promise<unknown> =>
  identify(event as APIGatewayProxyEventV2);

describe("by keys", () => {
  test.each([
    ["a key of the account", withKeys("key a", "a/1"), caller("a/1")],
    ["its newer key", withKeys("new key a", "a/1"), caller("a/1")],
    ["a key of another account", withKeys("key b", "a/1"), refused],
    ["an unknown key", withKeys("other", "a/1"), refused],
    ["an unknown account", withKeys("key a", "d/4"), refused],
    ["an account that has no key", withKeys("", "c/3"), noKey],
    ["the hash instead of the key", withKeys(hashOf("key a"), "a/1"), refused],
    ["no account", { headers: { "api-key": "key a" } }, refused],
    ["no key", { headers: { "account-id": "a/1" } }, noKey],
    ["nothing", {}, noKey],
  ])("%s", async (_what, event, answer) => {
    expect(await ask(byKeys, event)).toEqual(answer);
  });

  test("claims of a token open nothing", async () => {
    const forged = withClaims({ account: "a/1", "account-id": "a/1", "api-key": "key a", sub: "a/1" });
    expect(await ask(byKeys, forged)).toEqual(noKey);
    expect(await ask(byKeys, { ...forged, headers: { authorization: "Bearer e30.e30." } })).toEqual(noKey);
    expect(await ask(byKeys, { ...forged, ...withKeys("other", "a/1") })).toEqual(refused);
  });

  test("claims of another account change nothing about whose key it is", async () => {
    const event = { ...withClaims({ account: "b/2" }), ...withKeys("key a", "a/1") };
    expect(await ask(byKeys, event)).toEqual(caller("a/1"));
  });
});

describe("by a claim", () => {
  test.each([
    ["an account that has keys", withClaims({ account: "a/1" }), caller("a/1")],
    ["an account that has none", withClaims({ account: "c/3" }), caller("c/3")],
    ["an unknown account", withClaims({ account: "d/4" }), refused],
    ["an account's name in another case", withClaims({ account: "A/1" }), refused],
    ["no account", withClaims({ account: "" }), refused],
    ["the account in another claim", withClaims({ sub: "a/1" }), refused],
    ["accounts as a list", withClaims({ account: ["a/1"] }), refused],
    ["accounts as the text that a list becomes", withClaims({ account: "[a/1]" }), refused],
    ["a number", withClaims({ account: 1 }), refused],
    ["no claims", { requestContext: { authorizer: { jwt: {} } } }, refused],
    [
      "another authorizer's word",
      { requestContext: { authorizer: { lambda: { account: "a/1" } } } },
      refused,
    ],
    ["no authorizer", { requestContext: {} }, refused],
    ["nothing", {}, refused],
  ])("%s", async (_what, event, answer) => {
    expect(await ask(byClaim, event)).toEqual(answer);
  });

  test("keys open nothing", async () => {
    expect(await ask(byClaim, withKeys("key a", "a/1"))).toEqual(refused);
    expect(await ask(byClaim, { ...withKeys("key a", "a/1"), ...withClaims({}) })).toEqual(refused);
  });

  test.each([
    ["user-7", "user-7"],
    ["x".repeat(300), "x".repeat(255)],
    [undefined, undefined],
    ["", undefined],
    [7, undefined],
  ])("a token's subject goes along, as far as it is one: %s", async (sub, subject) => {
    const answer = await ask(
      byClaim,
      withClaims({ account: "a/1", ...(sub !== undefined && { sub }) } as never),
    );
    expect(answer).toEqual({ ...caller("a/1"), ...(subject && { subject }) });
  });

  test("keys of another account change nothing about whose token it is", async () => {
    const event = { ...withKeys("key b", "b/2"), ...withClaims({ account: "a/1" }) };
    expect(await ask(byClaim, event)).toEqual(caller("a/1"));
  });

  test("a token that nobody verified is only a header", async () => {
    const token = `e30.${Buffer.from('{"account":"a/1"}').toString("base64url")}.`;
    expect(await ask(byClaim, { headers: { authorization: `Bearer ${token}` } })).toEqual(refused);
  });
});

describe.each([
  ["keys", identifyByKeys, withKeys("key a", "a/1")],
  [
    "a claim",
    (secret: Parameters<typeof identifyByKeys>[0]) => identifyByClaim(secret, "account"),
    withClaims({ account: "a/1" }),
  ],
] as const)("an account that setup has just written, by %s", (_by, identifyBy, event) => {
  test("is found by reading the secret again", async () => {
    expect(await ask(identifyBy(fixedSecret({ ...known, callers: [] }, known)), event)).toEqual(
      caller("a/1"),
    );
    expect(await ask(identifyBy(fixedSecret<CallersSecret>(null, known)), event)).toEqual(caller("a/1"));
  });

  test("is unknown before", async () => {
    expect(await ask(identifyBy(fixedSecret<CallersSecret>(null)), event)).toEqual(refused);
  });
});

describe("the way of a stage", () => {
  /** A handler as it is deployed, beside settings with this in `callers`. */
  async function answerOf(callers: unknown, event: object): Promise<Answer> {
    const folder = mkdtempSync(join(tmpdir(), "settings-"));
    try {
      writeFileSync(join(folder, settingsFile), JSON.stringify({ workflows: [], callers }));
      vi.stubEnv("LAMBDA_TASK_ROOT", folder);
      vi.stubEnv("CALLERS_SECRET", "arn:aws:secretsmanager:eu-west-1:000000000000:secret:callers");
      vi.stubEnv("POWERTOOLS_DEV", "true");
      vi.spyOn(console, "error").mockImplementation(() => {});
      const action = defineAction<null>({
        file: "test",
        serves: endpoints.fetchProfile,
        grants: [],
        run: async () => ({ status: 200, body: {} }),
      });
      const handler = toHandler(action, () => null);
      const { statusCode, body } = await handler(event as APIGatewayProxyEventV2, {} as Context);
      return { status: statusCode ?? 0, body: JSON.parse(body ?? "null") };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test("is the one of its settings", async () => {
    // No secret can be read here: only what is refused without reading one is to be seen.
    expect(await answerOf({ by: "keys" }, withClaims({ account: "a/1" }))).toEqual(noKey);
    expect(await answerOf({ by: "claim", claim: "account" }, withKeys("key a", "a/1"))).toEqual(refused);
  });

  test.each([undefined, null, {}, { by: "both" }, { by: "" }])(
    "settings with %j let nobody in",
    async (callers) => {
      for (const event of [withKeys("key a", "a/1"), withClaims({ account: "a/1" }), {}])
        expect(await answerOf(callers, event)).toEqual(refusals.internal());
    },
  );

  test("is never named by default", () => {
    vi.stubEnv("CALLERS_SECRET", "arn:aws:secretsmanager:eu-west-1:000000000000:secret:callers");
    expect(() => callersOfStage({} as CallerMode)).toThrow("the settings do not say how callers are known");
  });
});
