import { RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { HttpApi, HttpNoneAuthorizer, HttpStage, LogGroupLogDestination } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

export interface LoggedHttpApiProps {
  name: string;
  /** Answers every request that no other route takes. */
  fallback: IFunction;
  logRetentionDays: number;
  throttle: { rateLimit: number; burstLimit: number };
}

/**
 * An HTTP API whose functions authenticate their callers themselves. Its log has neither path nor query nor
 * headers: they carry references, link tokens, webhook tokens and keys.
 */
export function loggedHttpApi(scope: Construct, props: LoggedHttpApiProps): HttpApi {
  const httpApi = new HttpApi(scope, "Api", {
    apiName: props.name,
    createDefaultStage: false,
    defaultIntegration: new HttpLambdaIntegration("Integration", props.fallback),
    defaultAuthorizer: new HttpNoneAuthorizer(),
  });
  const logGroup = new LogGroup(scope, "AccessLog", {
    retention: props.logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  new HttpStage(scope, "DefaultStage", {
    httpApi,
    autoDeploy: true,
    throttle: props.throttle,
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
  return httpApi;
}
