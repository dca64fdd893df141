import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { settingsFile } from "../../functions/grants.ts";
import { readStage } from "../../infra/local/stage-config.ts";
import { orchestratorSettings } from "../../infra/orchestrator-function.ts";
import { sandboxSettings } from "../../infra/stacks/sandbox.ts";

/** Folders as Lambda unpacks them: the bundle and the files beside it, and the event that it is started with. */
export function functionFolders() {
  const root = mkdtempSync(join(tmpdir(), "onboarding-bench-"));
  const stage = readStage("local");
  return {
    place(name: string, text: string, event: unknown): string {
      const folder = join(root, name.replaceAll("/", "-"));
      mkdirSync(folder);
      const put = (file: string, content: string | Buffer) => writeFileSync(join(folder, file), content);
      put("index.js", text);
      put(
        settingsFile,
        name.includes("/sandbox/") ? JSON.stringify(sandboxSettings(stage)) : orchestratorSettings(stage),
      );
      put("event.json", JSON.stringify(event));
      for (const file of ["docs.html", "openapi.json"]) put(`${file}.gz`, gzipSync("x".repeat(20_000)));
      return folder;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
