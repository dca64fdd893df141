import { createServer } from "node:net";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { execaNode } from "execa";
import { installEmulator } from "../infra/local/emulator-install.ts";
import { type Count, closingLine, type Outcome } from "./closing-line.ts";

// All parts at once: those on a local cloud mostly wait, and each has one of its own. What they print comes one part after
// the other.
const vitest = join(import.meta.dirname, "../node_modules/vitest/vitest.mjs");
const typed = process.argv.slice(2);

function start([projects, env]: readonly [projects: readonly string[], env: Record<string, string>]) {
  const named = projects.flatMap((project) => ["--project", project]);
  const part = execaNode(vitest, ["run", ...named, "--passWithNoTests", ...typed], {
    all: true,
    buffer: false,
    ipc: true,
    reject: false,
    stdin: "ignore",
    env: { ...env, ...(process.stdout.isTTY && { FORCE_COLOR: "1" }) },
  });
  // Those in process fill in while the local clouds wait; a cloud that had to wait for them would be late.
  if (part.pid !== undefined && projects.includes("unit"))
    setPriority(part.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const printed = new PassThrough({ highWaterMark: 2 ** 30 });
  part.all.pipe(printed);
  const outcome = part.getOneMessage().catch(() => null) as Promise<Outcome | null>;
  return { name: projects.join(" and "), part, printed, outcome };
}

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  const address = await new Promise<ReturnType<typeof server.address>>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", () => resolve(server.address()));
  });
  await new Promise((closed) => server.close(closed));
  if (typeof address !== "object" || !address) throw new Error("no port is free");
  return address.port;
}

/** The parts of the tests on a local cloud. An emulator that is given (`AWS_ENDPOINT_URL`) is the only one. */
async function onLocalClouds(): Promise<[string[], Record<string, string>][]> {
  if (process.env["AWS_ENDPOINT_URL"]) return [[["local-cloud", "disturbed-cloud"], {}]];
  // Two that are raised at once would both install it.
  await installEmulator(process.env).catch(() => undefined);
  const second = { LOCAL_CLOUD_FOLDER: ".local/second", LOCAL_CLOUD_PORT: `${await freePort()}` };
  // What a run that was killed has left.
  await execaNode(join(import.meta.dirname, "../infra/local/commands.ts"), ["down"], {
    env: second,
    reject: false,
  });
  return [
    [["local-cloud"], {}],
    [["disturbed-cloud"], second],
  ];
}

const parts = [[["unit"], {}] as const, ...(await onLocalClouds())].map(start);
// At a terminal's Ctrl-C the parts end by themselves, and the local clouds with them.
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    process.exitCode = 1;
    if (signal === "SIGTERM") for (const { part } of parts) part.kill(signal);
  });

const sum: Count = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
for (const { name, part, printed, outcome } of parts) {
  for await (const chunk of printed) process.stdout.write(chunk);
  const { exitCode } = await part;
  const came = await outcome;
  for (const kind of ["passed", "failed", "skipped"] as const) sum[kind] += came?.count[kind] ?? 0;
  failures.push(...(came?.failures ?? []));
  // A part that ended without having counted, or otherwise than it counted.
  if (!came || (exitCode !== 0 && came.count.failed === 0)) {
    sum.failed++;
    failures.push(
      `${name}: ended with exit code ${exitCode}, ${came ? "though no test failed" : "without a count of its tests"}`,
    );
  }
}
if (sum.failed > 0 || sum.passed === 0) process.exitCode = 1;
// Once more, as whoever reads only the end would have to look for them in what three parts printed.
for (const failed of failures) process.stdout.write(`✗ ${failed}\n`);
process.stdout.write(closingLine(sum));
