import { expect, test } from "vitest";
import { parseStage } from "../../infra/config.ts";
import { orchestratorSettings } from "../../infra/orchestrator-function.ts";

const settingsOf = (stage: object) =>
  JSON.parse(orchestratorSettings(parseStage("s", { s: stage }))) as Record<string, unknown>;

test("only a stage with the sandbox is told that its gateway may serve files from anywhere", () => {
  expect(settingsOf({})).toMatchObject({ documentHosts: [], hasSandbox: false });
  const listed = { documentHosts: ["files.example.com"], sandbox: {} };
  expect(settingsOf(listed)).toMatchObject({ documentHosts: ["files.example.com"], hasSandbox: true });
});
