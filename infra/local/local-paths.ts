import { join, resolve } from "node:path";

/** The repository's root: commands run from any folder below it. */
export const repository = resolve(import.meta.dirname, "../..");

/** What the local cloud leaves on disk, all of it git-ignored and disposable. */
export const localPaths = {
  folder: join(repository, ".local"),
  emulator: join(repository, ".local/emulator"),
  installed: join(repository, ".local/emulator-installed.json"),
  running: join(repository, ".local/emulator-running.json"),
  log: join(repository, ".local/emulator.log"),
  assembly: join(repository, ".local/cdk.out"),
  outputs: join(repository, ".local/outputs.json"),
  endpoints: join(repository, ".local/endpoints.json"),
} as const;
