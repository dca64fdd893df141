import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { templates } from "./stage-app.ts";

const jwt = { issuer: "https://login.example.com/", audience: ["onboarding"], accountClaim: "account" };
/** Every kind of stage: with a sandbox and nothing kept, and like production. */
const stages = {
  local: templates("local", { alarmEmails: ["operations@example.com"] }),
  prod: templates("prod", { jwt, alarmEmails: ["operations@example.com"], logRetentionDays: 90 }),
};

/** What is not protected like the rest, and why. */
const exceptions: Record<string, string> = {
  "sandbox Table has no key of ours": "Invented customers: the account's own key for DynamoDB will do.",
  "sandbox Table has no recovery": "Invented customers: nobody will want their profiles of last week back.",
  "sandbox Table may be deleted": "It is deployed beside test stages only, and is empty after every run.",
  "sandbox Accounts has no key of ours": "Hashes of the keys of test accounts; no real gateway knows them.",
};
const met = new Set<string>();
const excepted = (stack: string, id: string, what: string): boolean => {
  const exception = `${stack} ${id.replace(/[0-9A-F]{8}$/, "")} ${what}`;
  const known = exception in exceptions;
  if (known) met.add(exception);
  return known;
};

interface Resource {
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}
interface Found {
  of: keyof typeof stages;
  stack: string;
  id: string;
  resource: Resource;
  template: Template;
}

const all = (type: string): Found[] =>
  (Object.entries(stages) as [keyof typeof stages, Record<string, Template>][]).flatMap(([of, stacks]) =>
    Object.entries(stacks).flatMap(([stack, template]) =>
      Object.entries(template.findResources(type) as Record<string, Resource>).map(([id, resource]) => ({
        of,
        stack,
        id,
        resource,
        template,
      })),
    ),
  );

interface Statement {
  Effect: string;
  Principal: { Service?: string };
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}
const statementsIn = (document: unknown): Statement[] => (document as { Statement: Statement[] }).Statement;

/** The statements of the policy that is attached to a resource of the same stack. */
const policyOf = (type: string, list: string, { template, id }: Found): Statement[] =>
  Object.values(template.findResources(type) as Record<string, Resource>)
    .filter(({ Properties }) => JSON.stringify(Properties[list]).includes(`"${id}"`))
    .flatMap(({ Properties }) => statementsIn(Properties["PolicyDocument"]));

const refusesPlainHttp = (statements: Statement[], everything: string): boolean =>
  statements.some(
    ({ Effect, Action, Condition }) =>
      Effect === "Deny" && Action === everything && Condition?.["Bool"]?.["aws:SecureTransport"] === "false",
  );

/** A key of this stage, not one of the account's. */
const ownKey = expect.objectContaining({ "Fn::GetAtt": [expect.stringMatching(/Key/), "Arn"] });

/** Also what a first deployment made before it failed: `Retain`. Else that goes with its rollback: `RetainExceptOnCreate`. */
const outlives = (
  { of, resource: { DeletionPolicy, UpdateReplacePolicy } }: Found,
  kept: "Retain" | "RetainExceptOnCreate" = "RetainExceptOnCreate",
) => {
  expect({ DeletionPolicy, UpdateReplacePolicy }).toEqual(
    of === "prod"
      ? { DeletionPolicy: kept, UpdateReplacePolicy: "Retain" }
      : { DeletionPolicy: "Delete", UpdateReplacePolicy: "Delete" },
  );
};

describe.each(all("AWS::DynamoDB::Table"))("$of: table $stack $id", (found) => {
  const { of, stack, id, resource } = found;

  test("is encrypted with a key of ours", () => {
    expect(resource.Properties["SSESpecification"]).toMatchObject({ SSEEnabled: true });
    if (!excepted(stack, id, "has no key of ours"))
      expect(resource.Properties["SSESpecification"]).toMatchObject({
        SSEType: "KMS",
        KMSMasterKeyId: ownKey,
      });
  });

  test("can be recovered as of any second", () => {
    if (!excepted(stack, id, "has no recovery"))
      expect(resource.Properties["PointInTimeRecoverySpecification"]).toEqual({
        PointInTimeRecoveryEnabled: true,
      });
  });

  test("is not deleted by mistake where data is kept", () => {
    // Its protection would keep a rollback from deleting it, and from coming to its end.
    outlives(found, "Retain");
    if (!excepted(stack, id, "may be deleted"))
      expect(resource.Properties["DeletionProtectionEnabled"]).toBe(of === "prod");
  });
});

describe.each(all("AWS::S3::Bucket"))("$of: bucket $stack $id", (found) => {
  const { Properties } = found.resource;

  test("is encrypted with a key of ours, closed to the public, and has no access lists", () => {
    expect(Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: ownKey } },
        ],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
    });
  });

  test("refuses plain HTTP, and TLS before 1.2", () => {
    const statements = policyOf("AWS::S3::BucketPolicy", "Bucket", found);
    expect(refusesPlainHttp(statements, "s3:*")).toBe(true);
    const old = statements.find(({ Condition }) => Condition?.["NumericLessThan"]);
    expect(old).toMatchObject({
      Effect: "Deny",
      Action: "s3:*",
      Condition: { NumericLessThan: { "s3:TlsVersion": 1.2 } },
    });
  });

  test("outlives its stack where data is kept", () => outlives(found));
});

describe.each(all("AWS::SQS::Queue"))("$of: queue $stack $id", (found) => {
  test("is encrypted; with a key of ours where requests are in it", () => {
    const { KmsMasterKeyId, SqsManagedSseEnabled } = found.resource.Properties;
    if (found.id.startsWith("Intake")) expect(KmsMasterKeyId).toEqual(ownKey);
    else expect(SqsManagedSseEnabled).toBe(true);
  });

  test("refuses plain HTTP", () => {
    expect(refusesPlainHttp(policyOf("AWS::SQS::QueuePolicy", "Queues", found), "sqs:*")).toBe(true);
  });
});

describe.each(all("AWS::SNS::Topic"))("$of: topic $stack $id", (found) => {
  const statements = policyOf("AWS::SNS::TopicPolicy", "Topics", found);

  test("is encrypted with a key of ours and refuses plain HTTP", () => {
    expect(found.resource.Properties["KmsMasterKeyId"]).toEqual(ownKey);
    expect(refusesPlainHttp(statements, "sns:Publish")).toBe(true);
  });

  test("takes what CloudWatch publishes: without its policy no alarm reaches anybody", () => {
    const allowed = statements.filter(
      ({ Effect, Principal }) => Effect === "Allow" && Principal.Service === "cloudwatch.amazonaws.com",
    );
    expect(allowed).toMatchObject([{ Action: "sns:Publish", Resource: { Ref: found.id } }]);
  });
});

// Their lines have fixed fields without personal data: the service's own encryption will do.
describe.each(all("AWS::Logs::LogGroup"))("$of: log group $stack $id", ({ of, resource }) => {
  test("forgets when its stage says so, and goes with its stack", () => {
    expect(resource.Properties["RetentionInDays"]).toBe(of === "prod" ? 90 : 1);
    expect(resource.DeletionPolicy).toBe("Delete");
  });
});

// There is no plain HTTP to refuse: Secrets Manager offers none.
describe.each(all("AWS::SecretsManager::Secret"))("$of: secret $stack $id", (found) => {
  test("is encrypted with a key of ours", () => {
    if (!excepted(found.stack, found.id, "has no key of ours"))
      expect(found.resource.Properties["KmsKeyId"]).toEqual(ownKey);
  });

  test("has no word of its own in the template", () => {
    expect(found.resource.Properties).not.toHaveProperty("SecretString");
  });

  test("outlives its stack where data is kept", () => outlives(found));
});

describe.each(all("AWS::KMS::Key"))("$of: key $stack $id", (found) => {
  test("is rotated", () => {
    expect(found.resource.Properties["EnableKeyRotation"]).toBe(true);
  });

  test("outlives its stack where it encrypts data that does", () => {
    if (found.stack === "state") outlives(found);
    else expect(found.resource.DeletionPolicy).toBe("Delete");
  });
});

describe("services are let in for this account only", () => {
  const policies = [
    ...["AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy"].flatMap((type) =>
      all(type).map((found) => ({ ...found, document: found.resource.Properties["PolicyDocument"] })),
    ),
    ...all("AWS::KMS::Key").map((found) => ({ ...found, document: found.resource.Properties["KeyPolicy"] })),
  ];

  test.each(policies)("$of: by the policy of $stack $id", ({ document }) => {
    for (const { Effect, Principal, Condition } of statementsIn(document))
      if (Effect === "Allow" && Principal.Service) {
        const conditions = Object.values(Condition ?? {}).flatMap((each) => Object.keys(each));
        expect(conditions).toEqual([expect.stringMatching(/^aws:Source(Account|Arn)$/)]);
      }
  });

  test("some are let in at all", () => {
    const services = policies.flatMap(({ document }) =>
      statementsIn(document).flatMap(({ Principal }) => Principal.Service ?? []),
    );
    expect(new Set(services)).toEqual(new Set(["events.amazonaws.com", "cloudwatch.amazonaws.com"]));
  });

  test("functions are invoked by one API or rule each, not by a whole service", () => {
    const permissions = all("AWS::Lambda::Permission");
    expect(permissions.length).toBeGreaterThan(40);
    for (const { id, resource } of permissions) expect(resource.Properties["SourceArn"], id).toBeDefined();
  });
});

test("no exception is stale, and each has a reason", () => {
  expect(Object.keys(exceptions).filter((exception) => !met.has(exception))).toEqual([]);
  for (const [exception, reason] of Object.entries(exceptions))
    expect(reason.length, exception).toBeGreaterThan(40);
});
