import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { httpPost } from "../../../functions/sandbox/post.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A receiver on this machine; `status` null never answers. */
async function receiver(status: number | null) {
  const got: {
    url: string | undefined;
    method: string | undefined;
    type: string | undefined;
    body: string;
  }[] = [];
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      got.push({ url: request.url, method: request.method, type: request.headers["content-type"], body });
      if (status !== null) response.writeHead(status, { location: "/elsewhere" }).end("answer");
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test("posts JSON to the URL with its query, and tells the status", async () => {
  const { got, url } = await receiver(202);
  expect(await httpPost()(`${url}/webhooks/a%20b?token=t`, '{"é":1}')).toBe(202);
  expect(got).toEqual([
    {
      url: "/webhooks/a%20b?token=t",
      method: "POST",
      type: "application/json; charset=utf-8",
      body: '{"é":1}',
    },
  ]);
});

test("follows no redirect", async () => {
  const { got, url } = await receiver(302);
  expect(await httpPost()(url, "{}")).toBe(302);
  expect(got).toHaveLength(1);
});

test("gives up on a receiver that does not answer in time", async () => {
  const { url } = await receiver(null);
  expect(await httpPost(50)(url, "{}")).toBeNull();
});

test("an unreachable receiver is no answer", async () => {
  expect(await httpPost(500)("http://127.0.0.1:1/", "{}")).toBeNull();
});
