import { randomUUID } from "node:crypto";
import {
  DeleteRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import type { LocalClients } from "./local-clients.ts";

/** An event as our bus carried it. `detail` holds ids and statuses. */
export interface TappedEvent {
  id: string;
  time: string;
  type: string;
  detail: Record<string, unknown>;
}

/** Hears everything that the orchestrator publishes, from its opening to its closing. */
export interface EventTap {
  /** What came since the last call, oldest first. Never waits. */
  take(): Promise<TappedEvent[]>;
  /** Removes the rule and the queue. */
  close(): Promise<void>;
}

/** Puts a temporary rule on the bus that copies the orchestrator's events into a temporary queue. */
export async function openEventTap({ eventbridge, sqs }: LocalClients, eventBus: string): Promise<EventTap> {
  const name = `onboarding-tap-${randomUUID()}`;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const close = async () => {
    const rule = { EventBusName: eventBus };
    await Promise.allSettled([
      eventbridge.send(new RemoveTargetsCommand({ ...rule, Rule: name, Ids: ["tap"] })),
    ]);
    await Promise.allSettled([
      eventbridge.send(new DeleteRuleCommand({ ...rule, Name: name })),
      sqs.send(new DeleteQueueCommand({ QueueUrl })),
    ]);
  };
  try {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
    );
    const queueArn = Attributes?.["QueueArn"];
    const policy = {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: queueArn,
        },
      ],
    };
    await sqs.send(
      new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: JSON.stringify(policy) } }),
    );
    const pattern = JSON.stringify({ source: ["onboarding"] });
    await eventbridge.send(new PutRuleCommand({ Name: name, EventBusName: eventBus, EventPattern: pattern }));
    const targets = [{ Id: "tap", Arn: queueArn }];
    await eventbridge.send(new PutTargetsCommand({ Rule: name, EventBusName: eventBus, Targets: targets }));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async take() {
      const events: TappedEvent[] = [];
      for (;;) {
        const receive = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 };
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(receive));
        if (Messages.length === 0) return events.sort((one, other) => one.time.localeCompare(other.time));
        events.push(...Messages.map(({ Body }) => parseEvent(Body ?? "{}")));
        const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      }
    },
    close,
  };
}

function parseEvent(body: string): TappedEvent {
  const event = JSON.parse(body) as Record<string, unknown>;
  return {
    id: String(event["id"]),
    time: String(event["time"]),
    type: String(event["detail-type"]),
    detail: (event["detail"] ?? {}) as Record<string, unknown>,
  };
}
