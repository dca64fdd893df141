import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { createGateway, type Gateway } from "../../shared/gateway/client.ts";
import { type ContentCipher, createContentCipher } from "../../shared/gateway/encryption.ts";
import { AuthError, Transient } from "../../shared/gateway/errors.ts";
import {
  type DocumentLimits,
  type DocumentRefusal,
  type FetchedDocument,
  fetchDocument,
} from "../../shared/gateway/fetch-document.ts";
import { type CachedSecret, cachedSecret } from "../../shared/store/secret-cache.ts";
import { type GatewaySecret, gatewaySecretSchema } from "../../shared/store/secrets.ts";
import { once, readSettings, resource, type Settings } from "../environment.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { wrapGateway } from "./wrap-gateway.ts";

/** The gateway as one of our accounts sees it. Throws when the account has none. */
export type GatewayOf = (account_id: string) => Promise<Gateway>;

/** The gateways of the stage: base URLs, credentials and content keys by account. */
const gatewaySecret = once(() =>
  cachedSecret(new SecretsManagerClient({}), resource("gateway:call"), gatewaySecretSchema),
);

/** What one of our accounts encrypts and decrypts with (contract §9). */
export type CipherOf = (account_id: string) => ContentCipher;

export const ciphersFromSecret =
  (secret: CachedSecret<GatewaySecret> = gatewaySecret(), now: () => number = Date.now): CipherOf =>
  (account_id) => {
    const keysIn = (known: GatewaySecret | null) => known?.accounts[account_id]?.contentKeys ?? [];
    return createContentCipher(
      { get: async () => keysIn(await secret.get()), refresh: async () => keysIn(await secret.refresh()) },
      now,
    );
  };

/** One file that a result of an account points to, or the word that says why not. */
export type FetchFile = (
  account_id: string,
  url: string,
  limits: DocumentLimits,
) => Promise<FetchedDocument | DocumentRefusal>;

/** Only a stage that was deployed with the sandbox takes an account's base URL for a source of files. */
export const filesFromSources =
  (
    { documentHosts, hasSandbox }: Pick<Settings, "documentHosts" | "hasSandbox"> = readSettings(),
    secret: CachedSecret<GatewaySecret> = gatewaySecret(),
    fetch: typeof fetchDocument = fetchDocument,
  ): FetchFile =>
  async (account_id, url, limits) => {
    const accounts = hasSandbox ? await secret.get() : null;
    const sandboxUrl = accounts?.accounts[account_id]?.baseUrl ?? null;
    return fetch(url, { hosts: documentHosts, sandboxUrl }, limits);
  };

/** Clients by account, from the stage's secret: read anew after five minutes, and once when the gateway refuses our key. */
export function gatewaysFromSecret(
  log: Log,
  metrics: Metrics,
  secret: CachedSecret<GatewaySecret> = gatewaySecret(),
  connect: typeof createGateway = createGateway,
): GatewayOf {
  const made = new Map<string, { key: string; gateway: Gateway }>();
  const gatewayWith = (accounts: GatewaySecret | null, account_id: string): Gateway => {
    const account = accounts?.accounts[account_id];
    if (!account) throw new Error("this account has no gateway: run setup");
    const { baseUrl, apiKey, accountId } = account;
    const key = JSON.stringify([baseUrl, apiKey, accountId]);
    const known = made.get(account_id);
    if (known?.key === key) return known.gateway;
    known?.gateway.close();
    const gateway = connect(account, {
      onAttempt: ({ endpoint, attempt, status, ms, fault }) => {
        if (fault) log.warn("gateway call failed", { kind: endpoint, attempt, status, ms, fault });
      },
    });
    made.set(account_id, { key, gateway });
    return gateway;
  };
  return async (account_id) =>
    counting(
      refreshing(gatewayWith(await secret.get(), account_id), secret, (fresh) =>
        gatewayWith(fresh, account_id),
      ),
      metrics,
    );
}

/** Repeats a call once with a freshly read secret when the gateway refused our credentials. */
const refreshing = (
  gateway: Gateway,
  secret: CachedSecret<GatewaySecret>,
  renew: (fresh: GatewaySecret | null) => Gateway,
): Gateway =>
  wrapGateway(gateway, async (_name, ask) => {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      const renewed = renew(await secret.refresh());
      if (renewed === gateway) throw error;
      return ask(renewed);
    }
  });

/** Counts the calls that came to nothing, whatever their caller makes of it: those that the gateway is to blame for. */
const counting = (gateway: Gateway, metrics: Metrics): Gateway =>
  wrapGateway(gateway, async (_name, ask) => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Transient) metrics.count("GatewayFailed");
      if (error instanceof AuthError) metrics.count("GatewayRefusedCredentials");
      throw error;
    }
  });
