import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import * as z from "zod";
import { openStageApi } from "../../../infra/operate/stage-api.ts";

afterEach(() => vi.unstubAllEnvs());

test.each(["http://example.com", "ftp://127.0.0.1", "example.com"])(
  "keys and bodies are not sent to %s",
  async (url) => {
    vi.stubEnv("ONBOARDING_API", url);
    vi.stubEnv("ONBOARDING_API_KEY", "key");
    vi.stubEnv("ONBOARDING_ACCOUNT_ID", "account");
    await expect(openStageApi("prod")).rejects.toThrow("ONBOARDING_API must be an https URL");
  },
);

test("keys and bodies are sent to the stage's API, and to nowhere that it points to", async () => {
  const asked: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    asked.push(url);
    response.writeHead(307, { location: "/elsewhere" }).end("{}");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  vi.stubEnv("ONBOARDING_API", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv("ONBOARDING_API_KEY", "key");
  vi.stubEnv("ONBOARDING_ACCOUNT_ID", "account");
  const api = await openStageApi("prod");
  await expect(api.call(z.object({ id: z.string() }), "POST", "/onboardings", {})).rejects.toThrow();
  expect(asked).toEqual(["/onboardings"]);
  server.closeAllConnections();
  server.close();
});
