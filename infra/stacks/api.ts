import { type App, CfnOutput, Stack } from "aws-cdk-lib";
import { type HttpApi, HttpMethod } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpJwtAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { actions, type ListedAction } from "../../functions/actions/index.ts";
import type { Limit, Stage } from "../config.ts";
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
  readonly httpApi: HttpApi;

  constructor(scope: App, id: string, { stage, resources }: ApiStackProps) {
    super(scope, id, {
      stackName: `onboarding-${stage.name}-api`,
      description: `Onboarding API of the stage ${stage.name}`,
      env: { account: stage.account, region: stage.region },
    });

    const made = Object.values(actions).map((action) => ({
      action,
      handler: orchestratorFunction(this, pascalCase(action.file), {
        stage,
        resources,
        entry: `functions/actions/${action.file}.ts`,
        grants: action.grants,
        ...(action.publishes && {
          files: Object.fromEntries(
            action.publishes.files.map(({ name }) => [`${name}.gz`, publishedFile(name, stage)]),
          ),
        }),
        timeoutSeconds: TIMEOUT_SECONDS,
      }),
    }));
    const fallback = made.find(({ action }) => action.routes.some(({ path }) => path === FALLBACK));
    if (!fallback) throw new Error(`no action has the route ${FALLBACK}`);
    const { jwt, throttle } = stage;
    this.httpApi = loggedHttpApi(this, {
      name: `onboarding-${stage.name}`,
      fallback: fallback.handler,
      routed: made.map(({ action, handler }) => ({
        handler,
        routes: action.routes
          .filter(({ path }) => path !== FALLBACK)
          .map(({ method, path }) => ({
            method: httpMethod(method),
            path,
            limit: limitOf(action, method, throttle),
          })),
        open: action.publishes !== undefined,
      })),
      limit: throttle.changes,
      ...(jwt && {
        authorizer: new HttpJwtAuthorizer("CallerTokens", jwt.issuer, { jwtAudience: jwt.audience }),
      }),
      logRetentionDays: stage.logRetentionDays,
    });
    new CfnOutput(this, "ApiId", { value: this.httpApi.apiId });
    new CfnOutput(this, "ApiUrl", { value: this.httpApi.apiEndpoint });
  }
}

/** Who may claim a reference is a create, whatever else it does. */
function limitOf({ serves, publishes }: ListedAction, method: string, throttle: Stage["throttle"]): Limit {
  if (publishes) return throttle.descriptions;
  if (serves?.path === "/onboarding-counts") return throttle.counts;
  if (serves?.refusals.includes("duplicateReference")) return throttle.creates;
  return method === "GET" ? throttle.reads : throttle.changes;
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
