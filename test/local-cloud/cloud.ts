import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Endpoints, readEndpoints } from "../../infra/local/endpoints.ts";
import { localClients } from "../../infra/local/local-clients.ts";
import { sweepOnce } from "../../infra/local/run-scenario.ts";

export const endpoints: Endpoints = await readEndpoints();
export const clients = localClients(endpoints);

export const credentials = { "api-key": endpoints.apiKey, "account-id": endpoints.accountId };

export interface HttpAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server answered
  body: any;
}

/** One request, its answer parsed. A body that is a string goes out as it is. */
export async function http(
  base: string,
  method: string,
  path: string,
  { body, headers = credentials }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<HttpAnswer> {
  const answer = await fetch(base + path, {
    method,
    headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(35_000),
  });
  const text = await answer.text();
  try {
    return { status: answer.status, body: JSON.parse(text) };
  } catch {
    return { status: answer.status, body: text };
  }
}

/** Looks for due work, which the deployed schedule does once a minute only. */
export const sweep = (): Promise<void> => sweepOnce(clients, endpoints.sweepFunction);

export const freshReference = (prefix: string): string => `${prefix}-${randomUUID().slice(0, 13)}`;

export function configIdOf(scenario: string): string {
  const id = endpoints.configIds[scenario];
  if (!id) throw new Error(`the local cloud has no workflow for ${scenario}`);
  return id;
}

/** Asks until `done` likes the answer; the last answer, liked or not. */
export async function eventually<Answer>(
  ask: () => Promise<Answer>,
  done: (answer: Answer) => boolean,
  seconds = 20,
): Promise<Answer> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (done(answer) || Date.now() > until) return answer;
    await sleep(200);
  }
}
