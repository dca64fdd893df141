import { NodeHttpHandler } from "@smithy/node-http-handler";
import { HttpRequest } from "@smithy/protocol-http";
import type { Post } from "./sandbox.ts";

/** How long a receiver may take (contract §8). */
export const POST_TIMEOUT_MS = 5_000;

/** Posts JSON without following redirects. Neither the URL nor the body gets into an error: the answer is a status. */
export function httpPost(timeoutMs: number = POST_TIMEOUT_MS): Post {
  const handler = new NodeHttpHandler({ connectionTimeout: timeoutMs });
  return async (url, body) => {
    try {
      const target = new URL(url);
      const request = new HttpRequest({
        method: "POST",
        protocol: target.protocol,
        hostname: target.hostname,
        ...(target.port !== "" && { port: Number(target.port) }),
        path: target.pathname,
        query: Object.fromEntries(target.searchParams),
        headers: {
          host: target.host,
          "content-type": "application/json; charset=utf-8",
          "content-length": String(Buffer.byteLength(body)),
        },
        body,
      });
      const abortSignal = AbortSignal.timeout(timeoutMs);
      const { response } = await handler.handle(request, { abortSignal });
      (response.body as { resume?(): void } | undefined)?.resume?.();
      return response.statusCode;
    } catch {
      return null;
    }
  };
}
