import { templates } from "../infra/stage-app.ts";

let known: ReadonlyMap<string, number> | undefined;

/** Megabytes that the stacks give to a function; `by` is the simulation's name of whoever runs. */
export function memoryMbOf(by: string): number {
  known ??= configuredMemory();
  const [kind = "", name = ""] = by.split(":");
  const id = kind === "webhook" ? "ingest" : kind === "step" ? `${name}function` : name || `${kind}function`;
  const memoryMb = known.get(id.toLowerCase());
  if (memoryMb === undefined) throw new Error(`no stack has a function for ${by}`);
  return memoryMb;
}

/** By the construct's id in lower case. */
function configuredMemory(): Map<string, number> {
  const { sandbox: _, ...orchestrator } = templates("local");
  return new Map(
    Object.values(orchestrator).flatMap((template) =>
      Object.entries(template.findResources("AWS::Lambda::Function")).map(([id, made]): [string, number] => [
        id.replace(/[0-9A-F]{8}$/, "").toLowerCase(),
        Number(made["Properties"].MemorySize),
      ]),
    ),
  );
}
