import { type App, CfnOutput, Stack } from "aws-cdk-lib";
import { type HttpApi, HttpMethod } from "aws-cdk-lib/aws-apigatewayv2";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { grants } from "../../functions/webhooks/ingest.ts";
import type { Stage } from "../config.ts";
import type { Resources } from "../grants.ts";
import { orchestratorFunction } from "../orchestrator-function.ts";
import { loggedHttpApi } from "./http-api.ts";

export interface WebhooksStackProps {
  stage: Stage;
  resources: Resources;
}

const TIMEOUT_SECONDS = 10;

/** Where the gateway sends its webhooks. An API of its own, so that a storm of them slows no caller down. */
export class WebhooksStack extends Stack {
  readonly ingest: LambdaFunction;
  readonly httpApi: HttpApi;

  constructor(scope: App, id: string, { stage, resources }: WebhooksStackProps) {
    super(scope, id, {
      stackName: `onboarding-${stage.name}-webhooks`,
      description: `Webhook ingestion of the stage ${stage.name}`,
      env: { account: stage.account, region: stage.region },
    });
    this.ingest = orchestratorFunction(this, "Ingest", {
      stage,
      resources,
      entry: "functions/webhooks/ingest.ts",
      grants,
      timeoutSeconds: TIMEOUT_SECONDS,
      environment: { WEBHOOK_SOURCE_RANGES: stage.webhookSourceRanges.join(",") },
    });
    const limit = stage.throttle.webhooks;
    this.httpApi = loggedHttpApi(this, {
      name: `onboarding-${stage.name}-webhooks`,
      fallback: this.ingest,
      routed: [
        {
          handler: this.ingest,
          routes: [{ method: HttpMethod.POST, path: "/webhooks/{slot}/{token}", limit }],
        },
      ],
      limit,
      logRetentionDays: stage.logRetentionDays,
    });
    new CfnOutput(this, "ApiId", { value: this.httpApi.apiId });
    new CfnOutput(this, "ApiUrl", { value: this.httpApi.apiEndpoint });
  }
}
