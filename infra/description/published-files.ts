import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import type { Stage } from "../config.ts";
import { describeApi } from "./describe-api.ts";

/** The page at `/docs`. Its URLs are relative: an API may have a prefix before its paths. */
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Onboarding API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/viewer.css">
<script src="docs/viewer.js" defer></script>
</head>
<body>
<main id="description"><p>The description itself is <a href="openapi.json">openapi.json</a>.</p></main>
</body>
</html>
`;

/** The viewer reads: it sends no requests to the API, asks no validator and takes no settings from its URL. */
const startViewer = `
window.addEventListener("DOMContentLoaded", () => {
  SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#description",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    supportedSubmitMethods: [],
    validatorUrl: null,
    queryConfigEnabled: false,
  });
});
`;

/** Servers and "authorize" are for the requests that the viewer does not send. */
const readingStyle = "\n.swagger-ui .scheme-container, .swagger-ui .authorization__btn { display: none }\n";

/** A file of the viewer's package, without the source maps that it names and we do not ship. */
const viewerFile = (name: string): string =>
  readFileSync(createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`), "utf8").replace(
    /\/[/*][#@] sourceMappingURL=.*$/m,
    "",
  );

type Described = Pick<Stage, "jwt">;

const files: Record<string, (stage: Described) => string> = {
  "openapi.json": ({ jwt }) => JSON.stringify(describeApi(jwt)),
  "docs.html": () => page,
  "viewer.js": () => viewerFile("swagger-ui-bundle.js") + startViewer,
  "viewer.css": () => viewerFile("swagger-ui.css") + readingStyle,
};

const made = new Map<string, Buffer>();

/** A file that a public action names, gzipped, as a stage publishes it. Throws for a name that is none. */
export function publishedFile(name: string, { jwt }: Described): Buffer {
  const write = files[name];
  if (!write) throw new Error(`no published file ${name}`);
  const key = JSON.stringify([name, jwt]);
  const zipped = made.get(key) ?? gzipSync(write({ jwt }), { level: 9 });
  made.set(key, zipped);
  return zipped;
}
