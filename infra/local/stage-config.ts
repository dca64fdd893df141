import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseStage, type Stage } from "../config.ts";
import { CommandFailed, oneLine } from "./command-failed.ts";
import { repository } from "./local-paths.ts";

/** A stage's settings from cdk.json. Throws `CommandFailed` when it is not there or wrong. */
export function readStage(name: string): Stage {
  try {
    return checkedStage(name);
  } catch (error) {
    throw new CommandFailed(oneLine(error));
  }
}

/** The same for whoever lists every problem: throws `WrongSettings` with a line for each. */
export function checkedStage(name: string): Stage {
  const text = readFileSync(join(repository, "cdk.json"), "utf8");
  return parseStage(name, stagesIn(text));
}

function stagesIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { context?: { stages?: unknown } } | null)?.context?.stages;
  } catch {
    throw new Error("cdk.json is not valid JSON: `npx biome check cdk.json` shows where");
  }
}

/** A stage of a real AWS account. Throws `CommandFailed` for `local`, which has commands of its own. */
export function readRemoteStage(name: string): Stage {
  if (name === "local")
    throw new CommandFailed(
      "the stage `local` never leaves this machine: use `npm run up` and `npm run down`",
    );
  return readStage(name);
}

/** The region of the local cloud. */
export function localRegion(stage: Stage): string {
  return stage.region ?? "us-east-1";
}
