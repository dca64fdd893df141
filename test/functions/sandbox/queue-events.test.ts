import type { SQSEvent } from "aws-lambda";
import { expect, test } from "vitest";
import { runJobs } from "../../../functions/sandbox/queue-events.ts";

const batch = (...jobs: { profile_id: string; step: number }[]) =>
  ({
    Records: jobs.map((job, index) => ({
      messageId: `m${index}`,
      body: JSON.stringify({ kind: "journey", ...job }),
    })),
  }) as unknown as SQSEvent;

test("jobs of one profile run in order, and only those that failed go back to the queue", async () => {
  const ran: string[] = [];
  const logged: unknown[] = [];
  const answer = await runJobs(
    batch({ profile_id: "a", step: 1 }, { profile_id: "b", step: 1 }, { profile_id: "a", step: 2 }),
    async (job) => {
      await Promise.resolve();
      if (job.profile_id === "b") throw new TypeError("personal detail");
      ran.push(`${job.profile_id}${job.kind === "journey" ? job.step : ""}`);
    },
    (facts) => logged.push(facts),
  );
  expect(ran).toEqual(["a1", "a2"]);
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "m1" }] });
  expect(logged).toEqual([{ what: "job failed", profile_id: "b", kind: "TypeError" }]);
});
