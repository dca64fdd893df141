import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Job } from "./profile-record.ts";
import { MAX_DELAY_SECONDS } from "./settings.ts";

/** The delay queue. A job comes back at least once, and not before its delay. */
export interface Schedule {
  /** `delayMs` up to 900 s. */
  add(job: Job, delayMs: number): Promise<void>;
}

/** Webhooks have a queue of their own: a slow receiver must not hold up the journeys. Whole seconds, rounded up. */
export function sqsSchedule(sqs: SQSClient, queues: { journey: string; deliver: string }): Schedule {
  return {
    async add(job, delayMs) {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: job.kind === "deliver" ? queues.deliver : queues.journey,
          MessageBody: JSON.stringify(job),
          DelaySeconds: Math.min(MAX_DELAY_SECONDS, Math.ceil(Math.max(0, delayMs) / 1000)),
        }),
      );
    },
  };
}
