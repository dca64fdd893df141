import { join, resolve } from "node:path";

/** The repository's root: commands run from any folder below it. */
export const repository = resolve(import.meta.dirname, "../..");

/** What one local cloud leaves on disk. A second one beside it has a folder of its own (`LOCAL_CLOUD_FOLDER`). */
const folder = resolve(repository, process.env["LOCAL_CLOUD_FOLDER"] || ".local");

/** What local clouds leave on disk, all of it git-ignored and disposable. */
export const localPaths = {
  folder,
  running: join(folder, "emulator-running.json"),
  log: join(folder, "emulator.log"),
  assembly: join(folder, "cdk.out"),
  outputs: join(folder, "outputs.json"),
  endpoints: join(folder, "endpoints.json"),
  /** The emulator itself is installed once. */
  emulator: join(repository, ".local/emulator"),
  installed: join(repository, ".local/emulator-installed.json"),
} as const;
