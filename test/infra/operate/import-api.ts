import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ACCOUNT } from "../../functions/sandbox/virtual-sandbox.ts";
import { CloudInMemory, keyOf } from "../../fuzz/cloud-in-memory.ts";

/** What happens to one request: these words give no answer, or half of one; those `after` have taken effect all the same. */
export type Fault =
  | "none"
  | "reset"
  | "reset after"
  | "hang after"
  | "cut after"
  | "html"
  | { status: number; after?: boolean; retryAfter?: string; body?: object };

/** A request as it came. */
export interface Asked {
  reference_id: string;
  at: number;
}

/** The real intake over stores in memory, behind a real HTTP server with faults. */
export async function openImportApi() {
  const cloud = new CloudInMemory();
  const asked: Asked[] = [];
  const plan: { faultOf: (asked: Asked, count: number) => Fault } = { faultOf: () => "none" };
  let underWay = 0;
  let mostAtOnce = 0;

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const { headers, method, url } = request;
    if (method !== "POST" || url !== "/onboardings") return answer(response, 404, {});
    const one: Asked = { reference_id: JSON.parse(body).reference_id, at: performance.now() };
    asked.push(one);
    const fault = plan.faultOf(one, asked.length);
    mostAtOnce = Math.max(mostAtOnce, ++underWay);
    const takesEffect = typeof fault === "string" ? !["reset", "html"].includes(fault) : fault.after === true;
    const done = takesEffect
      ? await cloud.ask("startOnboarding", { headers: headers as Record<string, string>, body })
      : { status: 500, body: {} };
    underWay--;
    if (fault === "reset" || fault === "reset after") return void request.socket.destroy();
    if (fault === "hang after") return;
    if (fault === "cut after") {
      response.writeHead(202, { "content-type": "application/json", "content-length": "100" });
      return void response.write("{", () => request.socket.destroy());
    }
    if (fault === "html") return void response.writeHead(502).end("<html>Bad Gateway</html>");
    if (fault === "none") return answer(response, done.status, done.body as object);
    if (fault.retryAfter !== undefined) response.setHeader("retry-after", fault.retryAfter);
    answer(response, fault.status, fault.body ?? { error: "internal_error", reason: "something_went_wrong" });
  });
  server.listen(0, "127.0.0.1");
  while (!server.listening) await sleep(1);
  return {
    cloud,
    asked,
    plan,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    environment: { ONBOARDING_API_KEY: keyOf(ACCOUNT), ONBOARDING_ACCOUNT_ID: ACCOUNT },
    mostAtOnce: () => mostAtOnce,
    /** Executions that were started, by reference; the same one started again counts once. */
    executions(): Map<string, Set<string>> {
      const started = new Map<string, Set<string>>();
      for (const told of cloud.told.values()) {
        const { what, detail } = told as {
          what: string;
          detail: { reference_id: string; execution: string };
        };
        if (what !== "start") continue;
        const { reference_id, execution } = detail;
        started.set(reference_id, (started.get(reference_id) ?? new Set()).add(execution));
      }
      return started;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
export type ImportApi = Awaited<ReturnType<typeof openImportApi>>;

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}
