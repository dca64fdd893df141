import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { SNSClient } from "@aws-sdk/client-sns";
import { STSClient } from "@aws-sdk/client-sts";
import type { Stage } from "../../config.ts";
import { localEnvironment } from "../../local/child-environment.ts";
import { CommandFailed, oneLine } from "../../local/command-failed.ts";
import { type Endpoints, readEndpoints } from "../../local/endpoints.ts";
import { localClientConfig } from "../../local/local-clients.ts";
import { checkedStage } from "../../local/stage-config.ts";
import { readStageOutputs, type StageOutputs, stackNames } from "../../local/stage-outputs.ts";
import { targetOf, withoutSlash } from "../../local/stage-target.ts";
import { WrongSettings } from "../../setting-problems.ts";
import { judgeBootstrap, judgeIdentity, learnBootstrap, learnIdentity } from "./account.ts";
import {
  judgeApi,
  judgeGateway,
  judgeTargets,
  judgeWebhooks,
  learnApi,
  learnGateway,
  learnTargets,
  learnWebhooks,
} from "./endpoints.ts";
import { type Finding, good, type Learnt, learn, unknown, wrong } from "./finding.ts";
import { judgeAlarms, judgeBus, learnRules, learnSubscriptions } from "./notices.ts";
import { judgeQuotas, learnQuotas, type Quota } from "./quotas.ts";
import { judgeSecrets, learnSecrets } from "./secrets.ts";
import { judgeStacks, learnStack, synthesize } from "./stacks.ts";

/** How the SDK reaches the stage's account; nothing in it for AWS but the region. */
type ClientConfig = ReturnType<typeof localClientConfig> | { region?: string };

/**
 * Looks at everything that a stage needs to work, and changes nothing. One finding a line; what depends on something
 * that is wrong is left out, and with `quick` what takes long. Throws `CommandFailed` where there is nothing to look at.
 */
export async function examineStage(
  name: string,
  { quick = false }: { quick?: boolean } = {},
): Promise<Finding[]> {
  let stage: Stage;
  try {
    stage = checkedStage(name);
  } catch (error) {
    if (!(error instanceof WrongSettings)) throw new CommandFailed(oneLine(error));
    return error.problems.map((problem) => wrong("settings", problem, "mend it in cdk.json"));
  }
  const settings = good("settings", `stages.${name} of cdk.json is well-formed`);
  const local = name === "local" ? await readEndpoints() : null;
  const config: ClientConfig = local
    ? localClientConfig(local.awsEndpoint, local.region)
    : stage.region
      ? { region: stage.region }
      : {};

  const identity = judgeIdentity(stage, await learnIdentity(new STSClient(config)));
  if (identity.result === "wrong")
    return [settings, identity, unknown("all else", "not checked without them")];
  const [deployed, quotas] = await Promise.all([
    examineDeployed(stage, config, local, quick),
    quotasOf(config, local),
  ]);
  return [settings, identity, ...deployed, ...judgeQuotas(stage, quotas)];
}

const quotasOf = (config: ClientConfig, local: Endpoints | null): Promise<Learnt<Quota[]>> =>
  local
    ? Promise.resolve({ because: "the local cloud has none" })
    : learnQuotas(new ServiceQuotasClient(config));

async function examineDeployed(
  stage: Stage,
  config: ClientConfig,
  local: Endpoints | null,
  quick: boolean,
): Promise<Finding[]> {
  const cloudformation = new CloudFormationClient(config);
  const environment =
    local === null ? undefined : localEnvironment(process.env, local.awsEndpoint, local.region);
  const names = stackNames(stage);
  const outputs = learn(() => readStageOutputs(cloudformation, stage.name, stage.sandbox !== undefined));
  const [bootstrap, synthesized, stacks, inside, subscriptions] = await Promise.all([
    learnBootstrap(cloudformation),
    quick ? { because: "left out" } : synthesize(stage.name, environment),
    Promise.all(names.map(async (each) => [each, await learnStack(cloudformation, each)] as const)),
    outputs.then((known) => examineInside(stage, config, local, known)),
    learnSubscriptions(cloudformation, new SNSClient(config), stage.name),
  ]);
  const needed = "value" in synthesized ? { value: synthesized.value.neededBootstrap } : synthesized;
  return [
    judgeBootstrap(stage, bootstrap, needed),
    ...judgeStacks(stage, Object.fromEntries(stacks), synthesized),
    ...inside,
    ...judgeAlarms(stage, subscriptions),
  ];
}

/** What only a stage that is deployed has: secrets, URLs, its bus, and its word with the gateway. */
async function examineInside(
  stage: Stage,
  config: ClientConfig,
  local: Endpoints | null,
  outputs: Learnt<StageOutputs>,
): Promise<Finding[]> {
  if ("because" in outputs)
    return [unknown("secrets, URLs, gateway, bus", `not checked: ${outputs.because}`, outputs.fix)];
  const client = new SecretsManagerClient(config);
  const { sandbox, ...target } = targetOf(client, outputs.value);
  // The emulator's outputs have host names of its own.
  const urls = {
    api: local?.api ?? withoutSlash(outputs.value.api.ApiUrl),
    webhooks: local?.webhooks ?? target.webhooksUrl,
    sandbox: sandbox ? (local?.sandbox ?? sandbox.url) : null,
  };
  const [secrets, rules, api, webhooks] = await Promise.all([
    learnSecrets(client, { ...target, ...(sandbox && { sandbox }) }),
    learnRules(new EventBridgeClient(config), outputs.value.state.EventBusName),
    learnApi(urls.api),
    learnWebhooks(urls.webhooks),
  ]);
  const { findings, known } = judgeSecrets(stage, secrets, urls.sandbox, Date.now());
  const accounts = await Promise.all(
    Object.entries(known.gateway?.accounts ?? {}).map(async ([id, account]): Promise<Finding[]> => {
      const word = await learnGateway(account);
      const answer = judgeGateway(stage, id, word);
      if (!sandbox || !known.webhooks || word.word !== "knows us") return [answer];
      return [answer, judgeTargets(stage, id, urls.webhooks, known.webhooks, await learnTargets(account))];
    }),
  );
  return [
    ...findings,
    judgeApi(stage, api),
    judgeWebhooks(stage, webhooks),
    ...accounts.flat(),
    judgeBus(stage, rules),
  ];
}
