import { type App, RemovalPolicy, Stack } from "aws-cdk-lib";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Stage } from "../config.ts";
import { stageAlarms } from "./alarms.ts";
import type { ApiStack } from "./api.ts";
import { stageDashboard } from "./dashboard.ts";
import type { OnboardingStack } from "./onboarding.ts";
import type { WebhooksStack } from "./webhooks.ts";

export interface OperationsStackProps {
  stage: Stage;
  onboarding: OnboardingStack;
  api: ApiStack;
  webhooks: WebhooksStack;
}

/** What wakes somebody, and the one page to look at then. */
export class OperationsStack extends Stack {
  constructor(scope: App, id: string, { stage, onboarding, api, webhooks }: OperationsStackProps) {
    super(scope, id, {
      stackName: `onboarding-${stage.name}-operations`,
      description: `Alarms and dashboard of the stage ${stage.name}`,
      env: { account: stage.account, region: stage.region },
    });

    const key = new Key(this, "AlarmKey", {
      description: `Alarm messages of the stage ${stage.name}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const forOurAlarms = {
      principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
      conditions: { StringEquals: { "aws:SourceAccount": this.account } },
    };
    key.addToResourcePolicy(
      new PolicyStatement({
        ...forOurAlarms,
        actions: ["kms:Decrypt", "kms:GenerateDataKey"],
        resources: ["*"],
      }),
    );
    const topic = new Topic(this, "Alarms", {
      displayName: `Onboarding ${stage.name}`,
      masterKey: key,
      enforceSSL: true,
    });
    // A policy that enforces TLS takes the place of the one that let the whole account publish.
    topic.addToResourcePolicy(
      new PolicyStatement({ ...forOurAlarms, actions: ["sns:Publish"], resources: [topic.topicArn] }),
    );
    for (const address of stage.alarmEmails) topic.addSubscription(new EmailSubscription(address));

    const watched = { stage, onboarding, api, webhooks };
    const alarms = stageAlarms(this, watched);
    for (const alarm of alarms) alarm.addAlarmAction(new SnsAction(topic));
    stageDashboard(this, watched, alarms);
  }
}
