import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { Job } from "./profile-record.ts";
import type { Log } from "./sandbox.ts";

/**
 * Runs the jobs of a batch: those of one profile in order, profiles side by side. What throws goes back to the
 * queue alone.
 */
export async function runJobs(
  event: SQSEvent,
  run: (job: Job) => Promise<void>,
  log: Log,
): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse["batchItemFailures"] = [];
  const byProfile = Map.groupBy(
    event.Records.map(({ messageId, body }) => ({ messageId, job: JSON.parse(body) as Job })),
    ({ job }) => job.profile_id,
  );
  const runAll = async (jobs: { messageId: string; job: Job }[]) => {
    for (const { messageId, job } of jobs) {
      try {
        await run(job);
      } catch (thrown) {
        const kind = thrown instanceof Error ? thrown.name : "unknown";
        log({ what: "job failed", profile_id: job.profile_id, kind });
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
  };
  await Promise.all([...byProfile.values()].map(runAll));
  return { batchItemFailures };
}
