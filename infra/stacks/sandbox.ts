import { type App, CfnOutput, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { AttributeType, BillingMode, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { isScenario, type ScenarioName } from "../../functions/sandbox/journeys.ts";
import { type Settings, settingsFile } from "../../functions/sandbox/settings.ts";
import { bundledFunction } from "../bundle.ts";
import type { Stage } from "../config.ts";
import { loggedHttpApi } from "./http-api.ts";

export interface SandboxStackProps {
  stage: Stage;
}

/** Under the 30 s after which an HTTP API gives up, above the 25 s for which a fault may stall. */
const API_TIMEOUT_SECONDS = 29;
const CONSUMER_TIMEOUT_SECONDS = 60;
/** A job is tried so often before it is a dead letter of the queue. */
const MAX_RECEIVES = 5;

/** The sandbox gateway: an HTTP API whose every answer is one function's, and the two queues that move time on. */
export class SandboxStack extends Stack {
  constructor(scope: App, id: string, { stage }: SandboxStackProps) {
    super(scope, id, {
      stackName: `onboarding-${stage.name}-sandbox`,
      description: `Sandbox identity gateway of the stage ${stage.name}`,
      env: { account: stage.account, region: stage.region },
    });
    const settings = sandboxSettings(stage);
    const removalPolicy = stage.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

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
    const journeyQueue = this.queue("Journey");
    const deliverQueue = this.queue("Deliver");

    const sandboxFunction = (name: "api" | "journey" | "deliver", timeoutSeconds: number) =>
      bundledFunction(this, `${name[0]?.toUpperCase()}${name.slice(1)}Function`, {
        entry: `functions/sandbox/${name}.ts`,
        files: { [settingsFile]: JSON.stringify(settings) },
        environment: {
          SANDBOX_TABLE: table.tableName,
          SANDBOX_SECRET: secret.secretArn,
          JOURNEY_QUEUE_URL: journeyQueue.queueUrl,
          DELIVER_QUEUE_URL: deliverQueue.queueUrl,
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
    for (const reader of [api, deliver]) secret.grantRead(reader);
    for (const sender of [api, journey]) journeyQueue.grantSendMessages(sender);
    for (const sender of [api, journey, deliver]) deliverQueue.grantSendMessages(sender);
    const consumed = { batchSize: 10, reportBatchItemFailures: true, maxConcurrency: 5 };
    journey.addEventSource(new SqsEventSource(journeyQueue, consumed));
    deliver.addEventSource(new SqsEventSource(deliverQueue, consumed));

    const httpApi = loggedHttpApi(this, {
      name: `onboarding-${stage.name}-sandbox`,
      fallback: api,
      logRetentionDays: stage.logRetentionDays,
      throttle: { rateLimit: 200, burstLimit: 400 },
    });
    new CfnOutput(this, "ApiId", { value: httpApi.apiId });
    new CfnOutput(this, "ApiUrl", { value: httpApi.apiEndpoint });
    // The ARN: every API takes it for a name, and a generated name cannot be told from its suffix.
    new CfnOutput(this, "SandboxSecretName", { value: secret.secretArn });
  }

  /** Webhook jobs are not for reading: encrypted, over TLS only, and gone after four days. */
  private queue(name: string): Queue {
    const common = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
    };
    return new Queue(this, `${name}Queue`, {
      ...common,
      visibilityTimeout: Duration.seconds(2 * CONSUMER_TIMEOUT_SECONDS),
      deadLetterQueue: {
        queue: new Queue(this, `${name}DeadLetters`, common),
        maxReceiveCount: MAX_RECEIVES,
      },
    });
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
