import { readFileSync } from "node:fs";
import { join } from "node:path";

/** An entry of docs/runbook.md. */
export interface RunbookEntry {
  /** What alarms link to: GitHub's anchor of the heading. */
  anchor: string;
  name: string;
  /** The text of each part, by its word: Means, See, Type, Mended. */
  parts: Readonly<Record<string, string>>;
  /** What it says to type, line by line. */
  commands: string[];
}

const path = join(import.meta.dirname, "../../docs/runbook.md");

/** The runbook, entry by entry. */
export function readRunbook(): RunbookEntry[] {
  const [, ...sections] = readFileSync(path, "utf8").split(/^## /m);
  return sections.map((section) => {
    const [name = "", ...lines] = section.split("\n");
    const parts = lines.join("\n").split(/^\*\*(Means|See|Type|Mended)(?: when)?\.?\*\*/m);
    const byWord: Record<string, string> = {};
    for (let index = 1; index < parts.length; index += 2) byWord[parts[index] ?? ""] = parts[index + 1] ?? "";
    const blocks = (byWord["Type"] ?? "").matchAll(/^```sh\n(.*?)^```/gms);
    return {
      anchor: name.toLowerCase(),
      name,
      parts: byWord,
      commands: [...blocks].flatMap(([, block = ""]) => block.split("\n").filter(Boolean)),
    };
  });
}

/** What an entry says to type, with the stage, the reference and the account that it leaves open. */
export function commandsOf(
  name: string,
  { stage, reference = "REF", account = "ID" }: { stage: string; reference?: string; account?: string },
): string[] {
  const entry = readRunbook().find((each) => each.name === name);
  if (!entry) throw new Error(`the runbook has no entry ${name}`);
  return entry.commands.map((command) =>
    command
      .replace(/\s+#.*$/, "")
      .replace(/--stage S\b/, `--stage ${stage}`)
      .replace(/\bonboarding-S-/, `onboarding-${stage}-`)
      .replace(/\bREF\b/, reference)
      .replace(/--account ID\b/, `--account ${account}`),
  );
}
