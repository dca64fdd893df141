import { Match, type Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { actions } from "../../functions/actions/index.ts";
import { environmentOf, type Grant } from "../../functions/grants.ts";
import { steps } from "../../functions/steps/index.ts";
import { grants as watchGrants } from "../../functions/watch/watch.ts";
import { faults } from "../../infra/workflow/onboarding.ts";
import { dueProjection } from "../../shared/store/table.ts";
import { stageApp, templates } from "./stage-app.ts";

const local = templates("local", { alarmEmails: ["operations@example.com"] });
const prod = templates("prod");
const orchestrator = ["state", "onboarding", "api", "webhooks", "operations"];

interface Resource {
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
}

const part = (of: Record<string, Template>, name: string): Template => {
  const template = of[name];
  if (!template) throw new Error(`no stack ${name}`);
  return template;
};
const resources = (template: Template, type: string): Resource[] =>
  Object.values(template.findResources(type)) as Resource[];

interface Statement {
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}

/** Statements of a function's role, by the logical id of the function. */
function statementsOf(template: Template, functionId: string): Statement[] {
  const made = template.findResources("AWS::Lambda::Function")[functionId] as Resource;
  const role = (made.Properties["Role"] as { "Fn::GetAtt": [string] })["Fn::GetAtt"][0];
  return resources(template, "AWS::IAM::Policy")
    .filter(({ Properties }) => (Properties["Roles"] as { Ref: string }[]).some(({ Ref }) => Ref === role))
    .flatMap(({ Properties }) => (Properties["PolicyDocument"] as { Statement: Statement[] }).Statement);
}

const actionsOf = (template: Template, functionId: string): string[] =>
  [...new Set(statementsOf(template, functionId).flatMap(({ Action }) => Action))].sort();

function functionId(template: Template, prefix: string): string {
  const found = Object.keys(template.findResources("AWS::Lambda::Function")).filter((id) =>
    new RegExp(`^${prefix}[0-9A-F]{8}$`).test(id),
  );
  if (found.length !== 1) throw new Error(`${found.length} functions ${prefix}`);
  return found[0] ?? "";
}

describe("app", () => {
  test("has the sandbox only where the stage says so", () => {
    expect(Object.keys(local)).toEqual([...orchestrator, "sandbox"]);
    expect(Object.keys(prod)).toEqual(orchestrator);
  });

  test("stacks depend on each other in one direction", () => {
    const { stacks, app } = stageApp("local");
    app.synth();
    const names = Object.keys(stacks);
    for (const [index, stack] of Object.values(stacks).entries())
      for (const on of stack.dependencies)
        expect(names.indexOf(on.stackName.split("-").at(-1) ?? "")).toBeLessThan(index);
    expect(stacks["sandbox"]?.dependencies).toEqual([]);
  });

  test("two syntheses are the same", () => {
    const again = templates("local", { alarmEmails: ["operations@example.com"] });
    for (const [name, template] of Object.entries(local))
      expect(again[name]?.toJSON(), name).toEqual(template.toJSON());
  });
});

describe.each(Object.entries(local))("the %s stack", (_name, template) => {
  const functions = Object.entries(template.findResources("AWS::Lambda::Function")) as [string, Resource][];

  test("functions share neither role nor log group", () => {
    const roles = functions.map(([, { Properties }]) => JSON.stringify(Properties["Role"]));
    const logs = functions.map(([, { Properties }]) => JSON.stringify(Properties["LoggingConfig"]));
    expect(new Set(roles).size).toBe(functions.length);
    expect(new Set(logs).size).toBe(functions.length);
  });

  test("functions run on Node 24 on ARM", () => {
    for (const [id, { Properties }] of functions)
      expect(Properties, id).toMatchObject({
        Runtime: "nodejs24.x",
        Architectures: ["arm64"],
        Handler: "index.handler",
      });
  });

  test("no role has a managed policy", () => {
    for (const { Properties } of resources(template, "AWS::IAM::Role"))
      expect(Properties["ManagedPolicyArns"]).toBeUndefined();
  });

  test("no function may touch every resource, or every action of a service", () => {
    for (const [id] of functions)
      for (const statement of statementsOf(template, id)) {
        expect([statement.Resource].flat(), id).not.toContain("*");
        for (const action of [statement.Action].flat()) expect(action, id).not.toContain("*");
      }
  });

  test("log groups forget", () => {
    for (const { Properties } of resources(template, "AWS::Logs::LogGroup"))
      expect(Properties["RetentionInDays"]).toBe(1);
  });

  test("whatever logs does so into a group that forgets, and not into one that AWS would make for it", () => {
    const groups = Object.keys(template.findResources("AWS::Logs::LogGroup"));
    const named = (settings: unknown) => groups.filter((id) => JSON.stringify(settings ?? "").includes(id));
    for (const [type, settings] of [
      ["AWS::Lambda::Function", "LoggingConfig"],
      ["AWS::ApiGatewayV2::Stage", "AccessLogSettings"],
      ["AWS::StepFunctions::StateMachine", "LoggingConfiguration"],
    ] as const)
      for (const { Properties } of resources(template, type))
        expect(named(Properties[settings]), type).toHaveLength(1);
  });

  test("queues are encrypted, forget after four days and refuse plain HTTP", () => {
    const queues = Object.keys(template.findResources("AWS::SQS::Queue"));
    for (const { Properties } of resources(template, "AWS::SQS::Queue")) {
      expect(Properties["MessageRetentionPeriod"]).toBe(4 * 86_400);
      expect("KmsMasterKeyId" in Properties || Properties["SqsManagedSseEnabled"] === true).toBe(true);
    }
    const secured = resources(template, "AWS::SQS::QueuePolicy").flatMap(
      ({ Properties }) => Properties["Queues"],
    );
    expect(secured).toEqual(expect.arrayContaining(queues.map((Ref) => ({ Ref }))));
  });

  test("access logs have neither path nor query nor header", () => {
    for (const { Properties } of resources(template, "AWS::ApiGatewayV2::Stage")) {
      const { Format } = Properties["AccessLogSettings"] as { Format: string };
      expect(Object.values(JSON.parse(Format) as object).sort()).toEqual([
        "$context.httpMethod",
        "$context.integrationErrorMessage",
        "$context.requestId",
        "$context.requestTime",
        "$context.responseLatency",
        "$context.responseLength",
        "$context.status",
      ]);
      expect(Properties["DefaultRouteSettings"]).toMatchObject({ ThrottlingRateLimit: expect.any(Number) });
    }
  });
});

describe("state", () => {
  const template = part(local, "state");

  test("the table has stream, expiry, point-in-time recovery, our key and the due index", () => {
    template.hasResourceProperties("AWS::DynamoDB::Table", {
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: "due",
          KeySchema: [
            { AttributeName: "dueShard", KeyType: "HASH" },
            { AttributeName: "dueAt", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: [...dueProjection] },
        },
      ],
      AttributeDefinitions: Match.arrayWith([{ AttributeName: "dueAt", AttributeType: "N" }]),
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: "KMS" },
      StreamSpecification: { StreamViewType: "NEW_IMAGE" },
      TimeToLiveSpecification: { AttributeName: "ttl", Enabled: true },
    });
  });

  test("the vault is encrypted, private, TLS only and keeps no versions", () => {
    template.hasResourceProperties("AWS::S3::Bucket", {
      VersioningConfiguration: Match.absent(),
      ReplicationConfiguration: Match.absent(),
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" }, BucketKeyEnabled: true },
        ],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: {
        Rules: [Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } })],
      },
    });
    template.hasResourceProperties("AWS::S3::BucketPolicy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
        ]),
      },
    });
  });

  test("data outlives the stack only where the stage says so", () => {
    const types = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key", "AWS::SecretsManager::Secret"];
    for (const type of types) {
      for (const { DeletionPolicy } of resources(template, type)) expect(DeletionPolicy, type).toBe("Delete");
      for (const { DeletionPolicy } of resources(part(prod, "state"), type))
        expect(DeletionPolicy, type).toMatch(/^Retain/);
    }
    part(prod, "state").hasResourceProperties("AWS::DynamoDB::Table", { DeletionProtectionEnabled: true });
  });

  test("tells setup the names that it needs", () => {
    expect(Object.keys(template.findOutputs("*")).filter((id) => !id.startsWith("Exports"))).toEqual([
      "EventBusName",
      "ProfileTableName",
      "VaultBucketName",
      "CallersSecretName",
      "GatewaySecretName",
      "WebhooksSecretName",
    ]);
  });
});

describe("onboarding", () => {
  const template = part(local, "onboarding");

  test("the stream feeds only signals on parked profiles", () => {
    const [mapping] = resources(template, "AWS::Lambda::EventSourceMapping").filter(
      ({ Properties }) => Properties["StartingPosition"],
    );
    expect(mapping?.Properties).toMatchObject({
      StartingPosition: "TRIM_HORIZON",
      BatchSize: 10,
      ParallelizationFactor: 10,
      MaximumRetryAttempts: 10,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      DestinationConfig: { OnFailure: {} },
    });
    const criteria = mapping?.Properties["FilterCriteria"] as { Filters: { Pattern: string }[] } | undefined;
    expect(criteria?.Filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([
      {
        eventName: ["MODIFY"],
        dynamodb: {
          NewImage: {
            sk: { S: ["profile"] },
            last_write: { S: ["signal"] },
            dueShard: { S: [{ exists: true }] },
          },
        },
      },
    ]);
  });

  test("as many due looks are under way as the stage says, each in a function of its own", () => {
    const { onboarding } = templates("local", { looksAtOnce: 7 });
    const [mapping, ...others] = resources(onboarding as Template, "AWS::Lambda::EventSourceMapping").filter(
      ({ Properties }) => JSON.stringify(Properties["EventSourceArn"]).includes("LookQueue"),
    );
    expect(others).toEqual([]);
    expect(mapping?.Properties).toMatchObject({ BatchSize: 1, ScalingConfig: { MaximumConcurrency: 7 } });
  });

  test("queues feed functions, failures one by one, at a bounded pace", () => {
    const mappings = resources(template, "AWS::Lambda::EventSourceMapping").filter(
      ({ Properties }) => !Properties["StartingPosition"],
    );
    expect(mappings).toHaveLength(2);
    for (const { Properties } of mappings)
      expect(Properties).toMatchObject({
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        ScalingConfig: { MaximumConcurrency: 5 },
      });
    for (const { Properties } of resources(template, "AWS::SQS::Queue"))
      if (Properties["RedrivePolicy"])
        expect(Properties).toMatchObject({
          VisibilityTimeout: 360,
          RedrivePolicy: { maxReceiveCount: 5 },
        });
  });

  test("requests on the bus go to the intake queue, without their envelope", () => {
    template.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: { "detail-type": ["OnboardingRequested"] },
      Targets: [Match.objectLike({ InputPath: "$.detail" })],
    });
  });

  test("senders find the intake queue and its key", () => {
    const [queue] = Object.keys(
      template.findResources("AWS::SQS::Queue", { Properties: { QueueName: "onboarding-local-intake" } }),
    );
    const [key] = Object.keys(template.findResources("AWS::KMS::Key"));
    template.hasOutput("IntakeQueueUrl", { Value: { Ref: queue } });
    template.hasOutput("IntakeKeyArn", { Value: { "Fn::GetAtt": [key, "Arn"] } });
  });

  test("the sweeper runs every minute, the census every hour", () => {
    template.hasResourceProperties("AWS::Events::Rule", { ScheduleExpression: "rate(1 minute)" });
    template.hasResourceProperties("AWS::Events::Rule", { ScheduleExpression: "rate(1 hour)" });
  });

  test("the census may read the index and three secrets, and write nothing", () => {
    const id = functionId(template, "WatchFunction");
    expectGrants(template, "WatchFunction", watchGrants);
    expect(actionsOf(template, id).filter((action) => !/^(logs|kms):/.test(action))).toEqual([
      "dynamodb:Query",
      "secretsmanager:GetSecretValue",
    ]);
    expect(JSON.stringify(statementsOf(template, id))).toContain("/index/due");
  });

  test("the state machine has its name, logs errors without data and does not trace", () => {
    template.hasResourceProperties("AWS::StepFunctions::StateMachine", {
      StateMachineName: "onboarding-local",
      StateMachineType: "STANDARD",
      LoggingConfiguration: { Level: "ERROR", IncludeExecutionData: false },
      TracingConfiguration: { Enabled: false },
    });
    template.hasResourceProperties("AWS::Logs::LogGroup", {
      LogGroupName: "/aws/vendedlogs/states/onboarding-local",
    });
  });

  test("the state machine keeps its id, and outlives its stack where data does", () => {
    const machineOf = (of: Record<string, Template>) =>
      part(of, "onboarding").findResources("AWS::StepFunctions::StateMachine");
    expect(machineOf(local)).toMatchObject({
      OnboardingStateMachine: { DeletionPolicy: "Delete", UpdateReplacePolicy: "Delete" },
    });
    expect(machineOf(prod)).toMatchObject({
      OnboardingStateMachine: { DeletionPolicy: "RetainExceptOnCreate", UpdateReplacePolicy: "Retain" },
    });
  });

  test("the deployed definition retries by literal names and ends within a year", () => {
    const [machine] = resources(template, "AWS::StepFunctions::StateMachine");
    const text = JSON.stringify(machine?.Properties["DefinitionString"]).replaceAll("\\", "");
    for (const [, names = ""] of text.matchAll(/"Retry":\[\{"ErrorEquals":\[(.*?)\]/g))
      expect(names).not.toContain("States.");
    expect(text).toContain('"Retry":[{"ErrorEquals":[');
    for (const name of faults) expect(text).toContain(name);
    expect(text).toContain(`"TimeoutSeconds":${364 * 86_400}`);
  });

  test("every step has a function that may do what it lists", () => {
    for (const { name, grants } of Object.values(steps)) expectGrants(template, `${name}Function`, grants);
  });

  test("the sweeper has no way to the gateway", () => {
    const [, made] = Object.entries(template.findResources("AWS::Lambda::Function")).find(([id]) =>
      id.startsWith("SweepFunction"),
    ) as [string, Resource];
    const { Variables } = made.Properties["Environment"] as { Variables: object };
    expect(Object.keys(Variables)).not.toContain("GATEWAY_SECRET");
  });
});

describe("api", () => {
  const template = part(local, "api");

  test("has the routes of the actions and no other", () => {
    const routes = resources(template, "AWS::ApiGatewayV2::Route").map(
      ({ Properties }) => Properties["RouteKey"],
    );
    const listed = Object.values(actions).flatMap(({ routes: own }) =>
      own.map(({ method, path }) => (path === "$default" ? path : `${method} ${path}`)),
    );
    expect(routes.sort()).toEqual(listed.sort());
  });

  test("no route is twice there", () => {
    const listed = Object.values(actions).flatMap(({ routes }) =>
      routes.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, "{}")}`),
    );
    expect(new Set(listed).size).toBe(listed.length);
  });

  test("every action has a function that may do what it lists", () => {
    for (const { file, grants } of Object.values(actions)) {
      const id = file.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
      expectGrants(template, id, grants);
    }
  });

  test("functions give up before the API does", () => {
    for (const { Properties } of resources(template, "AWS::Lambda::Function"))
      expect(Properties["Timeout"]).toBe(29);
  });
});

describe("webhooks", () => {
  const template = part(local, "webhooks");

  test("one function takes both routes", () => {
    const routes = resources(template, "AWS::ApiGatewayV2::Route").map(
      ({ Properties }) => Properties["RouteKey"],
    );
    expect(routes.sort()).toEqual(["$default", "POST /webhooks/{slot}/{token}"]);
    template.resourceCountIs("AWS::Lambda::Function", 1);
    template.hasResourceProperties("AWS::Lambda::Function", { Timeout: 10 });
  });

  test("ingestion has no key of the gateway and resumes nothing", () => {
    const allowed = actionsOf(template, functionId(template, "Ingest"));
    expect(allowed.filter((action) => action.startsWith("states:"))).toEqual([]);
    template.hasResourceProperties("AWS::Lambda::Function", {
      Environment: { Variables: { GATEWAY_SECRET: Match.absent(), VAULT_BUCKET: Match.absent() } },
    });
  });
});

describe("operations", () => {
  const template = part(local, "operations");

  test("every alarm wakes somebody", () => {
    for (const { Properties } of resources(template, "AWS::CloudWatch::Alarm"))
      expect(Properties).toMatchObject({ AlarmActions: [expect.anything()] });
    template.hasResourceProperties("AWS::SNS::Subscription", {
      Protocol: "email",
      Endpoint: "operations@example.com",
    });
  });

  test("every dead-letter queue of the orchestrator has an alarm", () => {
    const queues = Object.keys(part(local, "onboarding").findResources("AWS::SQS::Queue")).filter((id) =>
      id.includes("DeadLetters"),
    );
    const alarms = resources(template, "AWS::CloudWatch::Alarm").filter(
      ({ Properties }) => Properties["MetricName"] === "ApproximateNumberOfMessagesVisible",
    );
    expect(alarms).toHaveLength(queues.length);
    for (const id of queues) expect(JSON.stringify(alarms)).toContain(id);
  });

  test("failed executions and failing functions raise an alarm", () => {
    const metrics = resources(template, "AWS::CloudWatch::Alarm").map(
      ({ Properties }) => Properties["MetricName"],
    );
    expect(metrics).toEqual(expect.arrayContaining(["ExecutionsFailed", "ExecutionsTimedOut", "Errors"]));
    expect(metrics.filter((name) => name === "Errors")).toHaveLength(4);
  });
});

const allows: Record<Grant, string[]> = {
  "records:read": ["dynamodb:GetItem"],
  "records:history": ["dynamodb:Query"],
  "records:due": ["dynamodb:Query"],
  "records:write": ["dynamodb:PutItem", "dynamodb:UpdateItem"],
  "vault:read": ["s3:GetObject", "s3:ListBucket"],
  "vault:reasons": ["s3:GetObject"],
  "vault:note": ["s3:PutObject"],
  "vault:write": ["s3:PutObject"],
  "vault:delete": ["s3:DeleteObject"],
  "vault:erase": ["s3:DeleteObject", "s3:ListBucket"],
  "callers:read": ["secretsmanager:GetSecretValue"],
  "gateway:call": ["secretsmanager:GetSecretValue"],
  "webhooks:read": ["secretsmanager:GetSecretValue"],
  "events:publish": ["events:PutEvents"],
  "executions:name": [],
  "executions:read": ["states:GetExecutionHistory"],
  "executions:look": ["states:DescribeExecution"],
  "executions:start": ["states:StartExecution"],
  "executions:resume": ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"],
  "looks:send": ["sqs:SendMessage"],
};

/** A function's actions are those of its grants, besides its log's and the key's; so are its variables. */
function expectGrants(template: Template, prefix: string, grants: readonly Grant[]): void {
  const id = functionId(template, prefix);
  const allowed = actionsOf(template, id).filter((action) => !/^(logs|kms):/.test(action));
  expect(allowed, prefix).toEqual([...new Set(grants.flatMap((grant) => allows[grant]))].sort());
  const made = template.findResources("AWS::Lambda::Function")[id] as Resource;
  const { Variables = {} } = (made.Properties["Environment"] ?? {}) as { Variables?: object };
  expect(Object.keys(Variables).sort(), prefix).toEqual(
    [...new Set(grants.map((grant) => environmentOf[grant]))].sort(),
  );
  const secrets = statementsOf(template, id).filter(({ Action }) =>
    [Action].flat().includes("secretsmanager:GetSecretValue"),
  );
  const wanted = new Set(grants.filter((grant) => allows[grant].includes("secretsmanager:GetSecretValue")));
  expect(
    secrets.flatMap(({ Resource }) => Resource),
    prefix,
  ).toHaveLength(wanted.size);
}
