import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type WebhookSlot, webhookSlots } from "../../shared/store/secrets.ts";
import { CommandFailed } from "./command-failed.ts";
import { newContentKey, rotated, usualPace } from "./content-keys.ts";
import {
  contentKeysOf,
  slotsWithoutToken,
  withCallerKey,
  withContentKeys,
  withGatewayAccount,
  withSandboxAccount,
  withSandboxContentKeys,
  withWebhookToken,
} from "./merge-secrets.ts";
import { changeSecret, readSecret } from "./secret-values.ts";

/** Where a stage keeps what setup writes, and where its endpoints are. */
export interface SetupTarget {
  secrets: SecretsManagerClient;
  callersSecret: string;
  gatewaySecret: string;
  webhooksSecret: string;
  /** Without a trailing slash. */
  webhooksUrl: string;
  /** Only for a stage with the sandbox gateway. */
  sandbox?: { secret: string; url: string };
}

/** One account to set up: our account id is the gateway's. */
export interface AccountToSetUp {
  accountId: string;
  /** The key that callers send to us. */
  callerKey: string;
  gateway: { baseUrl: string; apiKey: string };
  /** The webhook format that the sandbox sends (contract §8). */
  webhookKind: "W1" | "W2" | "W3";
  /** Issues new webhook URLs even where the account has some; the ones before stay valid until the next time. */
  rotateWebhooks: boolean;
}

/** An unguessable word of 32 random bytes. */
export function newKey(): string {
  return randomBytes(32).toString("base64url");
}

export function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export type WebhookUrls = Partial<Record<WebhookSlot, string>>;

/**
 * Writes an account into the stage's secrets, without losing what they hold, and tells the sandbox (if there is one)
 * where to send webhooks. Returns the webhook URLs that it issued: none for slots that had one and were not rotated,
 * since only hashes of theirs are kept.
 */
export async function setUpAccount(target: SetupTarget, account: AccountToSetUp): Promise<WebhookUrls> {
  const { secrets } = target;
  const { accountId, gateway } = account;
  const hashKey = randomBytes(32).toString("base64");
  await changeSecret(secrets, target.callersSecret, (before) =>
    withCallerKey(before, accountId, sha256Hex(account.callerKey), hashKey),
  );
  await changeSecret(secrets, target.gatewaySecret, (before) =>
    withGatewayAccount(before, { accountId, ...gateway }),
  );
  const { sandbox } = target;
  if (sandbox) {
    // Both sides of the sandbox are ours, so that the first content key is made here. A provider hands his over.
    const keys = contentKeysOf(await readSecret(secrets, target.gatewaySecret), accountId);
    const contentKeys = keys.length > 0 ? keys : rotated([], newContentKey(), Date.now(), usualPace);
    await changeSecret(secrets, sandbox.secret, (before) =>
      withSandboxContentKeys(
        withSandboxAccount(before, accountId, sha256Hex(gateway.apiKey), sandbox.url),
        accountId,
        contentKeys,
      ),
    );
    await changeSecret(secrets, target.gatewaySecret, (before) =>
      withContentKeys(before, accountId, contentKeys),
    );
  }

  // The sandbox takes all four URLs or none, so one missing token renews them all there.
  const missing = slotsWithoutToken(await readSecret(secrets, target.webhooksSecret), accountId);
  const issued = account.rotateWebhooks || (sandbox && missing.length > 0) ? webhookSlots : missing;
  const urls: WebhookUrls = {};
  await changeSecret(secrets, target.webhooksSecret, (before) => {
    let secret = before;
    for (const slot of issued) {
      const token = newKey();
      urls[slot] = `${target.webhooksUrl}/webhooks/${slot}/${token}`;
      secret = withWebhookToken(secret, accountId, slot, sha256Hex(token));
    }
    return secret;
  });
  if (sandbox && issued.length > 0) await registerWebhooks(sandbox.url, account, urls);
  return urls;
}

/** Hands the URLs to the sandbox; repeated for a while, since a running sandbox learns of a new key with a delay. */
async function registerWebhooks(
  sandboxUrl: string,
  account: AccountToSetUp,
  urls: WebhookUrls,
): Promise<void> {
  const attempts = 8;
  let problem = "";
  for (let attempt = 1; attempt <= attempts; attempt++) {
    try {
      const answer = await fetch(`${sandboxUrl}/sandbox/webhooks`, {
        method: "PUT",
        headers: {
          "api-key": account.gateway.apiKey,
          "account-id": account.accountId,
          "content-type": "application/json",
        },
        body: JSON.stringify({ kind: account.webhookKind, urls }),
        signal: AbortSignal.timeout(15_000),
      });
      await answer.body?.cancel();
      if (answer.ok) return;
      problem = `it answered ${answer.status}`;
      if (answer.status === 400 || answer.status === 404) break;
    } catch (error) {
      problem =
        error instanceof Error && error.name === "TimeoutError"
          ? "it did not answer in time"
          : "it cannot be reached";
    }
    if (attempt < attempts) await sleep(500 * attempt);
  }
  throw new CommandFailed(
    `the sandbox gateway did not take the webhook URLs (${problem}): try again with --rotate-webhooks`,
  );
}
