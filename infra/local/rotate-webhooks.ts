import { type WebhookSlot, webhookSlots } from "../../shared/store/secrets.ts";
import type { Stage } from "../config.ts";
import { chosenAccount, NO_ACCOUNT } from "./chosen-account.ts";
import { CommandFailed } from "./command-failed.ts";
import { readEndpoints } from "./endpoints.ts";
import { issueWebhooks, type WebhookAccount, type WebhookUrls } from "./issue-webhooks.ts";
import { gatewayAccountIds, gatewayAccountOf, webhookTokens } from "./merge-secrets.ts";
import { readSecret } from "./secret-values.ts";
import { readStage } from "./stage-config.ts";
import { findTarget, type StageTarget } from "./stage-target.ts";

/**
 * Issues new URLs for all four slots of an account that was set up; those before stay valid until the next rotation.
 * Needs none of the gateway's credentials: a sandbox is told in the name that the stage itself has there.
 */
export async function rotateWebhooks(
  target: StageTarget,
  accountId: string,
  webhookKind: WebhookAccount["webhookKind"] = "W1",
): Promise<WebhookUrls> {
  const gateway = gatewayAccountOf(await readSecret(target.secrets, target.gatewaySecret), accountId);
  if (!gateway) throw new CommandFailed(`account ${accountId} is not set up completely: run setup`);
  return issueWebhooks(target, { accountId, gateway, webhookKind }, webhookSlots);
}

/** How many URLs of each slot are valid, by account; accounts that have none yet as well. */
export async function validWebhooks(target: StageTarget): Promise<Map<string, Record<WebhookSlot, number>>> {
  const { secrets, gatewaySecret, webhooksSecret } = target;
  const valid = webhookTokens(await readSecret(secrets, webhooksSecret));
  const none = () => Object.fromEntries(webhookSlots.map((slot) => [slot, 0])) as Record<WebhookSlot, number>;
  for (const accountId of gatewayAccountIds(await readSecret(secrets, gatewaySecret)))
    if (!valid.has(accountId)) valid.set(accountId, none());
  return valid;
}

/** `npm run webhooks -- rotate`. Throws `CommandFailed`. */
export async function rotateStageWebhooks(
  stage: string,
  { account }: { account?: string | undefined },
): Promise<void> {
  const target = await findTarget(stage);
  const known = gatewayAccountIds(await readSecret(target.secrets, target.gatewaySecret));
  const accountId = chosenAccount(known, account);
  const kind = stage === "local" ? await localKind(accountId) : kindOf(readStage(stage), accountId);
  const urls = await rotateWebhooks(target, accountId, kind);
  console.log(`Stage ${stage}, account ${accountId}: new webhook URLs are issued.`);
  console.log("The ones before stay valid until the next rotation.\n");
  if (target.sandbox) console.log(`The sandbox gateway knows them, and sends ${kind}.`);
  else printUrls(urls);
}

/** `npm run webhooks -- list`: what is valid, never the URLs, of which only hashes are kept. */
export async function listStageWebhooks(stage: string): Promise<void> {
  const accounts = await validWebhooks(await findTarget(stage));
  if (accounts.size === 0) throw new CommandFailed(NO_ACCOUNT);
  for (const [accountId, slots] of accounts) {
    console.log(`account ${accountId}`);
    for (const [slot, count] of Object.entries(slots))
      console.log(
        `  ${slot.padEnd(16)}  ${count === 0 ? "no URL" : `${count} valid URL${count > 1 ? "s" : ""}`}`,
      );
  }
}

export function printUrls(urls: WebhookUrls): void {
  console.log("Webhook URLs to hand to the provider (shown only now; treat them like keys):");
  for (const [slot, url] of Object.entries(urls)) console.log(`  ${slot.padEnd(16)}  ${url}`);
}

/** As the stage's settings say of an account that they list. */
const kindOf = ({ gatewayAccounts }: Stage, accountId: string): WebhookAccount["webhookKind"] =>
  Object.values(gatewayAccounts).find((account) => account.accountId === accountId)?.webhookKind ?? "W1";

/** As the local cloud set its two accounts up. */
async function localKind(accountId: string): Promise<WebhookAccount["webhookKind"]> {
  return (await readEndpoints()).otherAccountId === accountId ? "W3" : "W1";
}
