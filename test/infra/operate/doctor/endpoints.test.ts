import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hashOfKey } from "../../../../functions/sandbox/accounts.ts";
import { sha256Hex } from "../../../../infra/local/new-key.ts";
import {
  judgeApi,
  judgeGateway,
  judgeTargets,
  judgeWebhooks,
  learnApi,
  learnGateway,
  learnTargets,
  learnWebhooks,
} from "../../../../infra/operate/doctor/endpoints.ts";
import { lineOf } from "../../../../infra/operate/doctor/finding.ts";
import { refusals } from "../../../../shared/gateway/answers.ts";
import { webhookSlots } from "../../../../shared/store/secrets.ts";
import { type ServedSandbox, serveSandbox } from "../../../browser/sandbox-server.ts";

const prod = { name: "prod", gatewayAccounts: {}, webhookSourceRanges: [] };
const nowhere = "http://127.0.0.1:9";

let sandbox: ServedSandbox;
let other: Server;
/** Answers HTML with this status, whatever it is asked. */
let otherUrl: string;
let otherStatus = 404;
const asked: string[] = [];

beforeAll(async () => {
  sandbox = await serveSandbox();
  sandbox.sandbox.authenticate = async (hash, accountId) => hash === hashOfKey("word") && accountId === "a/1";
  other = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(otherStatus, { "content-type": "text/html" }).end("<h1>Not here</h1>");
  }).listen(0, "127.0.0.1");
  await once(other, "listening");
  otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await sandbox.close();
  other.close();
});

const account = (change: object = {}) => ({
  accountId: "a/1",
  apiKey: "word",
  baseUrl: sandbox.url,
  ...change,
});

describe("a gateway", () => {
  const lineFor = async (change: object = {}) =>
    lineOf(judgeGateway(prod, "a/1", await learnGateway(account(change))));

  test("that knows us does not find a profile that cannot be there", async () => {
    expect(await lineFor()).toBe("✓ gateway, as a/1: answers, and accepts our credentials");
  });

  test("that refuses us is told of by what to enter again", async () => {
    const line =
      "✗ gateway, as a/1: refuses our credentials: enter the right api-key with `npm run setup -- --stage prod`";
    expect(await lineFor({ apiKey: "other-word" })).toBe(line);
    expect(await lineFor({ accountId: "b/2" })).toBe(line);
  });

  test("is not any server that answers 404", async () => {
    otherStatus = 404;
    expect(await lineFor({ baseUrl: otherUrl })).toMatch(
      /^✗ gateway, as a\/1: something answers, but not in/,
    );
    expect(await lineFor({ baseUrl: `${sandbox.url}/elsewhere` })).toMatch(
      /^✗ .*something answers, but not in/,
    );
  });

  test("that does not answer, or with a fault, is told in our client's words", async () => {
    expect(await lineFor({ baseUrl: nowhere })).toBe(
      "✗ gateway, as a/1: the connection to the gateway failed (ECONNREFUSED): check the base URL, and whether the provider has a fault",
    );
    otherStatus = 200;
    expect(await lineFor({ baseUrl: otherUrl })).toMatch(
      /^✗ gateway, as a\/1: the gateway's answer is not JSON: /,
    );
    expect(await lineFor({ apiKey: "two words" })).toMatch(
      /^✗ gateway, as a\/1: apiKey must be printable ASCII/,
    );
  });
});

describe("where the sandbox sends webhooks", () => {
  const hooks = "https://hooks.example.com";
  const secret = (token: string) => ({
    slots: webhookSlots.map((slot) => ({ accountId: "a/1", slot, tokenHashes: [sha256Hex(token)] })),
  });
  const tell = (urls: object) =>
    fetch(`${sandbox.url}/sandbox/webhooks`, {
      method: "PUT",
      headers: { "api-key": "word", "account-id": "a/1", "content-type": "application/json" },
      body: JSON.stringify({ urls }),
    });
  const urlsOf = (token: string) =>
    Object.fromEntries(webhookSlots.map((slot) => [slot, `${hooks}/webhooks/${slot}/${token}`]));
  const lineFor = async (known: ReturnType<typeof secret>, change: object = {}) =>
    lineOf(judgeTargets(prod, "a/1", hooks, known, await learnTargets(account(change))));

  test("is to us, by the tokens that we know", async () => {
    await tell(urlsOf("token-1"));
    expect(await lineFor(secret("token-1"))).toBe("✓ webhooks of the sandbox, for a/1: go to our URLs");
  });

  test("is not to us under a token that we do not know, nor at another address", async () => {
    await tell({ ...urlsOf("token-1"), scheduling: `${hooks}/webhooks/scheduling/token-2` });
    expect(await lineFor(secret("token-1"))).toBe(
      "✗ webhooks of the sandbox, for a/1: scheduling would not reach us: `npm run webhooks -- rotate --stage prod --account a/1`",
    );
    await tell({ ...urlsOf("token-1"), scheduling: "https://old.example.com/webhooks/scheduling/token-1" });
    expect(await lineFor(secret("token-1"))).toMatch(/^✗ .*: scheduling would not reach us/);
    await tell({});
    expect(await lineFor(secret("token-1"))).toContain(webhookSlots.join(", "));
  });

  test("is not checked where the sandbox does not say, and for slots that we issued no URL for", async () => {
    expect(await lineFor(secret("token-1"), { apiKey: "other" })).toBe(
      "? webhooks of the sandbox, for a/1: could not check: it answered 403",
    );
    expect(await lineFor({ slots: [] })).toMatch(/^✓/);
  });
});

describe("our webhook API", () => {
  test("is well when it refuses a token that was never issued, in its own words", () => {
    const { status, body } = refusals.unknownRoute();
    expect(lineOf(judgeWebhooks(prod, { value: { status, body } }))).toBe(
      "✓ webhook URLs: reachable, closed to whoever guesses; taken from any address",
    );
    const ranged = { ...prod, webhookSourceRanges: ["10.0.0.0/8"] };
    expect(lineOf(judgeWebhooks(ranged, { value: { status, body } }))).toMatch(
      /taken from 1 address range only: are the provider's in it\?$/,
    );
  });

  test("is asked under a token that nobody can have, a new one each time", async () => {
    asked.length = 0;
    otherStatus = 404;
    const answer = await learnWebhooks(otherUrl);
    await learnWebhooks(otherUrl);
    expect(asked[0]).toMatch(/^POST \/webhooks\/profile-status\/[\w-]{43}$/);
    expect(asked[1]).not.toBe(asked[0]);
    expect(lineOf(judgeWebhooks(prod, answer))).toBe(
      "✗ webhook URLs: answered 404 where a URL that was never issued gets 404 in our words: `npm run deploy -- --stage prod`",
    );
  });

  test("that cannot be reached says so, without the URL", async () => {
    expect(lineOf(judgeWebhooks(prod, await learnWebhooks(nowhere)))).toBe(
      "✗ webhook URLs: it cannot be reached: `npm run deploy -- --stage prod`",
    );
  });
});

describe("our API", () => {
  test("asks for credentials, or is not ours", async () => {
    expect(lineOf(judgeApi(prod, { value: { status: 401, body: null } }))).toBe(
      "✓ our API: answers, and asks for credentials",
    );
    otherStatus = 200;
    expect(lineOf(judgeApi(prod, await learnApi(otherUrl)))).toBe(
      "✗ our API: answered 200 to a request without credentials: `npm run deploy -- --stage prod`",
    );
    expect(lineOf(judgeApi(prod, await learnApi(nowhere)))).toMatch(/^✗ our API: it cannot be reached/);
  });
});
