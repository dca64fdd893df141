import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Workflow } from "../shared/profile/policy.ts";
import { workflowFor } from "../shared/profile/workflow.ts";
import { environmentOf, type Grant, settingsFile } from "./grants.ts";

/** The environment variable that names a grant's resource. Throws when the function was not given it. */
export function resource(grant: Grant): string {
  const name = environmentOf[grant];
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} is missing`);
  return value;
}

/** How callers say who they are. A stage has one way; what belongs to the other one is not even read. */
export type CallerMode = { by: "keys" } | { by: "claim"; claim: string };

/** What the stage's config decides at run time, deployed beside the bundle. */
export interface Settings {
  /** The stage's name. */
  stage: string;
  workflows: Workflow[];
  captureHosts: string[];
  /** Host suffixes that files of results are copied from. */
  documentHosts: string[];
  /** Whether the gateway is a sandbox, whose own files are copied from wherever it runs. */
  hasSandbox: boolean;
  callers: CallerMode;
}

/** The workflow of a `config.id`, or the defaults with a person deciding. */
export type WorkflowOf = (config_id: string) => Workflow;

export const workflowsFromSettings =
  ({ workflows }: Pick<Settings, "workflows"> = readSettings()): WorkflowOf =>
  (config_id) =>
    workflowFor(workflows, config_id);

export const readSettings = (): Settings =>
  JSON.parse(readFileSync(join(process.env["LAMBDA_TASK_ROOT"] ?? ".", settingsFile), "utf8")) as Settings;

/** Waits inside a function; an argument like the clock, so that a simulation need not wait. */
export type Sleep = (milliseconds: number) => Promise<void>;

export const sleep: Sleep = (milliseconds) => setTimeout(milliseconds);

/** Builds something on first use, once per function instance. */
export function once<Built>(build: () => Built): () => Built {
  let built: { it: Built } | undefined;
  return () => {
    built ??= { it: build() };
    return built.it;
  };
}

/** Something that is built when it is first used, however often it is handed on before. */
export function late<Built extends object>(build: () => Built): Built {
  const built = once(build);
  return new Proxy({} as Built, { get: (_target, name) => Reflect.get(built(), name) });
}
