import { Readable } from "node:stream";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { HeadBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ListStateMachinesCommand, SFNClient } from "@aws-sdk/client-sfn";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { HttpResponse } from "@smithy/protocol-http";
import { describe, expect, test } from "vitest";
import { awsFailure } from "../../../infra/local/aws-failure.ts";
import { oneLine } from "../../../infra/local/command-failed.ts";
import { learn } from "../../../infra/operate/doctor/finding.ts";

/** A client's settings with which every request gets this answer: what is thrown is the SDK's own. */
const answering = (statusCode: number, type: string, body: string) => ({
  region: "eu-west-1",
  credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: SECRET },
  maxAttempts: 1,
  requestHandler: {
    handle: async () => ({
      response: new HttpResponse({
        statusCode,
        headers: { "content-type": type },
        body: Readable.from([Buffer.from(body)]),
      }),
    }),
  },
});
const SECRET = "a-secret-that-nobody-may-see";

/** As CloudFormation and STS word a refusal. */
const inXml = (code: string, message: string) =>
  answering(
    403,
    "text/xml",
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  );
/** As S3 does. */
const ofS3 = (code: string, message: string) =>
  answering(403, "application/xml", `<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
/** As all the others do. */
const inJson = (code: string, message: string) =>
  answering(400, "application/x-amz-json-1.1", JSON.stringify({ __type: code, message }));

const denied = (action: string, why = "because no identity-based policy allows it") =>
  `User: arn:aws:iam::111122223333:user/ann is not authorized to perform: ${action} on resource: arn:aws:x:::${SECRET} ${why}`;

const stacks = (config: object) =>
  new CloudFormationClient(config).send(new DescribeStacksCommand({ StackName: "onboarding-prod-state" }));
const identity = (config: object) => new STSClient(config).send(new GetCallerIdentityCommand({}));
const role = (config: object) =>
  new STSClient(config).send(new AssumeRoleCommand({ RoleArn: `arn:${SECRET}`, RoleSessionName: "ann" }));
const secret = (config: object) =>
  new SecretsManagerClient(config).send(new GetSecretValueCommand({ SecretId: SECRET }));
const queue = (config: object) =>
  new SQSClient(config).send(
    new GetQueueAttributesCommand({ QueueUrl: "https://sqs.eu-west-1.amazonaws.com/1/queue" }),
  );
const table = (config: object) => new DynamoDBClient(config).send(new QueryCommand({ TableName: SECRET }));
const machines = (config: object) => new SFNClient(config).send(new ListStateMachinesCommand({}));
const objects = (config: object) =>
  new S3Client(config).send(new ListObjectsV2Command({ Bucket: "onboarding" }));
const bucket = (config: object) => new S3Client(config).send(new HeadBucketCommand({ Bucket: "onboarding" }));

const thrownBy = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => {
      throw new Error("nothing was thrown");
    },
    (error: unknown) => error,
  );

const RIGHTS = "ask whoever administers the account for it (docs/operate.md, Rights)";
const EXPIRED = "log in again (`aws sso login`), or take new ones from where you have them";
const STRANGE =
  "check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN, and whether the account has this region";
const SIGNATURE = "check AWS_SECRET_ACCESS_KEY, and this machine's clock";
const GONE = "`npm run doctor -- --stage NAME` says what";

describe("what AWS refuses is a line with what to do", () => {
  test.each<[string, (config: object) => Promise<unknown>, object, string]>([
    [
      "a token that expired",
      stacks,
      inXml("ExpiredToken", "The security token is expired"),
      `the AWS credentials have expired (ExpiredToken): ${EXPIRED}`,
    ],
    [
      "the same elsewhere",
      secret,
      inJson("ExpiredTokenException", "expired"),
      `the AWS credentials have expired (ExpiredTokenException): ${EXPIRED}`,
    ],
    [
      "the same of S3",
      objects,
      ofS3("ExpiredToken", "expired"),
      `the AWS credentials have expired (ExpiredToken): ${EXPIRED}`,
    ],
    [
      "a key that is none",
      identity,
      inXml("InvalidClientTokenId", "invalid"),
      `AWS does not know these credentials (InvalidClientTokenId): ${STRANGE}`,
    ],
    [
      "the same elsewhere",
      machines,
      inJson("UnrecognizedClientException", "invalid"),
      `AWS does not know these credentials (UnrecognizedClientException): ${STRANGE}`,
    ],
    [
      "the same of S3",
      objects,
      ofS3("InvalidAccessKeyId", "not in our records"),
      `AWS does not know these credentials (InvalidAccessKeyId): ${STRANGE}`,
    ],
    [
      "a wrong secret key",
      stacks,
      inXml("SignatureDoesNotMatch", "differs"),
      `AWS does not accept the signature of the request (SignatureDoesNotMatch): ${SIGNATURE}`,
    ],
    [
      "the same elsewhere",
      table,
      inJson("com.amazon.coral.service#InvalidSignatureException", "differs"),
      `AWS does not accept the signature of the request (InvalidSignatureException): ${SIGNATURE}`,
    ],
    [
      "a right that is missing",
      stacks,
      inXml("AccessDenied", denied("cloudformation:DescribeStacks")),
      `these AWS credentials lack the right cloudformation:DescribeStacks: ${RIGHTS}`,
    ],
    [
      "the same of a table",
      table,
      inJson("com.amazon.coral.service#AccessDeniedException", denied("dynamodb:Query")),
      `these AWS credentials lack the right dynamodb:Query: ${RIGHTS}`,
    ],
    [
      "a secret's key that is closed",
      secret,
      inJson("AccessDeniedException", denied("kms:Decrypt")),
      `these AWS credentials lack the right kms:Decrypt: ${RIGHTS}`,
    ],
    [
      "an explicit denial",
      queue,
      inJson("com.amazonaws.sqs#AccessDenied", denied("sqs:getqueueattributes", "with an explicit deny")),
      `these AWS credentials lack the right sqs:getqueueattributes: ${RIGHTS}`,
    ],
    [
      "a role that may not be taken on",
      role,
      inXml("AccessDenied", denied("sts:AssumeRole")),
      `these AWS credentials lack the right sts:AssumeRole: ${RIGHTS}`,
    ],
    [
      "a right that is not named",
      objects,
      ofS3("AccessDenied", "Access Denied"),
      `these AWS credentials lack a right (AccessDenied): ${RIGHTS}`,
    ],
    [
      "a right as EC2 has it",
      stacks,
      inXml("UnauthorizedOperation", "You are not authorized"),
      `these AWS credentials lack a right (UnauthorizedOperation): ${RIGHTS}`,
    ],
    [
      "a secret that is gone",
      secret,
      inJson("ResourceNotFoundException", "can't find it"),
      `something of the stage is not there (ResourceNotFoundException): ${GONE}`,
    ],
    [
      "a queue that is gone",
      queue,
      inJson("com.amazonaws.sqs#QueueDoesNotExist", "can't find it"),
      `something of the stage is not there (QueueDoesNotExist): ${GONE}`,
    ],
    [
      "a bucket that is gone",
      objects,
      ofS3("NoSuchBucket", "is not there"),
      `something of the stage is not there (NoSuchBucket): ${GONE}`,
    ],
  ])("%s: %#", async (_, ask, config, line) => {
    const thrown = await thrownBy(ask(config));
    expect(oneLine(thrown)).toBe(line);
    expect(oneLine(thrown)).not.toContain(SECRET);
    const { says, fix } = awsFailure(thrown) ?? {};
    expect(await learn(async () => Promise.reject(thrown))).toEqual({ because: says, fix });
  });

  test.each([
    [
      { code: "ENOTFOUND", hostname: "sts.nowhere.invalid" },
      "AWS cannot be reached (ENOTFOUND sts.nowhere.invalid)",
    ],
    [
      { code: "ECONNREFUSED", address: "192.0.2.1", port: 443 },
      "AWS cannot be reached (ECONNREFUSED 192.0.2.1:443)",
    ],
    [{ name: "TimeoutError" }, "AWS cannot be reached (TimeoutError)"],
  ])("the network: %#", async (fault, says) => {
    const { requestHandler, ...config } = inXml("", "");
    requestHandler.handle = async () => {
      throw Object.assign(new Error("as Node has it"), fault);
    };
    const line = oneLine(await thrownBy(identity({ ...config, requestHandler })));
    expect(line).toBe(`${says}: check the network, AWS_REGION and AWS_ENDPOINT_URL`);
  });

  test("what our own requests came to is not AWS's", async () => {
    const thrown = await thrownBy(fetch("http://127.0.0.1:9"));
    expect(awsFailure(thrown)).toBeNull();
    expect(awsFailure("thrown without an error")).toBeNull();
  });

  test.each([
    [stacks, inXml("ValidationError", "Stack with id x is in a wrong state")],
    [secret, inJson("DecryptionFailure", "the key is disabled")],
    [bucket, answering(301, "text/plain", "")],
  ])("anything else is told in AWS's own words: %#", async (ask, config) => {
    const thrown = await thrownBy(ask(config));
    expect(awsFailure(thrown)).toBeNull();
    expect(oneLine(thrown)).toBe((thrown as Error).message || (thrown as Error).name);
  });
});
