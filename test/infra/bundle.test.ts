import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { actions } from "../../functions/actions/index.ts";
import type { Grant } from "../../functions/grants.ts";
import { grants as intakeGrants } from "../../functions/intake/intake.ts";
import { grants as resumeGrants } from "../../functions/resume/resume.ts";
import { steps } from "../../functions/steps/index.ts";
import { grants as sweepGrants } from "../../functions/sweep/sweep.ts";
import { grants as watchGrants } from "../../functions/watch/watch.ts";
import { grants as webhookGrants } from "../../functions/webhooks/ingest.ts";
import { bundle, findEntries, sourceMapOf, writeSourceMaps } from "../../infra/bundle.ts";
import { budgets } from "../bench/budgets.ts";
import { firstEvent } from "../bench/first-events.ts";
import { functionFolders } from "../bench/function-folders.ts";
import { problemOf, startOnce } from "../bench/start-up.ts";
import { openStubCloud, stubObject } from "../bench/stub-cloud.ts";
import { stageApp } from "./stage-app.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "bundle-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const load = createRequire(import.meta.url);

describe.each(findEntries())("%s", (entry) => {
  const text = bundle(entry);

  test("loads without credentials, environment and network, and exports its handler", () => {
    const file = join(folder, `${entry.replaceAll("/", "-")}.cjs`);
    writeFileSync(file, text);
    expect(load(file).handler).toBeTypeOf("function");
  });

  test("names no folder of this machine", () => {
    for (const written of [text, sourceMapOf(entry)]) {
      expect(written).not.toContain(root);
      expect(written).not.toContain(`${tmpdir()}/onboarding`);
    }
  });

  test("has a source map apart, by which a position in it is one in our source", () => {
    expect(text).not.toContain("sourceMappingURL");
    const [, handler = ""] = /handler:\(\)=>([\w$]+)/.exec(text) ?? [];
    const name = handler.replaceAll("$", "\\$");
    const at = text.search(new RegExp(`(?<![\\w$.])${name}=|(?<=function )${name}\\(`));
    const before = text.slice(0, at).split("\n");
    const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
    const origin = new SourceMap(JSON.parse(sourceMapOf(entry))).findOrigin(line, column);
    expect(origin).toMatchObject({ fileName: entry });
    const source = readFileSync(join(root, entry), "utf8").split("\n");
    expect(source["lineNumber" in origin ? origin.lineNumber - 1 : -1]).toMatch(/^export .*\bhandler\b/);
  });

  test("is no larger than it may be", () => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(budgets.largestBundleBytes);
  });
});

test("the source maps of all bundles are written into a folder, and into no function's", () => {
  const maps = join(folder, "source-maps");
  writeSourceMaps(maps);
  expect(globSync("**/*.map", { cwd: maps }).sort()).toEqual(
    findEntries().map((entry) => entry.replace(".ts", ".js.map")),
  );
  const { app } = stageApp("local");
  app.synth();
  const deployed = globSync("asset.*/**", { cwd: app.outdir });
  expect(deployed.filter((file) => file.endsWith("/index.js"))).toHaveLength(findEntries().length);
  expect(deployed.filter((file) => file.includes(".map"))).toEqual([]);
});

test("a file without a handler is refused", () => {
  expect(() => bundle("functions/grants.ts")).toThrow("functions/grants.ts exports no handler");
});

test("what the SDK takes in place of its chain is what bundles hold", () => {
  const text = bundle("functions/steps/review.ts");
  expect(text).toContain("no credentials in the environment of this function");
  expect(text).not.toContain("fromSSO");
});

test("what no function uses of its libraries is not in the bundle of the one that uses most of them", () => {
  const text = bundle("functions/steps/retain.ts");
  expect(text).toContain("PutObject");
  expect(text).toContain(".jitless=!0");
  for (const unused of [
    "AbortMultipartUpload",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ENABLE_ENDPOINT_DISCOVERY",
    "http://json-schema.org",
  ])
    expect(text).not.toContain(unused);
});

/** What the bundle of each client of the SDK names, and the grants that need the client. */
const clients: Record<string, RegExp> = {
  DynamoDB_20120810: /^records:/,
  "com.amazonaws.s3": /^vault:/,
  AWSEvents: /^events:/,
  AWSStepFunctions: /^executions:/,
  '"secretsmanager"': /^(callers:read|gateway:call|webhooks:read)$/,
  AmazonSQS: /^looks:/,
};
const granted = new Map<string, readonly Grant[]>([
  ...Object.values(steps).map(({ file, grants }): Granted => [`functions/steps/${file}.ts`, grants]),
  ...Object.values(actions).map(({ file, grants }): Granted => [`functions/actions/${file}.ts`, grants]),
  ["functions/intake/intake.ts", intakeGrants],
  ["functions/resume/resume.ts", resumeGrants],
  ["functions/sweep/sweep.ts", sweepGrants],
  ["functions/watch/watch.ts", watchGrants],
  ["functions/webhooks/ingest.ts", webhookGrants],
]);
type Granted = [entry: string, grants: readonly Grant[]];

test.each([...granted])("%s has the clients that its grants need, and no others", (entry, grants) => {
  const text = bundle(entry);
  const present = Object.keys(clients).filter((client) => text.includes(client));
  const needed = Object.keys(clients).filter((client) =>
    grants.some((grant) => clients[client]?.test(grant)),
  );
  expect(present).toEqual(needed);
});

describe("started as Lambda does it", () => {
  const folders = functionFolders();
  afterAll(() => folders.remove());

  /** Starts a bundle in a cloud of its own, so that several can be under way: what it answered, and asked for. */
  const startedOf = async (entry: string) => {
    const cloud = await openStubCloud();
    try {
      const placed = folders.place(entry, bundle(entry), await firstEvent(entry));
      return { ...(await startOnce(placed, cloud)), asked: cloud.takeAsked() };
    } finally {
      await cloud.close();
    }
  };
  const starts = new Map<string, ReturnType<typeof startedOf>>();
  const started = (entry: string) => {
    const start = starts.get(entry) ?? startedOf(entry);
    starts.set(entry, start);
    return start;
  };

  test.concurrent.each(findEntries())("%s does its work without Node's fetch", async (entry) => {
    const { answer, asked, undici } = await started(entry);
    expect(problemOf(entry, answer, asked)).toBeNull();
    expect(undici).toBe(false);
  });

  const start = async (entry: string) => {
    const { asked } = await started(entry);
    return asked.map(({ method, path, headers, body }) => ({
      what: headers["x-amz-target"]?.split(".").at(-1) ?? `${method} ${path.split("?")[0]}`,
      body,
    }));
  };

  test("ingestion writes a webhook down", async () => {
    const asked = await start("functions/webhooks/ingest.ts");
    expect(asked.map(({ what }) => what)).toEqual([
      "GetSecretValue",
      "GetItem",
      "GetItem",
      "PutItem",
      "UpdateItem",
    ]);
  });

  test("a step reads from the vault, creates, publishes and parks", async () => {
    const asked = await start("functions/steps/open-capture.ts");
    expect(asked.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^GET \/vault\/.*\/request-\w+\.json$/),
        "POST /gateway/sync/profiles",
        "PutEvents",
        "UpdateItem",
      ]),
    );
  });

  test("a step puts into the vault", async () => {
    const asked = await start("functions/steps/retain.ts");
    const put = asked.find(({ what }) => /^PUT \/vault\/.*\/result\.json$/.test(what));
    expect(JSON.parse(put?.body ?? "")).toMatchObject({ status: "completed" });
  });

  test("a step lists what the vault has and deletes it", async () => {
    const asked = await start("functions/steps/purge.ts");
    expect(asked.find(({ what }) => what === "POST /vault/")?.body).toContain(`<Key>${stubObject}</Key>`);
  });
});
