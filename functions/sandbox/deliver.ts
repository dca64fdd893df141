import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { once } from "../environment.ts";
import { awsSandbox } from "./aws.ts";
import { runDeliverJob } from "./deliveries.ts";
import { httpPost } from "./post.ts";
import { runJobs } from "./queue-events.ts";

const sandbox = once(() => awsSandbox(httpPost()));

/** Consumes the delivery queue: posts webhooks, each for five seconds at most. */
export const handler = (event: SQSEvent): Promise<SQSBatchResponse> =>
  runJobs(
    event,
    async (job) => {
      if (job.kind === "deliver") await runDeliverJob(sandbox(), job);
    },
    (facts) => sandbox().log(facts),
  );
