import { randomUUID } from "node:crypto";
import { scheduler } from "node:timers/promises";
import type { ByHandTask } from "./act-by-hand.ts";
import { CommandFailed } from "./command-failed.ts";
import type { Endpoints } from "./endpoints.ts";
import { judgeRun } from "./judge-run.ts";
import { localClients } from "./local-clients.ts";
import type { Progress } from "./progress.ts";
import { runScenario, sampleRequest, sweepOnce } from "./run-scenario.ts";
import { type ScenarioName, scenarios } from "./scenarios.ts";

/** Drives one onboarding and prints its timeline as it happens. Throws `CommandFailed` saying what came out otherwise. */
export async function demonstrate(
  endpoints: Endpoints,
  name: ScenarioName,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  progress.line(`\n${name}: ${scenarios[name].story}\n`);
  const run = await progress.phase(
    `onboarding ${name}`,
    (note) =>
      runScenario(endpoints, name, {
        signal,
        ...(scenarios[name].byHand && process.stdin.isTTY && waitingForAPerson(progress)),
        onProgress({ seconds, kind, text }) {
          progress.line(`  ${seconds.toFixed(1).padStart(6)} s  ${kind.padEnd(9)}  ${text}`);
          note(text);
        },
      }),
    () => `onboarding ${name} ended`,
  );
  const differences = judgeRun(run);
  if (differences.length > 0)
    throw new CommandFailed(`${name} came out otherwise: ${differences.join("; ")}`);
  progress.line(
    `✓ ${run.events.find(({ type }) => type.startsWith("Onboarding"))?.type}, reviewer_action ${run.reviewerAction}, purged: the vault is empty, the execution succeeded\n`,
  );
}

const PERSON_SECONDS = 15 * 60;

/** Somebody sits at this terminal: told where to click, and given time. Without a terminal the forms are sent for him. */
const waitingForAPerson = (progress: Progress) => ({
  timeoutSeconds: PERSON_SECONDS,
  async person({ captureLink, deskUrl, caller, referenceId }: ByHandTask): Promise<void> {
    progress.line(`
  Now it is up to you, for ${PERSON_SECONDS / 60} minutes at most:
  1. as the customer, capture and finish:  ${captureLink}
  2. as the reviewer, open the desk:       ${deskUrl}
       account ${caller.accountId}
       api-key ${caller.apiKey}
     and ask for recapture of ${referenceId} once
  3. as the customer again, capture and finish under the same link
  4. as the reviewer, approve
`);
  },
});

/** URLs, and requests that work when pasted. Single quotes: a shell would take `$default` for a variable. */
export function describeEndpoints(endpoints: Endpoints): string {
  const { api, sandbox, awsEndpoint, apiKey, accountId, configIds } = endpoints;
  const headers = `-H 'api-key: ${apiKey}' -H 'account-id: ${accountId}'`;
  const reference = `example-${randomUUID().slice(0, 8)}`;
  const configId = configIds["review-approve"] ?? Object.values(configIds)[0] ?? "";
  const body = JSON.stringify(sampleRequest(reference, configId));
  return [
    `Our API          ${api}`,
    `  described at   ${api}/docs`,
    `Sandbox gateway  ${sandbox}`,
    `  reviewer's desk  ${sandbox}/desk   (account and api-key as below)`,
    `AWS endpoint     ${awsEndpoint}`,
    "All of it        .local/endpoints.json",
    "",
    "# start an onboarding",
    `curl -sS '${api}/onboardings' ${headers} -H 'content-type: application/json' -d '${body}'; echo`,
    "# our record of it",
    `curl -sS '${api}/onboardings/${reference}' ${headers}; echo`,
    "# the gateway's status and reviewer action only (E5), once it has the profile",
    `sleep 2; curl -sS '${api}/profiles/${reference}?query_type=reference_id&status_only=true' ${headers}; echo`,
  ].join("\n");
}

/** Sweeps every second until aborted, so that what people paste goes on to its purge. Faults are left to the next one. */
export async function keepSweeping(endpoints: Endpoints, signal: AbortSignal): Promise<void> {
  const clients = localClients(endpoints);
  while (!signal.aborted) {
    await sweepOnce(clients, endpoints.sweepFunction).catch(() => undefined);
    await scheduler.wait(1000, { signal }).catch(() => undefined);
  }
}
