import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { DeadLetterQueues } from "../../../infra/operate/dead-letter-queues.ts";

interface Letter {
  id: string;
  body: string;
  sent: number;
  receives: number;
  hidden: boolean;
}

/** A stage's queues in memory, as SQS's client is asked. `refuses`: bodies that no queue takes. */
export function memoryQueues(refuses: (body: string) => boolean = () => false) {
  const queues: Record<string, Letter[]> = {};
  let ids = 0;
  const of = (url: string | undefined) => (queues[url ?? ""] ??= []);
  const put = (url: string, body: string, sent = 0) =>
    void of(url).push({ id: `message-${++ids}`, body, sent, receives: 5, hidden: false });

  const send = async (command: unknown) => {
    if (command instanceof GetQueueAttributesCommand) {
      const visible = of(command.input.QueueUrl).filter(({ hidden }) => !hidden);
      return { Attributes: { ApproximateNumberOfMessages: String(visible.length) } };
    }
    if (command instanceof ReceiveMessageCommand) {
      const { QueueUrl, MaxNumberOfMessages = 1 } = command.input;
      const found = of(QueueUrl)
        .filter(({ hidden }) => !hidden)
        .slice(0, MaxNumberOfMessages);
      return {
        Messages: found.map((letter) => {
          letter.hidden = true;
          letter.receives++;
          return {
            MessageId: letter.id,
            ReceiptHandle: letter.id,
            Body: letter.body,
            Attributes: {
              SentTimestamp: String(letter.sent),
              ApproximateReceiveCount: String(letter.receives),
            },
          };
        }),
      };
    }
    if (command instanceof ChangeMessageVisibilityBatchCommand) {
      const shown = command.input.Entries?.map(({ ReceiptHandle }) => ReceiptHandle);
      for (const letter of of(command.input.QueueUrl)) if (shown?.includes(letter.id)) letter.hidden = false;
      return {};
    }
    if (command instanceof SendMessageBatchCommand) {
      const { QueueUrl = "", Entries = [] } = command.input;
      const Failed = Entries.filter(({ MessageBody = "" }) => refuses(MessageBody));
      for (const entry of Entries) if (!Failed.includes(entry)) put(QueueUrl, entry.MessageBody ?? "");
      return { Failed };
    }
    if (command instanceof DeleteMessageBatchCommand) {
      const { QueueUrl = "", Entries = [] } = command.input;
      queues[QueueUrl] = of(QueueUrl).filter(
        ({ id }) => !Entries.some(({ ReceiptHandle }) => ReceiptHandle === id),
      );
      return {};
    }
    throw new Error("an unknown command");
  };

  const opened: DeadLetterQueues = {
    sqs: { send } as unknown as SQSClient,
    urls: {
      intake: { deadLetters: "intake-dead", source: "intake" },
      looks: { deadLetters: "looks-dead", source: "looks" },
      signals: { deadLetters: "signals-dead", source: null },
    },
  };
  return { opened, put, bodies: (url: string) => of(url).map(({ body }) => body), lettersOf: of };
}
