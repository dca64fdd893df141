import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Template } from "aws-cdk-lib/assertions";
import { templates } from "../infra/stage-app.ts";
import type { Definition } from "../workflow/definition.ts";

/**
 * What executions that started under a release go on needing, for up to a year: its definition, with the names of steps
 * in place of their functions, and the ids under which CloudFormation knows those functions and the machine's role.
 */
export interface Release {
  ids: Record<string, string>;
  definition: Definition;
}

interface Machine {
  Properties: { DefinitionString: unknown; RoleArn: { "Fn::GetAtt": [string, "Arn"] } };
}

/** What the stack `onboarding` would deploy. */
export function releaseIn(onboarding: Template): Release {
  const [machine] = Object.values(onboarding.findResources("AWS::StepFunctions::StateMachine")) as Machine[];
  if (!machine) throw new Error("the stack has no state machine");
  const definition = JSON.parse(withIds(machine.Properties.DefinitionString)) as Definition;
  const ids: Record<string, string> = { role: machine.Properties.RoleArn["Fn::GetAtt"][0] };
  for (const [name, { Parameters }] of Object.entries(definition.States)) {
    if (!Parameters) continue;
    ids[name] = String(Parameters["FunctionName"]);
    Parameters["FunctionName"] = name;
  }
  return { ids, definition };
}

/** `Fn::Join` written out, with the ids of functions for their ARNs. */
function withIds(value: unknown): string {
  if (typeof value === "string") return value;
  const {
    Ref,
    "Fn::Join": join,
    "Fn::GetAtt": attribute,
  } = value as { Ref?: string; "Fn::Join"?: [string, unknown[]]; "Fn::GetAtt"?: [string, "Arn"] };
  if (join) return join[1].map(withIds).join(join[0]);
  if (attribute) return attribute[0];
  if (Ref === "AWS::Partition") return "aws";
  throw new Error(`the definition has a ${JSON.stringify(value)}`);
}

/** As a stage that keeps its data deploys it. */
export const releaseNow = (): Release => {
  const { onboarding } = templates("prod");
  if (!onboarding) throw new Error("there is no stack onboarding");
  return releaseIn(onboarding);
};

/** Every release that was kept, by its version. */
export const releases = (): [string, Release][] =>
  readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".json"))
    .map((file) => [
      file.replace(/\.json$/, ""),
      JSON.parse(readFileSync(join(import.meta.dirname, file), "utf8")) as Release,
    ]);

/** `npm run keep-release`: keeps what is deployed now under the version of package.json, before that is tagged. */
if (import.meta.main) {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
    version: string;
  };
  writeFileSync(join(import.meta.dirname, `${version}.json`), `${JSON.stringify(releaseNow(), null, 2)}\n`);
}
