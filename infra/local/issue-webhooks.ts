import { setTimeout as sleep } from "node:timers/promises";
import type { WebhookSlot } from "../../shared/store/secrets.ts";
import { CommandFailed } from "./command-failed.ts";
import { withWebhookToken } from "./merge-secrets.ts";
import { newKey, sha256Hex } from "./new-key.ts";
import { changeSecret } from "./secret-values.ts";
import type { StageTarget } from "./stage-target.ts";

export type WebhookUrls = Partial<Record<WebhookSlot, string>>;

/** Whose webhooks, and what a sandbox must know to send them. */
export interface WebhookAccount {
  accountId: string;
  gateway: { apiKey: string };
  /** The webhook format that the sandbox sends (contract §8). */
  webhookKind: "W1" | "W2" | "W3";
}

/**
 * Issues new webhook URLs for these slots, whose tokens before the last ones end, and tells the sandbox (if there is
 * one, which takes all four or none). Returns them: of the tokens, only hashes are kept.
 */
export async function issueWebhooks(
  { secrets, webhooksSecret, webhooksUrl, sandbox }: StageTarget,
  account: WebhookAccount,
  slots: readonly WebhookSlot[],
): Promise<WebhookUrls> {
  const urls: WebhookUrls = {};
  await changeSecret(secrets, webhooksSecret, (before) => {
    let secret = before;
    for (const slot of slots) {
      const token = newKey();
      urls[slot] = `${webhooksUrl}/webhooks/${slot}/${token}`;
      secret = withWebhookToken(secret, account.accountId, slot, sha256Hex(token));
    }
    return secret;
  });
  if (sandbox && slots.length > 0) await registerWebhooks(sandbox.url, account, urls);
  return urls;
}

/** Hands the URLs to the sandbox; repeated for a while, since a running sandbox learns of a new key with a delay. */
async function registerWebhooks(
  sandboxUrl: string,
  account: WebhookAccount,
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
    `the sandbox gateway did not take the webhook URLs (${problem}): issue others with \`npm run webhooks -- rotate\``,
  );
}
