import { join } from "node:path";
import { build } from "esbuild";
import { leanerLibraries } from "./leaner-libraries.ts";

// node infra/run-esbuild.ts FOLDER ENTRY...: the bundle of each entry as FOLDER/ENTRY.js, its source map beside it. In a
// process of its own, since whoever asks for bundles cannot wait for a promise, and only a build that is waited for
// takes plugins.
const root = join(import.meta.dirname, "..");
const [outdir = "", ...entries] = process.argv.slice(2);

await build({
  absWorkingDir: root,
  // All at once, as that parses what they share only once.
  entryPoints: Object.fromEntries(entries.map((entry) => [entry, entry])),
  outdir,
  bundle: true,
  platform: "node",
  target: "node24",
  // An ES module, or an `import()`, of `node:http` makes Node 24 load its whole fetch at start-up.
  format: "cjs",
  supported: { "dynamic-import": false },
  // The SDK's ES modules, because only those shed what is not used.
  mainFields: ["module", "main"],
  minify: true,
  legalComments: "none",
  // Files of their own that no bundle names, and without the sources, which are in the repository.
  sourcemap: "external",
  sourcesContent: false,
  alias: {
    "@aws-sdk/credential-provider-node": join(root, "infra/lambda-credentials.ts"),
    "@aws-sdk/middleware-endpoint-discovery": join(root, "infra/no-endpoint-discovery.ts"),
    "@smithy/core/event-streams": join(root, "infra/no-event-streams.ts"),
  },
  plugins: [leanerLibraries],
  logLevel: "error",
});
