import { type App, CfnOutput, Stack } from "aws-cdk-lib";
import { HttpMethod } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { actions } from "../../functions/actions/index.ts";
import type { Stage } from "../config.ts";
import { publishedFile } from "../description/published-files.ts";
import type { Resources } from "../grants.ts";
import { orchestratorFunction } from "../orchestrator-function.ts";
import { loggedHttpApi } from "./http-api.ts";

export interface ApiStackProps {
  stage: Stage;
  resources: Resources;
}

/** Under the 30 s after which an HTTP API gives up. */
const TIMEOUT_SECONDS = 29;
const FALLBACK = "$default";

/** The API of our callers: one function per action, and the routes that the actions name. */
export class ApiStack extends Stack {
  readonly apiId: string;

  constructor(scope: App, id: string, { stage, resources }: ApiStackProps) {
    super(scope, id, {
      stackName: `onboarding-${stage.name}-api`,
      description: `Onboarding API of the stage ${stage.name}`,
      env: { account: stage.account, region: stage.region },
    });

    const made = Object.values(actions).map(({ file, grants, routes, publishes }) => ({
      routes,
      action: orchestratorFunction(this, pascalCase(file), {
        stage,
        resources,
        entry: `functions/actions/${file}.ts`,
        grants,
        ...(publishes && {
          files: Object.fromEntries(publishes.files.map(({ name }) => [`${name}.gz`, publishedFile(name)])),
        }),
        timeoutSeconds: TIMEOUT_SECONDS,
      }),
    }));
    const fallback = made.find(({ routes }) => routes.some(({ path }) => path === FALLBACK));
    if (!fallback) throw new Error(`no action has the route ${FALLBACK}`);
    const httpApi = loggedHttpApi(this, {
      name: `onboarding-${stage.name}`,
      fallback: fallback.action,
      logRetentionDays: stage.logRetentionDays,
      throttle: { rateLimit: 200, burstLimit: 400 },
    });
    for (const { routes, action } of made) {
      const integration = new HttpLambdaIntegration(`${action.node.id}Integration`, action as LambdaFunction);
      for (const { method, path } of routes)
        if (path !== FALLBACK) httpApi.addRoutes({ path, methods: [httpMethod(method)], integration });
    }
    this.apiId = httpApi.apiId;
    new CfnOutput(this, "ApiId", { value: httpApi.apiId });
    new CfnOutput(this, "ApiUrl", { value: httpApi.apiEndpoint });
  }
}

function httpMethod(name: string): HttpMethod {
  const known = Object.values(HttpMethod).find((method) => method === name.toUpperCase());
  if (!known) throw new Error(`${name} is not a method of an HTTP API`);
  return known;
}

const pascalCase = (kebab: string): string =>
  kebab
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
