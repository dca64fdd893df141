import { afterEach, expect, test, vi } from "vitest";
import { defaultProvider } from "../../infra/lambda-credentials.ts";

afterEach(() => vi.unstubAllEnvs());

test("the credentials of the environment are taken, read anew each time", async () => {
  const provide = defaultProvider();
  vi.stubEnv("AWS_ACCESS_KEY_ID", "id");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  vi.stubEnv("AWS_SESSION_TOKEN", "token");
  expect(await provide()).toEqual({ accessKeyId: "id", secretAccessKey: "secret", sessionToken: "token" });
  vi.stubEnv("AWS_SESSION_TOKEN", "");
  expect(await provide()).toEqual({ accessKeyId: "id", secretAccessKey: "secret" });
});

test("an environment without credentials is refused", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "id");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "");
  await expect(defaultProvider()()).rejects.toThrow("no credentials");
});
