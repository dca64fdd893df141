import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { runJourneyJob } from "../../functions/sandbox/advance.ts";
import { runDeliverJob } from "../../functions/sandbox/deliveries.ts";
import { handle } from "../../functions/sandbox/gateway.ts";
import type { HttpRequest } from "../../functions/sandbox/http.ts";
import type { Job } from "../../functions/sandbox/profile-record.ts";
import type { Sandbox } from "../../functions/sandbox/sandbox.ts";
import type { Settings } from "../../functions/sandbox/settings.ts";
import { VirtualSandbox } from "../functions/sandbox/virtual-sandbox.ts";

export interface ServedSandbox {
  /** Base URL, under a path as the local cloud has one. */
  url: string;
  sandbox: Sandbox;
  close(): Promise<void>;
}

const BASE_PATH = "/some/base";

/** The sandbox on this machine, with a store in memory and a clock that runs. */
export async function serveSandbox(settings: Partial<Settings> = {}): Promise<ServedSandbox> {
  const timers = new Set<NodeJS.Timeout>();
  const run = (job: Job) =>
    job.kind === "deliver" ? runDeliverJob(sandbox, job) : runJourneyJob(sandbox, job);
  const sandbox: Sandbox = {
    ...new VirtualSandbox(settings).sandbox,
    clock: { now: () => Date.now(), sleep: async () => {} },
    schedule: {
      async add(job, delayMs) {
        const timer = setTimeout(() => {
          timers.delete(timer);
          void run(job);
        }, delayMs);
        timers.add(timer);
      },
    },
  };
  const server = createServer((message, response) => {
    void (async () => {
      const answer = await handle(sandbox, await requestOf(message, origin()));
      response.writeHead(answer.status, {
        ...answer.headers,
        ...(answer.cookies && { "set-cookie": answer.cookies }),
      });
      response.end(Buffer.from(answer.body, answer.isBase64Encoded ? "base64" : "utf8"));
    })();
  });
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}${BASE_PATH}`;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: origin(),
    sandbox,
    async close() {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function requestOf(message: IncomingMessage, origin: string): Promise<HttpRequest> {
  const { pathname, searchParams } = new URL(message.url ?? "/", origin);
  const bytes = await buffer(message);
  const header = (name: string) => message.headers[name] as string | undefined;
  return {
    method: message.method ?? "GET",
    path: decodeURIComponent(pathname.startsWith(BASE_PATH) ? pathname.slice(BASE_PATH.length) : "/nowhere"),
    query: searchParams,
    apiKey: header("api-key"),
    accountId: header("account-id"),
    body: bytes.toString("utf8"),
    bytes,
    contentType: header("content-type"),
    cookie: header("cookie"),
    site: header("sec-fetch-site"),
    origin,
  };
}
