import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { OnLoadResult, Plugin } from "esbuild";

/** Files of libraries, and what bundles have in their place. Throws when a file is not of the shape that it had. */
const changes: { file: RegExp; change: (text: string, path: string) => OnLoadResult }[] = [
  {
    // Objects of all operations, whose keys are names of constants: that keeps a bundler from leaving any out.
    file: /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/,
    change: (text, path) => ({ contents: withLiteralKeys(text, path) }),
  },
  {
    // Asked for its version only, and the rest cannot be told from it.
    file: /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]package\.json$/,
    change: (text) => {
      const { version } = JSON.parse(text) as { version: string };
      return { contents: JSON.stringify({ version }), loader: "json" };
    },
  },
  {
    file: /[\\/]node-config-provider[\\/]configLoader\.js$/,
    change: () => ({
      contents: readFileSync(join(import.meta.dirname, "settings-from-environment.ts"), "utf8"),
      loader: "ts",
    }),
  },
  {
    // What the SDK falls back to where Node was built without OpenSSL.
    file: /[\\/](Sha256Js|Sha1Js|Md5Js)\.js$/,
    change: (text, path) => ({ contents: withoutContents(text, path) }),
  },
  {
    // Retries that slow down by themselves, which nobody asks the SDK for.
    file: /[\\/]util-retry[\\/](AdaptiveRetryStrategy|DefaultRateLimiter)\.js$/,
    change: (text, path) => ({ contents: withoutContents(text, path) }),
  },
  {
    file: /[\\/]zod[\\/]v4[\\/]core[\\/]core\.js$/,
    change: (text, path) => ({ contents: withoutGeneratedCode(text, path) }),
  },
  {
    // Methods of every schema; who describes schemas is `infra/description`, at synth.
    file: /[\\/]zod[\\/]v4[\\/]core[\\/](to-json-schema|json-schema-processors)\.js$/,
    change: (text, path) => ({ contents: withoutContents(text, path) }),
  },
];

/** What libraries bring that no function of ours uses, and that a bundler cannot tell to be unused. */
export const leanerLibraries: Plugin = {
  name: "leaner-libraries",
  setup(build) {
    for (const { file, change } of changes)
      build.onLoad({ filter: file }, ({ path }) => change(readFileSync(path, "utf8"), path));
  },
};

/** `[_K]:` as `"Key":`, by the constants at the top of the file. */
export function withLiteralKeys(text: string, path: string): string {
  const constants = new Map(
    [...text.matchAll(/^const (\w+) = ("[^"\\\n]*");$/gm)].map(([, name = "", literal = ""]) => [
      name,
      literal,
    ]),
  );
  return text.replace(/\[(\w+)\]:/g, (_, name: string) => {
    const literal = constants.get(name);
    if (literal === undefined)
      throw new Error(`${path}: the key ${name} is no constant of the file any more`);
    return `${literal}:`;
  });
}

/**
 * Zod's setting `jitless`, made before any schema is: code that a schema writes for itself pays off after thousands of
 * requests to one function instance, and until then it costs, the first one most of all.
 */
export function withoutGeneratedCode(text: string, path: string): string {
  if (!/^export const globalConfig = /m.test(text)) throw new Error(`${path}: it has no settings any more`);
  return `${text}\nglobalConfig.jitless = true;\n`;
}

/** The same exports, each a function that throws. One that is missed here fails the build where it is imported. */
export function withoutContents(text: string, path: string): string {
  const declared = [...text.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(
    ([, name = ""]) => name,
  );
  const renamed = [...text.matchAll(/^export \{ \w+ as (\w+) \};$/gm)].map(([, name = ""]) => name);
  if (declared.length === 0) throw new Error(`${path}: it has no exports that are known any more`);
  const exported = [...declared, ...renamed].map((name) => `leftOut as ${name}`);
  return `function leftOut() { throw new Error("left out of the bundles: see infra/leaner-libraries.ts"); }
export { ${exported.join(", ")} };`;
}
