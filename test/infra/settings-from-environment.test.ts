import { afterEach, expect, test, vi } from "vitest";
import { loadConfig } from "../../infra/settings-from-environment.ts";

afterEach(() => vi.unstubAllEnvs());

const url = (fallback: string | (() => Promise<string>)) =>
  loadConfig({ environmentVariableSelector: (env) => env["AWS_ENDPOINT_URL"], default: fallback });

test("a setting is the environment's, else its default, which may have to be worked out", async () => {
  vi.stubEnv("AWS_ENDPOINT_URL", undefined);
  expect(await url("usual")()).toBe("usual");
  expect(await url(async () => "worked out")()).toBe("worked out");
  vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566");
  expect(await url("usual")()).toBe("http://127.0.0.1:4566");
});

test("it is looked for once, when it is first asked for", async () => {
  vi.stubEnv("AWS_ENDPOINT_URL", "before");
  const load = url("usual");
  vi.stubEnv("AWS_ENDPOINT_URL", "first");
  expect(await load()).toBe("first");
  vi.stubEnv("AWS_ENDPOINT_URL", "later");
  expect(await load()).toBe("first");
});

test("what the SDK refuses in the environment is refused", async () => {
  const load = loadConfig({
    environmentVariableSelector: () => {
      throw new Error("AWS_MAX_ATTEMPTS must be a number");
    },
    default: 3,
  });
  await expect(load()).rejects.toThrow("AWS_MAX_ATTEMPTS must be a number");
});
