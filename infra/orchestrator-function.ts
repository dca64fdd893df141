import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { Settings } from "../functions/environment.ts";
import { type Grant, settingsFile } from "../functions/grants.ts";
import { type BundleFiles, bundledFunction } from "./bundle.ts";
import type { Stage } from "./config.ts";
import { applyGrants, type Resources } from "./grants.ts";

export interface OrchestratorFunctionProps {
  stage: Stage;
  resources: Resources;
  /** Source file that exports `handler`, from the root of the repository. */
  entry: string;
  grants: readonly Grant[];
  /** Files to put beside the bundle and the settings, by name. */
  files?: BundleFiles;
  timeoutSeconds: number;
  memoryMb?: number;
  environment?: Record<string, string>;
  description?: string;
}

const MEMORY_MB = 512;

/** A function of the orchestrator: its bundle, the stage's settings beside it, and what its grants allow. */
export function orchestratorFunction(
  scope: Construct,
  id: string,
  { stage, resources, grants, files, memoryMb = MEMORY_MB, ...props }: OrchestratorFunctionProps,
): LambdaFunction {
  const made = bundledFunction(scope, id, {
    ...props,
    memoryMb,
    files: { ...files, [settingsFile]: orchestratorSettings(stage) },
    logRetentionDays: stage.logRetentionDays,
  });
  applyGrants(made, grants, resources);
  return made;
}

/** The settings file of every orchestrator bundle. */
export function orchestratorSettings({
  name,
  workflows,
  captureHosts,
  documentHosts,
  sandbox,
  jwt,
}: Stage): string {
  const settings: Settings = {
    stage: name,
    workflows: Object.values(workflows),
    captureHosts,
    documentHosts,
    hasSandbox: sandbox !== undefined,
    callers: jwt ? { by: "claim", claim: jwt.accountClaim } : { by: "keys" },
  };
  return JSON.stringify(settings);
}
