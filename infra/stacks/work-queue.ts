import { Duration, Names, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Queue, QueueEncryption, RedrivePermission } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { onlyVia } from "../grants.ts";

/** A message is tried so often before it is a dead letter. */
const MAX_RECEIVES = 5;
/** How a queue is worked off where nobody says otherwise: so many messages are a batch, of which so many at the same time. */
const BATCH_SIZE = 10;
const AT_ONCE = 5;
/** Queues forget: what nobody has looked at by then is gone. */
const RETENTION_DAYS = 4;

/** A queue that a function works off, and where messages end that it cannot work off. */
export interface WorkQueue {
  queue: Queue;
  deadLetters: Queue;
  key?: IKey;
}

export interface WorkQueueProps {
  /** Physical name of the queue: its dead letters must name it before it is there. */
  queueName: string;
  visibilitySeconds: number;
  /** For messages that hold personal data; without one, SQS encrypts with a key of its own. */
  key?: IKey;
}

/** `<id>Queue` and `<id>DeadLetters`: encrypted, over TLS only, no other queue may leave its dead letters there. */
export function workQueue(
  scope: Construct,
  id: string,
  { queueName, visibilitySeconds, key }: WorkQueueProps,
): WorkQueue {
  const queueArn = Stack.of(scope).formatArn({ service: "sqs", resource: queueName });
  const deadLetters = new Queue(scope, `${id}DeadLetters`, {
    ...guarded(key),
    redriveAllowPolicy: {
      redrivePermission: RedrivePermission.BY_QUEUE,
      sourceQueues: [Queue.fromQueueArn(scope, `${id}QueueByName`, queueArn)],
    },
  });
  const queue = new Queue(scope, `${id}Queue`, {
    ...guarded(key),
    queueName,
    visibilityTimeout: Duration.seconds(visibilitySeconds),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: MAX_RECEIVES },
  });
  return { queue, deadLetters, ...(key && { key }) };
}

/** `<id>DeadLetters` of something that is no queue. */
export const deadLettersOf = (scope: Construct, id: string): Queue =>
  new Queue(scope, `${id}DeadLetters`, {
    ...guarded(),
    redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL },
  });

const guarded = (key?: IKey) => ({
  ...(key
    ? { encryption: QueueEncryption.KMS, encryptionMasterKey: key }
    : { encryption: QueueEncryption.SQS_MANAGED }),
  enforceSSL: true,
  retentionPeriod: Duration.days(RETENTION_DAYS),
});

/**
 * Lets a function work a queue off, so many batches at a time at most. A mapping of our own: the ready-made event source
 * also lets the function look the queue up and change how long a message is hidden.
 */
export function workOff(
  target: LambdaFunction,
  { queue, key }: WorkQueue,
  { batchSize = BATCH_SIZE, atOnce = AT_ONCE } = {},
): void {
  target.addToRolePolicy(
    new PolicyStatement({
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      resources: [queue.queueArn],
    }),
  );
  if (key)
    target.addToRolePolicy(
      new PolicyStatement({
        actions: ["kms:Decrypt"],
        resources: [key.keyArn],
        conditions: onlyVia(target, "sqs"),
      }),
    );
  // Named as the ready-made event source names it: AWS refuses a second mapping of the same queue and function.
  const mapping = target.addEventSourceMapping(`SqsEventSource:${Names.nodeUniqueId(queue.node)}`, {
    eventSourceArn: queue.queueArn,
    batchSize,
    maxConcurrency: atOnce,
    reportBatchItemFailures: true,
  });
  // Creating the mapping is refused while the role may not read the queue yet.
  if (target.role) mapping.node.addDependency(target.role);
}
