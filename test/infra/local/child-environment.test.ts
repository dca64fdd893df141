import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { localEnvironment, withoutAws } from "../../../infra/local/child-environment.ts";

// Made up here: the shapes of real ones, known to no account.
const planted = {
  AWS_ACCESS_KEY_ID: `AKIA${"PLANTED".repeat(2)}XX`,
  AWS_SECRET_ACCESS_KEY: "planted-secret",
  AWS_SESSION_TOKEN: "planted-session",
  AWS_PROFILE: "planted-profile",
  AWS_DEFAULT_PROFILE: "planted-profile",
  AWS_ROLE_ARN: "arn:aws:iam::111111111111:role/planted",
  AWS_WEB_IDENTITY_TOKEN_FILE: "/planted/token",
  AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.2/planted",
  AWS_CONFIG_FILE: "/planted/config",
  AWS_SHARED_CREDENTIALS_FILE: "/planted/credentials",
  AWS_ENDPOINT_URL: "https://planted.example.com",
  AWS_ENDPOINT_URL_S3: "https://planted.example.com",
  AWS_REGION: "planted-region-1",
  aws_access_key_id: "planted",
  CDK_DEFAULT_ACCOUNT: "planted",
  HTTPS_PROXY: "http://planted.example.com",
  GATEWAY_API_KEY: "planted",
  PERSIST_STATE: "planted",
};
const caller = { ...process.env, ...planted };

async function environmentOf(env: Record<string, string>): Promise<Record<string, string>> {
  const { stdout } = await execa(process.execPath, ["-p", "JSON.stringify(process.env)"], {
    env,
    extendEnv: false,
  });
  return JSON.parse(stdout) as Record<string, string>;
}

describe("a child that works with the local cloud", () => {
  test("sees nothing of the caller's AWS credentials, profiles, endpoints, proxies and switches", async () => {
    const seen = await environmentOf(localEnvironment(caller, "http://127.0.0.1:4566", "us-east-1"));
    expect(JSON.stringify(seen)).not.toMatch(/planted/i);
  });

  test("has dummies for whatever an AWS SDK would look for elsewhere", async () => {
    const seen = await environmentOf(localEnvironment(caller, "http://127.0.0.1:4566", "eu-west-1"));
    expect(seen).toMatchObject({
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
      AWS_REGION: "eu-west-1",
    });
    expect(seen["AWS_CONFIG_FILE"]).toBe(seen["AWS_SHARED_CREDENTIALS_FILE"]);
    expect(seen["AWS_CONFIG_FILE"]).toMatch(/null|nul/i);
    expect(seen).not.toHaveProperty("AWS_SESSION_TOKEN");
  });

  test("finds the Node that runs us first", async () => {
    const { stdout } = await execa("node", ["-p", "process.execPath"], {
      env: localEnvironment(caller, "http://127.0.0.1:4566", "us-east-1"),
      extendEnv: false,
    });
    expect(stdout).toBe(process.execPath);
  });
});

test("the installer keeps the caller's proxies and loses everything of AWS", async () => {
  const seen = await environmentOf(withoutAws(caller));
  expect(Object.keys(seen).filter((name) => /^aws_/i.test(name))).toEqual([]);
  expect(seen["HTTPS_PROXY"]).toBe(planted.HTTPS_PROXY);
});
