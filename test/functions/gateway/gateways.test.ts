import { expect, test } from "vitest";
import { filesFromSources, gatewaysFromSecret } from "../../../functions/gateway/gateways.ts";
import { withinTime } from "../../../functions/gateway/wrap-gateway.ts";
import { createGateway, type Gateway, type TimeLeft } from "../../../shared/gateway/client.ts";
import { AuthError } from "../../../shared/gateway/errors.ts";
import type { DocumentSources } from "../../../shared/gateway/fetch-document.ts";
import { cacheSecret } from "../../../shared/store/secret-cache.ts";
import { gatewaySecretSchema } from "../../../shared/store/secrets.ts";
import { recordedMetrics } from "../metrics/recorded-metrics.ts";

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

test("a call that is repeated with fresh credentials has what the first one left of its time", async () => {
  let clock = 0;
  let apiKey = "old";
  const lefts: (number | undefined)[] = [];
  const connect: typeof createGateway = (given) => ({
    ...createGateway(given),
    fetchStatus: async (_input, timeLeft?: TimeLeft) => {
      lefts.push(timeLeft?.());
      clock += 5_000;
      if (given.apiKey === "old") throw new AuthError("refused", 403);
      return {
        reference_id: "r",
        profile_id: "p",
        status: "pending",
        status_detail: null,
        reviewer_action: null,
      };
    },
  });
  const known = cacheSecret(
    async () => JSON.stringify({ accounts: { "a/1": { ...account, apiKey } } }),
    gatewaySecretSchema,
    () => clock,
  );
  const log = { info() {}, warn() {}, error() {} };
  const gateway: Gateway = await gatewaysFromSecret(log, recordedMetrics(), known, connect)("a/1");
  apiKey = "new";
  await withinTime(gateway, () => 20_000 - clock).fetchStatus({ id: "p" });
  expect(lefts).toEqual([20_000, 15_000]);
});
