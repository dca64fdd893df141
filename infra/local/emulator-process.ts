import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, open, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { localEnvironment } from "./child-environment.ts";
import { CommandFailed } from "./command-failed.ts";
import { localPaths } from "./local-paths.ts";

/** An emulator that we started. `mark` is a random word on its command line, by which we know it from any other process. */
export interface RunningEmulator {
  pid: number;
  mark: string;
  endpoint: string;
  /** Where its functions are unpacked; removed when it is stopped. */
  scratch: string;
}

/** MiniStack with what it lacks. */
const program = join(import.meta.dirname, "emulator.py");
const startSeconds = 60;
const stopSeconds = 5;

/** The port of `LOCAL_CLOUD_PORT`, 4566 when unset. Throws `CommandFailed` on anything that is no port. */
export function localCloudPort(environment: Record<string, string | undefined>): number {
  const text = environment["LOCAL_CLOUD_PORT"] || "4566";
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1024 || port > 65_535)
    throw new CommandFailed("LOCAL_CLOUD_PORT must be a port number from 1024 to 65535");
  return port;
}

/** The emulator that an earlier command left running, if it still is. */
export async function findRunningEmulator(): Promise<RunningEmulator | undefined> {
  const recorded = await readRecord();
  return recorded && (await commandLine(recorded.pid)).includes(recorded.mark) ? recorded : undefined;
}

/** Clears up after an emulator of ours that ended without us: a crash, a kill, a restart of the machine. */
export async function clearDeadEmulator(): Promise<void> {
  const recorded = await readRecord();
  if (recorded && !(await findRunningEmulator())) await clearUp(recorded);
}

/** Ends an emulator at once, for a process that is ending itself and cannot wait any more. */
export function killEmulator(emulator: RunningEmulator): void {
  signalGroup(emulator.pid, "SIGKILL");
  rmSync(emulator.scratch, { recursive: true, force: true });
}

/**
 * Starts the emulator on 127.0.0.1 and returns once it answers. It leads a process group of its own, so that its
 * functions end with it and a Ctrl-C in our terminal reaches only us. Its output goes to `.local/emulator.log`.
 * Throws `CommandFailed` when the port is taken or it does not come up.
 */
export async function startEmulator(
  python: string,
  port: number,
  region: string,
  signal?: AbortSignal,
): Promise<RunningEmulator> {
  await requireFreePort(port);
  const endpoint = `http://127.0.0.1:${port}`;
  const mark = `onboarding-local-cloud=${randomUUID()}`;
  const scratch = await makeScratch();
  await mkdir(localPaths.folder, { recursive: true });
  const log = await open(localPaths.log, "w");
  let child: ChildProcess;
  try {
    child = spawn(python, ["-X", mark, program], {
      cwd: scratch,
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      env: {
        ...localEnvironment(process.env, endpoint, region),
        PYTHONPATH: localPaths.emulator,
        PYTHONNOUSERSITE: "1",
        TMPDIR: scratch,
        GATEWAY_PORT: String(port),
        BIND_HOST: "127.0.0.1",
        // Queue URLs carry this name: the same as the endpoint, or every SDK client would warn of two.
        MINISTACK_HOST: "127.0.0.1",
        IOT_MTLS_ENABLED: "0",
        MINISTACK_REGION: region,
        // Workers beyond a function's first are kept this long after a burst, about 45 MB each.
        LAMBDA_WARM_TTL_SECONDS: "60",
      },
    });
  } finally {
    await log.close();
  }
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  failed.catch(() => undefined);
  if (child.pid === undefined) return failed;
  const emulator = { pid: child.pid, mark, endpoint, scratch };
  await writeFile(localPaths.running, JSON.stringify(emulator), { mode: 0o600 });
  child.unref();
  try {
    const deadline = Date.now() + startSeconds * 1000;
    while (!(await isHealthy(endpoint))) {
      if (signal?.aborted) throw new CommandFailed("interrupted");
      if (child.exitCode !== null || child.signalCode !== null)
        throw new CommandFailed(`the local cloud ended while starting: see ${shown(localPaths.log)}`);
      if (Date.now() > deadline)
        throw new CommandFailed(
          `the local cloud did not answer within ${startSeconds} s: see ${shown(localPaths.log)}`,
        );
      await sleep(100);
    }
  } catch (error) {
    await stopEmulator(emulator);
    throw error;
  }
  return emulator;
}

/**
 * Ends an emulator that we started, with its functions: politely, then by force, then what is left of its group.
 * Does nothing to a process that does not carry its mark.
 */
export async function stopEmulator(emulator: RunningEmulator): Promise<void> {
  const isOurs = async () => (await commandLine(emulator.pid)).includes(emulator.mark);
  if (await isOurs()) {
    signalGroup(emulator.pid, "SIGTERM");
    const deadline = Date.now() + stopSeconds * 1000;
    while (Date.now() < deadline && (await isOurs())) await sleep(50);
    // A group keeps its number as long as it has members, so this cannot reach anybody else's.
    signalGroup(emulator.pid, "SIGKILL");
  }
  await clearUp(emulator);
}

async function clearUp(emulator: RunningEmulator): Promise<void> {
  await rm(emulator.scratch, { recursive: true, force: true, maxRetries: 5 });
  const recorded = await readRecord();
  if (!recorded || recorded.mark === emulator.mark) await rm(localPaths.running, { force: true });
}

/** Does anything answer HTTP here? Any status will do: other emulators have other paths. */
export async function answers(endpoint: string): Promise<boolean> {
  try {
    const answer = await fetch(endpoint, { signal: AbortSignal.timeout(5000), redirect: "manual" });
    await answer.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

async function isHealthy(endpoint: string): Promise<boolean> {
  try {
    const answer = await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(2000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

async function requireFreePort(port: number): Promise<void> {
  const free = await new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
  if (!free)
    throw new CommandFailed(
      `port ${port} is taken by another program: choose another with LOCAL_CLOUD_PORT, as in \`LOCAL_CLOUD_PORT=${port === 4600 ? 4700 : 4600} npm start\``,
    );
}

/**
 * A folder for unpacked functions. Below a package of type "module" Node would read CommonJS bundles as ES modules, and
 * every function would end without a word; so a folder that has none above it.
 */
async function makeScratch(): Promise<string> {
  for (const parent of [tmpdir(), "/tmp", "/var/tmp"]) {
    try {
      if (!isBelowModule(await realpath(parent)))
        return await mkdtemp(join(await realpath(parent), "onboarding-local-cloud-"));
    } catch {
      // Not there or not writable: the next one.
    }
  }
  throw new CommandFailed('no temporary folder outside of a package of type "module": set TMPDIR to one');
}

function isBelowModule(folder: string): boolean {
  const manifest = join(folder, "package.json");
  if (existsSync(manifest) && /"type"\s*:\s*"module"/.test(readFileSync(manifest, "utf8"))) return true;
  return dirname(folder) !== folder && isBelowModule(dirname(folder));
}

/** The command line of a process, empty when there is none. A zombie has none either, which is what we want. */
async function commandLine(pid: number): Promise<string> {
  try {
    if (existsSync("/proc/self/cmdline")) return await readFile(`/proc/${pid}/cmdline`, "utf8");
    return (await promisify(execFile)("ps", ["-ww", "-o", "command=", "-p", String(pid)])).stdout;
  } catch {
    return "";
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function readRecord(): Promise<RunningEmulator | undefined> {
  try {
    return JSON.parse(await readFile(localPaths.running, "utf8")) as RunningEmulator;
  } catch {
    return undefined;
  }
}

function shown(path: string): string {
  return path.startsWith(process.cwd()) ? path.slice(process.cwd().length + 1) : path;
}
