import { RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  type CfnStage,
  HttpApi,
  type HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { Limit } from "../config.ts";

/** A function behind some routes. */
export interface Routed {
  handler: IFunction;
  routes: readonly { method: HttpMethod; path: string; limit: Limit }[];
  /** Answers to anybody, whatever the API asks of the others. */
  open?: boolean;
}

export interface LoggedHttpApiProps {
  name: string;
  /** Answers every request that no other route takes. */
  fallback: IFunction;
  routed?: readonly Routed[];
  /** Of every route that has none of its own. */
  limit: Limit;
  /** Asked before any function that is not `open`; left out, the functions authenticate their callers themselves. */
  authorizer?: IHttpRouteAuthorizer;
  logRetentionDays: number;
}

/**
 * An HTTP API with a limit for each route. Its log has neither path nor query nor headers: they carry references,
 * link tokens, webhook tokens and keys.
 */
export function loggedHttpApi(scope: Construct, props: LoggedHttpApiProps): HttpApi {
  const nobody = new HttpNoneAuthorizer();
  const httpApi = new HttpApi(scope, "Api", {
    apiName: props.name,
    createDefaultStage: false,
    defaultIntegration: new HttpLambdaIntegration("Integration", props.fallback),
    defaultAuthorizer: props.authorizer ?? nobody,
  });
  const logGroup = new LogGroup(scope, "AccessLog", {
    retention: props.logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const stage = new HttpStage(scope, "DefaultStage", {
    httpApi,
    autoDeploy: true,
    throttle: { rateLimit: props.limit.perSecond, burstLimit: props.limit.burst },
    accessLogSettings: {
      destination: new LogGroupLogDestination(logGroup),
      format: AccessLogFormat.custom(
        JSON.stringify({
          requestId: "$context.requestId",
          requestTime: "$context.requestTime",
          method: "$context.httpMethod",
          status: "$context.status",
          responseLength: "$context.responseLength",
          responseLatencyMs: "$context.responseLatency",
          integrationError: "$context.integrationErrorMessage",
        }),
      ),
    },
  });
  const limits: Record<string, { ThrottlingRateLimit: number; ThrottlingBurstLimit: number }> = {};
  for (const { handler, routes, open } of props.routed ?? []) {
    const integration = new HttpLambdaIntegration(`${handler.node.id}Integration`, handler);
    for (const { method, path, limit } of routes) {
      const made = httpApi.addRoutes({
        path,
        methods: [method],
        integration,
        ...(open && { authorizer: nobody }),
      });
      limits[`${method} ${path}`] = {
        ThrottlingRateLimit: limit.perSecond,
        ThrottlingBurstLimit: limit.burst,
      };
      // A stage is refused that names a route before it is there.
      stage.node.addDependency(...made);
    }
  }
  if (Object.keys(limits).length > 0) (stage.node.defaultChild as CfnStage).routeSettings = limits;
  return httpApi;
}
