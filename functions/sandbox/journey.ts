import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { once } from "../environment.ts";
import { runJourneyJob } from "./advance.ts";
import { awsSandbox } from "./aws.ts";
import { runJobs } from "./queue-events.ts";

const sandbox = once(() => awsSandbox());

/** Consumes the journey queue: scripted people and machines act, links expire. */
export const handler = (event: SQSEvent): Promise<SQSBatchResponse> =>
  runJobs(
    event,
    async (job) => {
      if (job.kind !== "deliver") await runJourneyJob(sandbox(), job);
    },
    (facts) => sandbox().log(facts),
  );
