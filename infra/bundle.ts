import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

const root = join(import.meta.dirname, "..");

export type BundleFiles = Readonly<Record<string, string | Uint8Array>>;

export interface BundledFunctionProps {
  /** Source file that exports `handler`, from the root of the repository. */
  entry: string;
  /** Files to put beside the bundle, by name. */
  files?: BundleFiles;
  environment?: Record<string, string>;
  timeoutSeconds: number;
  memoryMb: number;
  logRetentionDays: number;
  description?: string;
}

/**
 * A function of one source file and what it imports, with a log group and a role of its own. The role may
 * write to that log group and nothing else: the caller adds what the function needs.
 */
export function bundledFunction(scope: Construct, id: string, props: BundledFunctionProps): LambdaFunction {
  const logGroup = new LogGroup(scope, `${id}Log`, {
    retention: props.logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  role.addToPolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [logGroup.logGroupArn],
    }),
  );
  return new LambdaFunction(scope, id, {
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    code: Code.fromAsset(bundleFolder(props.entry, props.files)),
    handler: "index.handler",
    role,
    logGroup,
    timeout: Duration.seconds(props.timeoutSeconds),
    memorySize: props.memoryMb,
    ...(props.environment && { environment: props.environment }),
    ...(props.description && { description: props.description }),
  });
}

const folders = new Map<string, string>();

/** The folder that becomes the zip. The same entry and files give the same folder, however often asked. */
function bundleFolder(entry: string, files: BundleFiles = {}): string {
  const hashes = Object.entries(files).map(([name, content]) => [
    name,
    createHash("sha256").update(content).digest("hex"),
  ]);
  const key = JSON.stringify([entry, hashes.sort()]);
  const known = folders.get(key);
  if (known) return known;
  const folder = temporaryFolder();
  writeFileSync(join(folder, "index.js"), bundle(entry));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  folders.set(key, folder);
  return folder;
}

let parent: string | undefined;

/** A folder that is gone when this process is: by then the CDK has copied it to the cloud assembly. */
function temporaryFolder(): string {
  if (!parent) {
    const made = mkdtempSync(join(tmpdir(), "onboarding-bundles-"));
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    parent = made;
  }
  return mkdtempSync(join(parent, "bundle-"));
}

/** What esbuild made of an entry. */
interface Bundled {
  text: string;
  mapFile: string;
}

let bundles: ReadonlyMap<string, Bundled> | undefined;

function bundled(entry: string): Bundled {
  bundles ??= bundleAll(findEntries());
  const found = bundles.get(entry);
  if (!found) throw new Error(`${entry} exports no handler`);
  return found;
}

/** The JavaScript of one entry. Throws for a file that is no entry, or that does not compile. */
export const bundle = (entry: string): string => bundled(entry).text;

/** The JavaScript of any other file, from the root of the repository, made in the same way. */
export const bundleOf = (file: string): string => bundleAll([file]).get(file)?.text ?? "";

/**
 * The source map of an entry's bundle, which names sources from the root of the repository. Of a library's file that is
 * changed on the way (`leaner-libraries.ts`) the lines are those of the changed one.
 */
export function sourceMapOf(entry: string): string {
  const { mapFile } = bundled(entry);
  const map = JSON.parse(readFileSync(mapFile, "utf8")) as { sources: string[] };
  const fromRoot = (source: string) =>
    relative(root, resolve(dirname(mapFile), source)).replaceAll("\\", "/");
  return JSON.stringify({ ...map, sources: map.sources.map(fromRoot) });
}

/** Writes the source map of each bundle below a folder: that of `functions/steps/close.ts` as `functions/steps/close.js.map`. */
export function writeSourceMaps(folder: string): void {
  for (const entry of findEntries()) {
    const file = join(folder, entry.replace(/\.ts$/, ".js.map"));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, sourceMapOf(entry));
  }
}

/** Every file of `functions` that exports a handler, from the root of the repository. */
export function findEntries(): string[] {
  return readdirSync(join(root, "functions"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `functions/${file.replaceAll("\\", "/")}`)
    .filter((file) =>
      /^export (const|(async )?function) handler\b/m.test(readFileSync(join(root, file), "utf8")),
    )
    .sort();
}

/** The bundles of some files by their names; a compile error is printed, and thrown. */
function bundleAll(entries: readonly string[]): Map<string, Bundled> {
  const folder = temporaryFolder();
  execFileSync(process.execPath, [join(import.meta.dirname, "run-esbuild.ts"), folder, ...entries], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return new Map(
    entries.map((entry) => {
      const file = join(folder, `${entry}.js`);
      return [entry, { text: readFileSync(file, "utf8"), mapFile: `${file}.map` }];
    }),
  );
}
