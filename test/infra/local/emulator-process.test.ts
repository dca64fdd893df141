import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { localCloudPort, startEmulator, stopEmulator } from "../../../infra/local/emulator-process.ts";

describe("the port of the local cloud", () => {
  test("is 4566 unless LOCAL_CLOUD_PORT says otherwise", () => {
    expect(localCloudPort({})).toBe(4566);
    expect(localCloudPort({ LOCAL_CLOUD_PORT: "4600" })).toBe(4600);
  });

  test.each(["0", "80", "65536", "4566x", "-4566", "4566.5"])("%s is refused", (port) => {
    expect(() => localCloudPort({ LOCAL_CLOUD_PORT: port })).toThrow(
      "LOCAL_CLOUD_PORT must be a port number",
    );
  });

  test("that another program holds is refused, naming it and the way to choose another", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await expect(startEmulator("/no/such/python", port, "us-east-1")).rejects.toThrow(
      new RegExp(`^port ${port} is taken.*LOCAL_CLOUD_PORT`),
    );
    server.close();
  });
});

test("stopping ends no process that does not carry our mark", async () => {
  const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
    detached: true,
    stdio: "ignore",
  });
  await once(stranger, "spawn");
  const pid = stranger.pid ?? 0;
  await stopEmulator({
    pid,
    mark: "onboarding-local-cloud=not-it",
    endpoint: "",
    scratch: "/no/such/folder",
  });
  expect(stranger.exitCode).toBeNull();
  expect(() => process.kill(pid, 0)).not.toThrow();
  stranger.kill("SIGKILL");
});
