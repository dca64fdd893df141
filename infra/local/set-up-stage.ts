import { randomUUID } from "node:crypto";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { webhookSlots } from "../../shared/store/secrets.ts";
import { ask } from "./ask.ts";
import { CommandFailed } from "./command-failed.ts";
import { gatewayAccountOf } from "./merge-secrets.ts";
import { newKey } from "./new-key.ts";
import { printUrls } from "./rotate-webhooks.ts";
import { readSecret } from "./secret-values.ts";
import { setUpAccount } from "./set-up-account.ts";
import { readRemoteStage } from "./stage-config.ts";
import { readStageOutputs } from "./stage-outputs.ts";
import { targetOf, withoutSlash } from "./stage-target.ts";

/** Where an account's gateway is and how we authenticate there. */
export interface GatewayAccount {
  baseUrl: string;
  apiKey: string;
  accountId: string;
}

/**
 * Sets a deployed stage up: enters the gateway's credentials, issues a caller's key (where callers show keys), makes
 * webhook URLs. Prints keys and URLs once; of both, only hashes are kept. Can be repeated: it adds a key and loses none.
 */
export async function setUpStage(name: string): Promise<void> {
  const stage = readRemoteStage(name);
  const config = stage.region ? { region: stage.region } : {};
  const secrets = new SecretsManagerClient(config);
  const outputs = await readStageOutputs(
    new CloudFormationClient(config),
    stage.name,
    stage.sandbox !== undefined,
  );
  const target = targetOf(secrets, outputs);
  const before = await readSecret(secrets, target.gatewaySecret);
  const gateway = target.sandbox
    ? sandboxAccount(target.sandbox.url, before, process.env["GATEWAY_ACCOUNT_ID"])
    : await enteredAccount(process.env);
  const callerKey = stage.jwt ? null : newKey();
  const urls = await setUpAccount(target, {
    accountId: gateway.accountId,
    callerKey,
    gateway,
    webhookKind: "W1",
    rotateWebhooks: false,
  });

  console.log(`Stage ${stage.name} is set up.\n`);
  console.log(`API         ${withoutSlash(outputs.api.ApiUrl)}`);
  console.log(`account-id  ${gateway.accountId}`);
  if (stage.jwt)
    console.log(`tokens      of ${stage.jwt.issuer}, with this account-id as ${stage.jwt.accountClaim}\n`);
  else console.log(`api-key     ${callerKey}   (new; shown only now, earlier keys stay valid)\n`);
  const issued = Object.keys(urls).length;
  if (target.sandbox) console.log("The sandbox gateway knows the webhook URLs.");
  else if (issued > 0) printUrls(urls);
  if (issued < webhookSlots.length && !target.sandbox)
    console.log(
      `Webhook URLs issued earlier stay as they are; \`npm run webhooks -- rotate --stage ${stage.name}\` issues new ones.`,
    );
}

/** The sandbox's account of an earlier setup, or a new one; one that is known keeps its key. */
export function sandboxAccount(baseUrl: string, gatewaySecret: unknown, accountId?: string): GatewayAccount {
  const known = gatewayAccountOf(gatewaySecret, accountId);
  return {
    baseUrl,
    accountId: accountId ?? known?.accountId ?? `sandbox/${randomUUID()}`,
    apiKey: known?.apiKey ?? newKey(),
  };
}

/** The gateway's credentials, from the environment or else asked for. Throws `CommandFailed` on a base URL without https. */
export async function enteredAccount(
  environment: Record<string, string | undefined>,
): Promise<GatewayAccount> {
  const enter = async (variable: string, question: string, secret = false) => {
    const value = environment[variable]?.trim() || (await ask(question, `set ${variable}`, { secret }));
    if (!value) throw new CommandFailed(`setup needs a value for: ${question.trim()} (or set ${variable})`);
    return value;
  };
  const baseUrl = gatewayBaseUrl(await enter("GATEWAY_BASE_URL", "Gateway base URL: "));
  const accountId = await enter("GATEWAY_ACCOUNT_ID", "Gateway account-id: ");
  const apiKey = await enter("GATEWAY_API_KEY", "Gateway api-key (not shown): ", true);
  return { baseUrl, accountId, apiKey };
}

/** Keys travel there, and customers' data: https, no credentials in the URL, no query. */
function gatewayBaseUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== "https:" || url.username || url.password || url.search || url.hash)
    throw new CommandFailed(
      "the gateway base URL must be a plain https URL, such as https://gateway.example.com",
    );
  return withoutSlash(url.href);
}
