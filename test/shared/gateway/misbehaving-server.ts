import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One received request, as it was on the wire. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
  /** Equal for requests that shared a connection. */
  port: number;
}

export type Behaviour = (response: ServerResponse) => void;

/** A local HTTP server that does as it is told, one behaviour per request; the last one repeats. */
export async function startServer() {
  const received: Received[] = [];
  let behaviours: Behaviour[] = [];
  const server = createServer(async (request, response) => {
    const port = request.socket.remotePort ?? 0;
    let body = "";
    for await (const chunk of request) body += chunk;
    received.push({
      method: request.method ?? "",
      url: request.url ?? "",
      headers: request.headers,
      body,
      port,
    });
    const behaviour = behaviours.length > 1 ? behaviours.shift() : behaviours[0];
    behaviour?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    behave(...next: [Behaviour, ...Behaviour[]]) {
      received.length = 0;
      behaviours = next;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): Behaviour =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
    response.end(JSON.stringify(body));
  };

export const raw =
  (status: number, body: string | Uint8Array, headers: Record<string, string> = {}): Behaviour =>
  (response) => {
    response.writeHead(status, headers);
    response.end(body);
  };

/** Everything that can be wrong with an answer before it is whole. */
export const faults = {
  silence: () => {},
  resetBeforeHeaders: (response) => response.socket?.resetAndDestroy(),
  resetInBody: (response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write('{"profile_id":', () => response.socket?.resetAndDestroy());
  },
  closedBeforeContentLength: (response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write('{"profile_id":', () => response.socket?.end());
  },
  notHttp: (response) => response.socket?.end("SSH-2.0-OpenSSH_9.6\r\n"),
  /** A byte now and then: never idle, never done. */
  drip: (response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(" "), 10);
    response.on("close", () => clearInterval(timer));
  },
} satisfies Record<string, Behaviour>;

/** An endless answer; counts what it managed to write. */
export function flood() {
  const written = { bytes: 0 };
  const behaviour: Behaviour = (response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(16_384, " ");
    const more = () => {
      while (!response.destroyed && written.bytes < 64_000_000) {
        written.bytes += chunk.length;
        if (!response.write(chunk)) {
          response.once("drain", more);
          return;
        }
      }
    };
    more();
  };
  return { behaviour, written };
}
