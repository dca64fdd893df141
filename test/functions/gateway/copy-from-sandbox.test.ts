import { afterAll, beforeAll, expect, test } from "vitest";
import { copyFiles } from "../../../functions/gateway/copy-files.ts";
import { filesFromSources } from "../../../functions/gateway/gateways.ts";
import { createGateway, type Gateway } from "../../../shared/gateway/client.ts";
import type { FullProfile } from "../../../shared/gateway/profile.ts";
import { cacheSecret } from "../../../shared/store/secret-cache.ts";
import { gatewaySecretSchema } from "../../../shared/store/secrets.ts";
import { type ServedSandbox, serveSandbox } from "../../browser/sandbox-server.ts";
import { MemoryVault } from "../../shared/store/memory-vault.ts";
import { ACCOUNT } from "../sandbox/virtual-sandbox.ts";

const key = { account_id: ACCOUNT, reference_id: "order-7" };
const HALF_AN_HOUR_MS = 30 * 60_000;
let served: ServedSandbox;
let gateway: Gateway;
let late = 0;

beforeAll(async () => {
  served = await serveSandbox({ customerSeconds: 0, taskSeconds: 0 });
  served.sandbox.clock.now = () => Date.now() + late;
  served.sandbox.authenticate = async () => true;
  gateway = createGateway(account());
});
afterAll(async () => {
  gateway.close();
  await served.close();
});
const account = () => ({ baseUrl: served.url, apiKey: "word", accountId: ACCOUNT });

/** As a stage with this sandbox copies, or one that was deployed without. */
const copying = (hasSandbox: boolean, vault: MemoryVault) => {
  const secret = JSON.stringify({ accounts: { [ACCOUNT]: account() } });
  let refetched = 0;
  return {
    vault,
    fetchFile: filesFromSources(
      { documentHosts: ["example.com"], hasSandbox },
      cacheSecret(async () => secret, gatewaySecretSchema),
    ),
    now: () => Date.now(),
    refetch: async () => {
      refetched++;
      return result();
    },
    times: () => refetched,
  };
};
const result = async () =>
  (await gateway.fetchProfile({ id: key.reference_id, query_type: "reference_id" })).body as FullProfile;
const inTime = () => Date.now() + 40_000;

test("the files of a scripted customer are copied, also when their URLs are half an hour old", async () => {
  const supplied = "https://files.example.com:8443/f";
  const config = { id: "package-straight-through" };
  await gateway.createProfileSync({
    body: { reference_id: key.reference_id, config, data: { selfies: [supplied] } },
  });
  await expect.poll(async () => (await result()).status, { timeout: 20_000 }).toBe("completed");

  const completed = await result();
  const vault = new MemoryVault();
  const copied = await copyFiles(key, completed, inTime(), copying(true, vault));
  expect(copied).toMatchObject([
    { collection: "images", not_copied: "port-not-allowed" },
    { collection: "images", object: "files/2", content_type: "image/png" },
    { collection: "images", object: "files/3", content_type: "image/png" },
    { collection: "videos", object: "files/4", content_type: "image/png" },
  ]);
  expect(
    Buffer.from((await vault.getFile(key, "files/2")) ?? [])
      .subarray(1, 4)
      .toString(),
  ).toBe("PNG");

  late = HALF_AN_HOUR_MS;
  const again = copying(true, new MemoryVault());
  expect(await copyFiles(key, completed, inTime(), again)).toEqual(copied);
  expect(again.times()).toBe(1);

  const elsewhere = copying(false, new MemoryVault());
  expect(await copyFiles(key, await result(), inTime(), elsewhere)).toMatchObject([
    { not_copied: "port-not-allowed" },
    { not_copied: "scheme-not-allowed" },
    { not_copied: "scheme-not-allowed" },
    { not_copied: "scheme-not-allowed" },
  ]);
  expect(elsewhere.vault.objects.size).toBe(0);
});
