import { type CloudFormationClient, paginateListStackResources } from "@aws-sdk/client-cloudformation";
import { type EventBridgeClient, ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { paginateListSubscriptionsByTopic, type SNSClient } from "@aws-sdk/client-sns";
import type { Stage } from "../../config.ts";
import { type Finding, good, type Learnt, learn, unknown, wrong } from "./finding.ts";
import { type StageToMend, typed } from "./typed.ts";

/** Names of the rules on the stage's bus; `null`: there is no such bus. */
export type Rules = Learnt<string[] | null>;

export const learnRules = (events: EventBridgeClient, EventBusName: string): Promise<Rules> =>
  learn(async () => {
    try {
      const { Rules = [] } = await events.send(new ListRulesCommand({ EventBusName }));
      return Rules.map(({ Name }) => Name ?? "");
    } catch (error) {
      if (error instanceof Error && error.name === "ResourceNotFoundException") return null;
      throw error;
    }
  });

/** What takes `OnboardingRequested` from the bus is ours; whatever else is there listens for what we publish. */
export function judgeBus(stage: StageToMend, rules: Rules): Finding {
  const check = "event bus";
  if ("because" in rules) return unknown(check, `could not check: ${rules.because}`, rules.fix);
  if (rules.value === null) return wrong(check, "is not there", typed(stage).deploy);
  const listening = rules.value.filter((name) => !name.includes("OnboardingRequested")).length;
  return listening > 0
    ? good(check, `${listening} rule${listening > 1 ? "s" : ""} beside our own`)
    : unknown(check, "no rule but our own, so nobody is told of anything", "add one (docs/events.md)");
}

/** One who gets the alarms, or would once he confirms. */
export interface Subscription {
  endpoint: string;
  confirmed: boolean;
}

/** Where the alarms are published, and who gets them; no topic while the stack `operations` has none. */
export interface AlarmTopic {
  topicArn: string | null;
  subscriptions: readonly Subscription[];
}

export const learnSubscriptions = (
  cloudformation: CloudFormationClient,
  sns: SNSClient,
  stage: string,
): Promise<Learnt<AlarmTopic>> =>
  learn(async () => {
    const subscriptions: Subscription[] = [];
    let topicArn: string | null = null;
    for await (const page of paginateListStackResources(
      { client: cloudformation },
      { StackName: `onboarding-${stage}-operations` },
    ))
      for (const { ResourceType, PhysicalResourceId: TopicArn } of page.StackResourceSummaries ?? [])
        if (ResourceType === "AWS::SNS::Topic" && TopicArn) {
          topicArn = TopicArn;
          for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic(
            { client: sns },
            { TopicArn },
          ))
            for (const { Endpoint: endpoint = "", SubscriptionArn = "" } of Subscriptions)
              subscriptions.push({ endpoint, confirmed: SubscriptionArn.startsWith("arn:") });
        }
    return { topicArn, subscriptions };
  });

/** Somebody is told when an alarm rings: every address of the settings, and at least one. */
export function judgeAlarms(
  stage: StageToMend & Pick<Stage, "alarmEmails" | "sandbox">,
  learnt: Learnt<AlarmTopic>,
): Finding[] {
  const check = "alarms";
  const { name, alarmEmails, sandbox } = stage;
  if ("because" in learnt) return [unknown(check, `could not check: ${learnt.because}`, learnt.fix)];
  const { topicArn, subscriptions } = learnt.value;
  const findings = alarmEmails.flatMap((address): Finding[] => {
    const known = subscriptions.filter(({ endpoint }) => endpoint === address);
    if (known.length === 0)
      return [wrong(check, `${address} is not subscribed`, subscribing(stage, topicArn, address))];
    if (known.some(({ confirmed }) => confirmed)) return [];
    return [
      wrong(
        check,
        `${address} has not confirmed`,
        "follow the link in the mail from AWS, or have another sent from the SNS console",
      ),
    ];
  });
  if (findings.length > 0) return findings;
  const told = subscriptions.filter(({ confirmed }) => confirmed).length;
  if (told > 0) return [good(check, `${told} subscription${told > 1 ? "s" : ""}, confirmed`)];
  const fix = `set stages.${name}.alarmEmails in cdk.json, and deploy`;
  // Where customers are invented, nobody has to be woken.
  return [
    sandbox ? unknown(check, "nobody is told of them", fix) : wrong(check, "nobody is told of them", fix),
  ];
}

/**
 * A deployment subscribes an address once: what was not confirmed in time, or was ended by the link in a mail, is gone
 * without the template having changed.
 */
function subscribing(stage: StageToMend, topicArn: string | null, address: string): string {
  const { deploy } = typed(stage);
  if (topicArn === null) return deploy;
  const region = topicArn.split(":")[3];
  return `${deploy} if the address is new, else \`aws sns subscribe --region ${region} --topic-arn ${topicArn} --protocol email --notification-endpoint ${address}\`, and follow the link in the mail within 48 hours`;
}
