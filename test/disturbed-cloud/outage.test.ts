import { expect, test } from "vitest";
import { judgeRun } from "../../infra/local/judge-run.ts";
import { runScenario } from "../../infra/local/run-scenario.ts";
import { endpoints, http } from "../local-cloud/cloud.ts";

const down = { seed: 1, api: { errorRate: 1, statuses: [503] } };

/** The stage as one account sees it, whose gateway can be taken down while the other one's works. */
function seenBy(accountId: string, apiKey: string) {
  const headers = { "api-key": apiKey, "account-id": accountId };
  const faults = async (body: object) =>
    expect((await http(endpoints.sandbox, "PUT", "/sandbox/faults", { body, headers })).status).toBe(200);
  return { endpoints: { ...endpoints, accountId, apiKey }, faults };
}
const first = seenBy(endpoints.accountId, endpoints.apiKey);
const other = seenBy(endpoints.otherAccountId, endpoints.otherApiKey);

test.concurrent("a gateway that is down when an onboarding starts: a person is told, and it goes on by itself afterwards", async () => {
  try {
    await first.faults(down);
    const run = await runScenario(first.endpoints, "review-approve", {
      timeoutSeconds: 200,
      onProgress: ({ text }) => {
        if (text === "AttentionNeeded") void first.faults({});
      },
    });
    expect(run.events.map(({ type }) => type)).toContain("AttentionNeeded");
    expect(judgeRun(run)).toEqual([]);
  } finally {
    await first.faults({});
  }
});

test.concurrent("a gateway that is down while an onboarding waits: it converges once the gateway is back", async () => {
  try {
    const run = await runScenario(other.endpoints, "review-approve", {
      timeoutSeconds: 200,
      onProgress: ({ text }) => {
        if (text !== "CaptureLinkReady") return;
        void other.faults(down);
        setTimeout(() => void other.faults({}), 15_000);
      },
    });
    expect(judgeRun(run)).toEqual([]);
  } finally {
    await other.faults({});
  }
});
