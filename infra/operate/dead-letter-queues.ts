import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import * as z from "zod";
import { lookSchema } from "../../functions/looks.ts";
import { parseJson } from "../../shared/gateway/json.ts";
import { dynamoRecords, type Records } from "../../shared/store/records.ts";
import { s3Vault, type Vault } from "../../shared/store/vault.ts";
import { CommandFailed } from "../local/command-failed.ts";
import { readEndpoints } from "../local/endpoints.ts";
import { localClients } from "../local/local-clients.ts";
import { readStage } from "../local/stage-config.ts";
import { readStackOutputs } from "../local/stage-outputs.ts";

/** What ends as a dead letter: requests to start, looks at what was due, and signals from the table's stream. */
export const queueNames = ["intake", "looks", "signals"] as const;
export type QueueName = (typeof queueNames)[number];

/** A stage's queues by their URLs. A signal came from no queue. */
export interface DeadLetterQueues {
  sqs: SQSClient;
  urls: Record<QueueName, { deadLetters: string; source: string | null }>;
}

/** The same with the stage's table and vault, where it is written down what operators do. */
export interface OpenedDeadLetters extends DeadLetterQueues {
  records: Records;
  vault: Vault;
}

/** A dead letter as it may be shown: of a request, which holds personal data, nothing of its body. */
export interface DeadLetter {
  message_id: string;
  /** When it was sent first, as far as the queue tells. */
  sent_at: string | null;
  receives: number;
  /** Whom a look is about. */
  reference_id?: string;
}

const url = z.string().min(1);
const outputsSchema = z.object({
  IntakeQueueUrl: url,
  IntakeDeadLettersUrl: url,
  LookQueueUrl: url,
  LookDeadLettersUrl: url,
  SignalDeadLettersUrl: url,
});

const stateSchema = z.object({ ProfileTableName: z.string().min(1), VaultBucketName: z.string().min(1) });

/** Finds them for a stage, with the AWS credentials of whoever asks; without one, for the local cloud that is up. */
export async function openDeadLetters(stage = "local"): Promise<OpenedDeadLetters> {
  const { cloudformation, dynamodb, s3, sqs } =
    stage === "local" ? localClients(await readEndpoints()) : clientsOf(stage);
  const [outputs, state] = await Promise.all([
    readStackOutputs(cloudformation, stage, "onboarding", outputsSchema),
    readStackOutputs(cloudformation, stage, "state", stateSchema),
  ]);
  return {
    sqs,
    urls: {
      intake: { deadLetters: outputs.IntakeDeadLettersUrl, source: outputs.IntakeQueueUrl },
      looks: { deadLetters: outputs.LookDeadLettersUrl, source: outputs.LookQueueUrl },
      signals: { deadLetters: outputs.SignalDeadLettersUrl, source: null },
    },
    records: dynamoRecords(dynamodb, state.ProfileTableName),
    vault: s3Vault(s3, state.VaultBucketName),
  };
}

function clientsOf(stage: string) {
  const { region } = readStage(stage);
  const config = region ? { region } : {};
  return {
    cloudformation: new CloudFormationClient(config),
    dynamodb: new DynamoDBClient(config),
    s3: new S3Client(config),
    sqs: new SQSClient(config),
  };
}

/** SQS's most for one request. */
const BATCH = 10;
/** Hidden from others while they are looked at or moved. */
const HIDDEN_SECONDS = 60;

/** How many there are, as SQS counts. */
export async function countOf({ sqs, urls }: DeadLetterQueues, name: QueueName): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: urls[name].deadLetters,
      AttributeNames: ["ApproximateNumberOfMessages"],
    }),
  );
  return Number(Attributes["ApproximateNumberOfMessages"] ?? 0);
}

/** Looks at dead letters, at most `limit`, and lets them lie; oldest first. */
export async function peek(queues: DeadLetterQueues, name: QueueName, limit: number): Promise<DeadLetter[]> {
  const seen: Message[] = [];
  try {
    while (seen.length < limit) {
      const messages = await receive(queues, name, Math.min(BATCH, limit - seen.length));
      if (messages.length === 0) break;
      seen.push(...messages);
    }
  } finally {
    await show(queues, name, seen);
  }
  return seen
    .map((message) => letterOf(name, message))
    .sort((one, other) => ((one.sent_at ?? "") < (other.sent_at ?? "") ? -1 : 1));
}

function letterOf(name: QueueName, { MessageId = "", Attributes = {}, Body = "" }: Message): DeadLetter {
  const sent = Number(Attributes.SentTimestamp);
  const look = name === "looks" ? lookSchema.safeParse(parseJson(Body)?.value) : null;
  return {
    message_id: MessageId,
    sent_at: sent > 0 ? new Date(sent).toISOString() : null,
    receives: Number(Attributes.ApproximateReceiveCount ?? 0),
    ...(look?.success && { reference_id: look.data.reference_id }),
  };
}

/**
 * Sends dead letters back to where they came from; those that the queue took. A move of SQS's own (StartMessageMoveTask)
 * would leave no moment to write down whose they are, and emulators have none.
 */
export async function sendBack<Letter extends Message>(
  { sqs, urls }: DeadLetterQueues,
  name: QueueName,
  letters: readonly Letter[],
): Promise<Letter[]> {
  const { source } = urls[name];
  if (source === null) throw new CommandFailed(`${name} have no queue to go back to`);
  const { Failed = [] } = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: source,
      Entries: letters.map(({ Body = "" }, index) => ({ Id: String(index), MessageBody: Body })),
    }),
  );
  return without(letters, Failed);
}

/** Deletes dead letters; those that are gone. */
export async function drop<Letter extends Message>(
  { sqs, urls }: DeadLetterQueues,
  name: QueueName,
  letters: readonly Letter[],
): Promise<Letter[]> {
  if (letters.length === 0) return [];
  const Entries = letters.map(({ ReceiptHandle = "" }, index) => ({ Id: String(index), ReceiptHandle }));
  const QueueUrl = urls[name].deadLetters;
  const { Failed = [] } = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  return without(letters, Failed);
}

const without = <Letter>(
  letters: readonly Letter[],
  failed: readonly { Id: string | undefined }[],
): Letter[] => {
  const refused = new Set(failed.map(({ Id }) => Id));
  return letters.filter((_, index) => !refused.has(String(index)));
};

/** The next dead letters, as many as SQS hands out at once, hidden from others for a minute. None: there are no more. */
export const nextLetters = (queues: DeadLetterQueues, name: QueueName): Promise<Message[]> =>
  receive(queues, name, BATCH);

async function receive({ sqs, urls }: DeadLetterQueues, name: QueueName, most: number): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: urls[name].deadLetters,
      MaxNumberOfMessages: most,
      VisibilityTimeout: HIDDEN_SECONDS,
      // Short polling asks some of the servers only, and finds nothing where there is something.
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ["SentTimestamp", "ApproximateReceiveCount"],
    }),
  );
  return Messages;
}

/** Lets others see them again; they would after a minute anyway. */
async function show({ sqs, urls }: DeadLetterQueues, name: QueueName, messages: readonly Message[]) {
  for (let start = 0; start < messages.length; start += BATCH)
    await sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: urls[name].deadLetters,
        Entries: messages.slice(start, start + BATCH).map(({ ReceiptHandle = "" }, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout: 0,
        })),
      }),
    );
}
