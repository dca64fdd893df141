import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { runJourneyJob } from "./advance.ts";
import { awsSandbox, once } from "./aws.ts";
import { runJobs } from "./queue-events.ts";

const sandbox = once(() => awsSandbox({}));

/** Consumes the journey queue: scripted people and machines act, links expire. */
export const handler = (event: SQSEvent): Promise<SQSBatchResponse> =>
  runJobs(
    event,
    async (job) => {
      if (job.kind !== "deliver") await runJourneyJob(sandbox(), job);
    },
    (facts) => sandbox().log(facts),
  );
