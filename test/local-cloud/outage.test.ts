import { afterEach, expect, test } from "vitest";
import { readEndpoints } from "../../infra/local/endpoints.ts";
import { judgeRun } from "../../infra/local/judge-run.ts";
import { runScenario } from "../../infra/local/run-scenario.ts";

const endpoints = await readEndpoints();

/** Sets or, with `{}`, ends the sandbox's faults for the first account. */
async function faults(body: object): Promise<void> {
  const answer = await fetch(`${endpoints.sandbox}/sandbox/faults`, {
    method: "PUT",
    headers: {
      "api-key": endpoints.apiKey,
      "account-id": endpoints.accountId,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

const down = { seed: 1, api: { errorRate: 1, statuses: [503] } };
afterEach(() => faults({}));

test("a gateway that is down when an onboarding starts: a person is told, and it goes on by itself afterwards", async () => {
  await faults(down);
  const run = await runScenario(endpoints, "review-approve", {
    timeoutSeconds: 200,
    onProgress: ({ text }) => {
      if (text === "AttentionNeeded") void faults({});
    },
  });
  expect(run.events.map(({ type }) => type)).toContain("AttentionNeeded");
  expect(judgeRun(run)).toEqual([]);
});

test("a gateway that is down while an onboarding waits: it converges once the gateway is back", async () => {
  const run = await runScenario(endpoints, "review-approve", {
    timeoutSeconds: 200,
    onProgress: ({ text }) => {
      if (text !== "CaptureLinkReady") return;
      void faults(down);
      setTimeout(() => void faults({}), 15_000);
    },
  });
  expect(judgeRun(run)).toEqual([]);
});
