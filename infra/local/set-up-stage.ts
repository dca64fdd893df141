import { randomUUID } from "node:crypto";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { webhookSlots } from "../../shared/store/secrets.ts";
import { isPlainHttps, type Stage } from "../config.ts";
import { ask } from "./ask.ts";
import { CommandFailed } from "./command-failed.ts";
import { gatewayAccountOf } from "./merge-secrets.ts";
import { newKey } from "./new-key.ts";
import { printUrls } from "./rotate-webhooks.ts";
import { readSecret } from "./secret-values.ts";
import { setUpAccount } from "./set-up-account.ts";
import { readRemoteStage } from "./stage-config.ts";
import { readStageOutputs, type StageOutputs } from "./stage-outputs.ts";
import { type StageTarget, targetOf, withoutSlash } from "./stage-target.ts";

/** Where an account's gateway is and how we authenticate there. */
export interface GatewayAccount {
  baseUrl: string;
  apiKey: string;
  accountId: string;
}

/**
 * Sets a deployed stage up: enters the gateway's credentials, issues a caller's key (where callers show keys), makes
 * webhook URLs; for the accounts of `gatewayAccounts` in turn, or the one that is asked for. Prints keys and URLs once;
 * of both, only hashes are kept. Can be repeated: it adds a key and loses none.
 */
export async function setUpStage(
  name: string,
  { account }: { account?: string | undefined } = {},
): Promise<void> {
  const stage = readRemoteStage(name);
  const configured = configuredAccounts(stage, account, process.env["GATEWAY_API_KEY"]);
  const config = stage.region ? { region: stage.region } : {};
  const secrets = new SecretsManagerClient(config);
  const outputs = await readStageOutputs(
    new CloudFormationClient(config),
    stage.name,
    stage.sandbox !== undefined,
  );
  const target = targetOf(secrets, outputs);
  if (configured.length > 0)
    for (const each of configured) await setUpConfigured(stage, each, target, outputs);
  else {
    const before = await readSecret(secrets, target.gatewaySecret);
    const gateway = target.sandbox
      ? sandboxAccount(target.sandbox.url, before, process.env["GATEWAY_ACCOUNT_ID"])
      : await enteredAccount(process.env);
    await setUpAndPrint(stage, gateway, "W1", target, outputs);
  }
}

/** An account as the stage's settings have it. */
export type ConfiguredAccount = Stage["gatewayAccounts"][string] & { name: string };

/**
 * The accounts of the stage's settings that are meant: all of them, or the one of this name or id. None where the
 * settings list none. Throws `CommandFailed`.
 */
export function configuredAccounts(
  { name: stage, gatewayAccounts }: Pick<Stage, "name" | "gatewayAccounts">,
  asked: string | undefined,
  apiKey: string | undefined,
): ConfiguredAccount[] {
  const key = `stages.${stage}.gatewayAccounts`;
  const known = Object.entries(gatewayAccounts).map(([name, account]) => ({ ...account, name }));
  const names = known.map(({ name }) => name);
  if (asked === undefined) {
    if (known.length > 1 && apiKey)
      throw new CommandFailed(`GATEWAY_API_KEY is one account's: name it, --account ${names.join(" or ")}`);
    return known;
  }
  if (known.length === 0) throw new CommandFailed(`cdk.json: ${key} lists no account: leave --account out`);
  const found = known.filter(({ name, accountId }) => name === asked || accountId === asked);
  if (found.length === 0)
    throw new CommandFailed(`cdk.json: ${key} has no "${asked}"; it has ${names.join(", ")}`);
  return found;
}

async function setUpConfigured(
  stage: Stage,
  { name, accountId, baseUrl = "", webhookKind = "W1" }: ConfiguredAccount,
  target: StageTarget,
  outputs: StageOutputs,
): Promise<void> {
  const before = await readSecret(target.secrets, target.gatewaySecret);
  const gateway = target.sandbox
    ? sandboxAccount(target.sandbox.url, before, accountId)
    : {
        accountId,
        baseUrl: withoutSlash(baseUrl),
        apiKey: await enteredKey(process.env, name, gatewayAccountOf(before, accountId)?.apiKey),
      };
  await setUpAndPrint(stage, gateway, webhookKind, target, outputs);
}

/** The api-key of an account of the settings: entered, or on an empty answer the one that it has. */
export async function enteredKey(
  environment: Record<string, string | undefined>,
  name: string,
  known: string | undefined,
): Promise<string> {
  const kept = known ? "not shown; Enter keeps the one it has" : "not shown";
  const entered =
    environment["GATEWAY_API_KEY"]?.trim() ||
    (await ask(`Gateway api-key of the account ${name} (${kept}): `, "set GATEWAY_API_KEY", {
      secret: true,
    }));
  const apiKey = entered || known;
  if (!apiKey)
    throw new CommandFailed(`setup needs the api-key of the account ${name} (or set GATEWAY_API_KEY)`);
  return apiKey;
}

async function setUpAndPrint(
  stage: Stage,
  gateway: GatewayAccount,
  webhookKind: "W1" | "W2" | "W3",
  target: StageTarget,
  outputs: StageOutputs,
): Promise<void> {
  const callerKey = stage.jwt ? null : newKey();
  const urls = await setUpAccount(target, {
    accountId: gateway.accountId,
    callerKey,
    gateway,
    webhookKind,
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
  if (!isPlainHttps(text))
    throw new CommandFailed(
      "the gateway base URL must be a plain https URL, such as https://gateway.example.com",
    );
  return withoutSlash(new URL(text).href);
}
