import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";
import { announcedSchema } from "../shared/profile/status.ts";
import { once } from "./environment.ts";

/** Work for `resume`: look at this profile. Ids only. */
export const lookSchema = z.object({
  account_id: z.string(),
  reference_id: z.string(),
  /** The wait that the look is for; a later wait makes it pointless. Absent: whatever wait there is. */
  wait: z.int().optional(),
  /** Until when the sweeper took a profile whose deadline or notice is due: this look plans the next one. */
  until: z.int().optional(),
  /** What a webhook announced. Absent: something that we do not know, or somebody else wants the look. */
  said: announcedSchema.optional(),
  /** Looks that found nothing before this one. */
  again: z.int().default(0),
});
export type LookRequest = z.input<typeof lookSchema>;

/** Enqueues looks. `delaySeconds` ≤ 900. */
export type SendLooks = (looks: readonly LookRequest[], delaySeconds?: number) => Promise<void>;

const BATCH = 10;

export const sendLooksTo =
  (queueUrl: string, client = once(() => new SQSClient({ useQueueUrlAsEndpoint: false }))): SendLooks =>
  async (looks, DelaySeconds = 0) => {
    for (let start = 0; start < looks.length; start += BATCH) {
      const Entries = looks
        .slice(start, start + BATCH)
        .map((look, index) => ({ Id: String(index), MessageBody: JSON.stringify(look), DelaySeconds }));
      const { Failed = [] } = await client().send(
        new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
      );
      if (Failed.length > 0) throw new Error("the look queue did not take every message");
    }
  };
