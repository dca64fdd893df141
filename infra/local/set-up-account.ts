import { randomBytes } from "node:crypto";
import { webhookSlots } from "../../shared/store/secrets.ts";
import { newContentKey, rotated, usualPace } from "./content-keys.ts";
import { issueWebhooks, type WebhookAccount, type WebhookUrls } from "./issue-webhooks.ts";
import {
  contentKeysOf,
  slotsWithoutToken,
  withCaller,
  withContentKeys,
  withGatewayAccount,
  withSandboxAccount,
  withSandboxContentKeys,
} from "./merge-secrets.ts";
import { sha256Hex } from "./new-key.ts";
import { changeSecret, readSecret } from "./secret-values.ts";
import type { StageTarget } from "./stage-target.ts";

/** One account to set up: our account id is the gateway's. */
export interface AccountToSetUp extends WebhookAccount {
  /** The key that callers send to us; `null` where they send tokens instead. */
  callerKey: string | null;
  gateway: { baseUrl: string; apiKey: string };
  /** Issues new webhook URLs even where the account has some; the ones before stay valid until the next time. */
  rotateWebhooks: boolean;
}

/**
 * Writes an account into the stage's secrets, without losing what they hold, and tells the sandbox (if there is one)
 * where to send webhooks. Returns the webhook URLs that it issued: none for slots that had one and were not rotated,
 * since only hashes of theirs are kept.
 */
export async function setUpAccount(target: StageTarget, account: AccountToSetUp): Promise<WebhookUrls> {
  const { secrets } = target;
  const { accountId, gateway } = account;
  const hashKey = randomBytes(32).toString("base64");
  await changeSecret(secrets, target.callersSecret, (before) =>
    withCaller(before, accountId, account.callerKey === null ? null : sha256Hex(account.callerKey), hashKey),
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
    // A rotation may have come first: its keys stay.
    await changeSecret(secrets, target.gatewaySecret, (before) =>
      contentKeysOf(before, accountId).length > 0 ? before : withContentKeys(before, accountId, contentKeys),
    );
  }

  // The sandbox takes all four URLs or none, so one missing token renews them all there.
  const missing = slotsWithoutToken(await readSecret(secrets, target.webhooksSecret), accountId);
  const issued = account.rotateWebhooks || (sandbox && missing.length > 0) ? webhookSlots : missing;
  return issueWebhooks(target, account, issued);
}
