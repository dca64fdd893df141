import { expect, test } from "vitest";
import { filesFromSources } from "../../../functions/gateway/gateways.ts";
import type { DocumentSources } from "../../../shared/gateway/fetch-document.ts";
import { cacheSecret } from "../../../shared/store/secret-cache.ts";
import { gatewaySecretSchema } from "../../../shared/store/secrets.ts";

const account = { baseUrl: "http://127.0.0.1:4566/stage", apiKey: "word", accountId: "a/1" };
const secret = () =>
  cacheSecret(async () => JSON.stringify({ accounts: { "a/1": account } }), gatewaySecretSchema);
const limits = { maxBytes: 1, timeoutMs: 1, total: { left: 1 } };

test.each<[string, boolean, string, DocumentSources]>([
  [
    "a stage with the sandbox takes the account's own gateway for a source",
    true,
    "a/1",
    { hosts: ["b.c"], sandboxUrl: account.baseUrl },
  ],
  ["no other account's", true, "b/2", { hosts: ["b.c"], sandboxUrl: null }],
  [
    "any other stage takes the listed hosts only, whatever the secret says",
    false,
    "a/1",
    { hosts: ["b.c"], sandboxUrl: null },
  ],
])("%s", async (_, hasSandbox, account_id, expected) => {
  const asked: [string, DocumentSources][] = [];
  const fetchFile = filesFromSources(
    { documentHosts: ["b.c"], hasSandbox },
    secret(),
    async (url, sources) => {
      asked.push([url, sources]);
      return "missing";
    },
  );
  expect(await fetchFile(account_id, "url", limits)).toBe("missing");
  expect(asked).toEqual([["url", expected]]);
});
