import { type App, CfnOutput, Stack } from "aws-cdk-lib";
import { AttributeType, BillingMode, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { isScenario, type ScenarioName } from "../../functions/sandbox/journeys.ts";
import { type Settings, settingsFile } from "../../functions/sandbox/settings.ts";
import { bundledFunction } from "../bundle.ts";
import type { Stage } from "../config.ts";
import { dataPolicy } from "./data-policy.ts";
import { loggedHttpApi } from "./http-api.ts";
import { workOff, workQueue } from "./work-queue.ts";

export interface SandboxStackProps {
  stage: Stage;
}

/** Under the 30 s after which an HTTP API gives up, above the 25 s for which a fault may stall. */
const API_TIMEOUT_SECONDS = 29;
const CONSUMER_TIMEOUT_SECONDS = 60;
/** Of all callers together; tests and people, nobody else. */
const LIMIT = { perSecond: 200, burst: 400 };

/** The sandbox gateway: an HTTP API whose every answer is one function's, and the two queues that move time on. */
export class SandboxStack extends Stack {
  constructor(scope: App, id: string, { stage }: SandboxStackProps) {
    super(scope, id, {
      stackName: `onboarding-${stage.name}-sandbox`,
      description: `Sandbox identity gateway of the stage ${stage.name}`,
      env: { account: stage.account, region: stage.region },
    });
    const settings = sandboxSettings(stage);
    const removalPolicy = dataPolicy(stage);

    const table = new Table(this, "Table", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
      timeToLiveAttribute: "ttl",
      removalPolicy,
    });
    // Known to nobody until the stage is set up: setup writes the hashes of the keys it issues.
    const secret = new Secret(this, "Accounts", {
      description: "Who may call the sandbox gateway: hashes of api-keys",
      generateSecretString: { secretStringTemplate: '{"accounts":[]}', generateStringKey: "generated" },
      removalPolicy,
    });
    // Jobs are about invented customers: they need no key of our own.
    const named = (name: string) => ({
      queueName: `onboarding-${stage.name}-${name}`,
      visibilitySeconds: 2 * CONSUMER_TIMEOUT_SECONDS,
    });
    const journeys = workQueue(this, "Journey", named("sandbox-journeys"));
    const deliveries = workQueue(this, "Deliver", named("sandbox-deliveries"));

    const sandboxFunction = (name: "api" | "journey" | "deliver", timeoutSeconds: number) =>
      bundledFunction(this, `${name[0]?.toUpperCase()}${name.slice(1)}Function`, {
        entry: `functions/sandbox/${name}.ts`,
        files: { [settingsFile]: JSON.stringify(settings) },
        environment: {
          SANDBOX_TABLE: table.tableName,
          SANDBOX_SECRET: secret.secretArn,
          JOURNEY_QUEUE_URL: journeys.queue.queueUrl,
          DELIVER_QUEUE_URL: deliveries.queue.queueUrl,
        },
        timeoutSeconds,
        memoryMb: 512,
        logRetentionDays: stage.logRetentionDays,
      });
    const api = sandboxFunction("api", API_TIMEOUT_SECONDS);
    const journey = sandboxFunction("journey", CONSUMER_TIMEOUT_SECONDS);
    const deliver = sandboxFunction("deliver", CONSUMER_TIMEOUT_SECONDS);

    const [read, put, query, batch] = ["GetItem", "PutItem", "Query", "BatchWriteItem"].map(
      (action) => `dynamodb:${action}`,
    ) as [string, string, string, string];
    table.grant(api, read, put, query, batch, "dynamodb:UpdateItem");
    // Erasing a purged profile's request, when the function that answered the purge crashed.
    table.grant(journey, read, put, query, batch);
    table.grant(deliver, read, put, query);
    // Keys of callers for the API; content keys for whatever builds an encrypted body.
    const allow = (to: LambdaFunction, action: string, resource: string) =>
      to.addToRolePolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
    for (const reader of [api, deliver]) allow(reader, "secretsmanager:GetSecretValue", secret.secretArn);
    for (const sender of [api, journey]) allow(sender, "sqs:SendMessage", journeys.queue.queueArn);
    for (const sender of [api, journey, deliver]) allow(sender, "sqs:SendMessage", deliveries.queue.queueArn);
    workOff(journey, journeys);
    workOff(deliver, deliveries);

    const httpApi = loggedHttpApi(this, {
      name: `onboarding-${stage.name}-sandbox`,
      fallback: api,
      logRetentionDays: stage.logRetentionDays,
      limit: LIMIT,
    });
    new CfnOutput(this, "ApiId", { value: httpApi.apiId });
    new CfnOutput(this, "ApiUrl", { value: httpApi.apiEndpoint });
    // The ARN: every API takes it for a name, and a generated name cannot be told from its suffix.
    new CfnOutput(this, "SandboxSecretName", { value: secret.secretArn });
  }
}

/** The settings file: the stage's, and which `config.id` plays which script. Throws for a workflow without one. */
export function sandboxSettings(stage: Stage): Settings {
  if (!stage.sandbox) throw new Error(`the stage ${stage.name} has no sandbox`);
  const packages: Record<string, ScenarioName> = {};
  for (const [name, { config_id }] of Object.entries(stage.workflows)) {
    if (!isScenario(name)) throw new Error(`cdk.json: the sandbox has no script for the workflow "${name}"`);
    packages[config_id] = name;
  }
  return { ...stage.sandbox, packages };
}
