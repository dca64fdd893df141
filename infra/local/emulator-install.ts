import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { withoutAws } from "./child-environment.ts";
import { CommandFailed } from "./command-failed.ts";
import { localPaths } from "./local-paths.ts";

const requirementsFile = join(import.meta.dirname, "requirements.txt");

/** Newest last resort first: `python3` may be older than a versioned one beside it. */
const pythonNames = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];

const probe = `
import importlib.util, json, sys
print(json.dumps({"path": sys.executable, "version": list(sys.version_info[:2]), "pip": importlib.util.find_spec("pip") is not None}))
`;

interface Python {
  path: string;
  version: [number, number];
  pip: boolean;
}

/** A Python that can install and run the emulator. Throws `CommandFailed` with the line that says what is missing. */
export async function findPython(environment: Record<string, string | undefined>): Promise<string> {
  const env = withoutAws(environment);
  const found: Python[] = [];
  for (const name of pythonNames) {
    const run = await execa(name, ["-c", probe], { env, extendEnv: false, reject: false, timeout: 20_000 });
    if (run.exitCode !== 0) continue;
    const python = JSON.parse(run.stdout) as Python;
    if (python.version[0] === 3 && python.version[1] >= 10 && python.pip) return python.path;
    found.push(python);
  }
  const recent = found.find(({ version }) => version[0] === 3 && version[1] >= 10);
  if (recent)
    throw new CommandFailed(
      `Python ${recent.version.join(".")} has no pip, which installs the local cloud: run \`python3 -m ensurepip\` or install the package python3-pip`,
    );
  const old = found[0];
  if (old)
    throw new CommandFailed(
      `the local cloud needs Python 3.10 or newer with pip, found ${old.version.join(".")}: install a newer python3`,
    );
  throw new CommandFailed("the local cloud needs Python 3.10 or newer with pip, found none: install python3");
}

/** Where the emulator is, and the Python to run it with. `fresh` is false when it was there already. */
export interface Installation {
  python: string;
  fresh: boolean;
}

/**
 * Installs the emulator into `.local/emulator`, unless the pinned requirements are there already. No virtual
 * environment: `--target` needs none. The list is the complete closure, so `--no-deps` keeps pip from resolving, and
 * from remarks on unrelated packages of this machine.
 */
export async function installEmulator(
  environment: Record<string, string | undefined>,
  signal?: AbortSignal,
): Promise<Installation> {
  const requirements = createHash("sha256")
    .update(await readFile(requirementsFile))
    .digest("hex");
  const before = await readStamp();
  if (before?.requirements === requirements && existsSync(before.python) && existsSync(localPaths.emulator))
    return { python: before.python, fresh: false };

  const python = await findPython(environment);
  await mkdir(dirname(localPaths.emulator), { recursive: true });
  // Installed beside and renamed, so that an interrupted installation is never taken for a complete one.
  const target = `${localPaths.emulator}-${process.pid}`;
  try {
    const options =
      "--no-deps --require-hashes --disable-pip-version-check --no-warn-script-location --quiet".split(" ");
    const run = await execa(
      python,
      ["-m", "pip", "install", "--target", target, ...options, "-r", requirementsFile],
      {
        env: { ...withoutAws(environment), PIP_USER: "0", PIP_ROOT_USER_ACTION: "ignore", PIP_NO_INPUT: "1" },
        extendEnv: false,
        reject: false,
        ...(signal && { cancelSignal: signal }),
      },
    );
    if (run.isCanceled) throw new CommandFailed("interrupted");
    if (run.exitCode !== 0) {
      const reason =
        run.stderr.split("\n").findLast((line) => line.startsWith("ERROR:")) ??
        "see `python3 -m pip --version`";
      throw new CommandFailed(`pip could not install the local cloud: ${reason.replace(/^ERROR:\s*/, "")}`);
    }
    await rm(localPaths.installed, { force: true });
    await rm(localPaths.emulator, { recursive: true, force: true });
    await rename(target, localPaths.emulator);
    await writeFile(localPaths.installed, JSON.stringify({ requirements, python }));
  } finally {
    await rm(target, { recursive: true, force: true });
  }
  return { python, fresh: true };
}

async function readStamp(): Promise<{ requirements: string; python: string } | undefined> {
  try {
    return JSON.parse(await readFile(localPaths.installed, "utf8")) as {
      requirements: string;
      python: string;
    };
  } catch {
    return undefined;
  }
}
