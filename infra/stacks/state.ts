import { type App, CfnOutput, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from "aws-cdk-lib/aws-dynamodb";
import { EventBus } from "aws-cdk-lib/aws-events";
import { Key } from "aws-cdk-lib/aws-kms";
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { dueProjection } from "../../shared/store/table.ts";
import type { Stage } from "../config.ts";
import { DUE_INDEX } from "../grants.ts";
import { dataPolicy } from "./data-policy.ts";

export interface StateStackProps {
  stage: Stage;
}

/** What outlives every deployment: table, vault, key, secrets, and the bus that others listen on. */
export class StateStack extends Stack {
  readonly key: Key;
  readonly table: Table;
  readonly vault: Bucket;
  readonly eventBus: EventBus;
  readonly callers: Secret;
  readonly gateway: Secret;
  readonly webhooks: Secret;

  constructor(scope: App, id: string, { stage }: StateStackProps) {
    super(scope, id, {
      stackName: `onboarding-${stage.name}-state`,
      description: `Data of the stage ${stage.name}: profiles, vault, secrets, event bus`,
      env: { account: stage.account, region: stage.region },
    });
    const removalPolicy = dataPolicy(stage);

    this.key = new Key(this, "Key", {
      description: `Onboarding data of the stage ${stage.name}`,
      enableKeyRotation: true,
      removalPolicy,
    });
    this.table = new Table(this, "Profiles", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: "ttl",
      stream: StreamViewType.NEW_IMAGE,
      deletionProtection: stage.retainData,
      // A table that is protected cannot be deleted by a rollback either, which would fail over it.
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN : removalPolicy,
    });
    // Sparse: only what waits for a moment has the two attributes. An index that is there cannot get another projection.
    this.table.addGlobalSecondaryIndex({
      indexName: DUE_INDEX,
      partitionKey: { name: "dueShard", type: AttributeType.STRING },
      sortKey: { name: "dueAt", type: AttributeType.NUMBER },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...dueProjection],
    });

    // Not versioned: deleting a profile's prefix must be the end of it.
    this.vault = new Bucket(this, "Vault", {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: false,
      lifecycleRules: [{ id: "abandoned-uploads", abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      removalPolicy,
    });

    this.eventBus = new EventBus(this, "EventBus", { eventBusName: `onboarding-${stage.name}` });

    // Of no use until the stage is set up: setup writes what `shared/store/secrets.ts` describes.
    const secret = (name: string, description: string, template: object) =>
      new Secret(this, name, {
        description,
        generateSecretString: {
          secretStringTemplate: JSON.stringify(template),
          generateStringKey: "generated",
        },
        encryptionKey: this.key,
        removalPolicy,
      });
    this.callers = secret("Callers", "Who may call the onboarding API: hashes of api-keys", { callers: [] });
    this.gateway = secret("Gateway", "Gateway accounts: base URLs and keys", { accounts: {} });
    this.webhooks = secret("Webhooks", "Hashes of the webhook URLs' tokens", { slots: [] });

    new CfnOutput(this, "EventBusName", { value: this.eventBus.eventBusName });
    new CfnOutput(this, "ProfileTableName", { value: this.table.tableName });
    new CfnOutput(this, "VaultBucketName", { value: this.vault.bucketName });
    // The ARN: every API takes it for a name, and a generated name cannot be told from its suffix.
    new CfnOutput(this, "CallersSecretName", { value: this.callers.secretArn });
    new CfnOutput(this, "GatewaySecretName", { value: this.gateway.secretArn });
    new CfnOutput(this, "WebhooksSecretName", { value: this.webhooks.secretArn });
  }
}
