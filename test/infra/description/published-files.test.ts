import { readdirSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { actions } from "../../../functions/actions/index.ts";
import { describeApi } from "../../../infra/description/describe-api.ts";
import { publishedFile } from "../../../infra/description/published-files.ts";
import { stageApp } from "../stage-app.ts";

const jwt = { issuer: "https://login.example.com/", audience: ["onboarding"], accountClaim: "account" };
const textOf = (name: string, stage = {}) => gunzipSync(publishedFile(name, stage)).toString();
const names = Object.values(actions).flatMap(
  ({ publishes }) => publishes?.files.map(({ name }) => name) ?? [],
);

test.each(names)("%s is there, and leaves room in an answer of 6 MB", (name) => {
  expect(publishedFile(name, {}).byteLength).toBeGreaterThan(100);
  expect(textOf(name).length).toBeLessThan(4 * 1024 * 1024);
});

test("openapi.json is the description of its stage", () => {
  expect(JSON.parse(textOf("openapi.json"))).toEqual(JSON.parse(JSON.stringify(describeApi())));
  expect(JSON.parse(textOf("openapi.json", { jwt }))).toEqual(JSON.parse(JSON.stringify(describeApi(jwt))));
  expect(textOf("openapi.json", { jwt })).not.toBe(textOf("openapi.json"));
  expect(textOf("docs.html", { jwt })).toBe(textOf("docs.html"));
});

test("the page refers to nothing but our own paths, whatever the prefix before them", () => {
  const references = [...textOf("docs.html").matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url);
  expect(references).toEqual(["data:,", "docs/viewer.css", "docs/viewer.js", "openapi.json"]);
  const paths = Object.values(actions).flatMap(({ routes }) => routes.map(({ path }) => path));
  expect(paths).toEqual(expect.arrayContaining(references.slice(1).map((url) => `/${url}`)));
});

test("the page has no script or style of its own, which its policy would not run", () => {
  expect(textOf("docs.html")).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]* src=)/);
});

test("the viewer is told to read only, and which description", () => {
  const start = textOf("viewer.js").slice(-600);
  expect(start).toContain('url: "openapi.json"');
  expect(start).toContain("supportedSubmitMethods: []");
  expect(start).toContain("validatorUrl: null");
});

test("files name no source map that is not there", () => {
  for (const name of ["viewer.js", "viewer.css"]) expect(textOf(name)).not.toMatch(/[#@] sourceMappingURL=/);
});

test("another name is refused", () => {
  expect(() => publishedFile("package.json", {})).toThrow("no published file package.json");
});

test("files lie beside the function that answers with them, and beside no other", () => {
  const { directory } = stageApp("local").app.synth();
  const folders = readdirSync(directory).filter((name) => name.startsWith("asset."));
  const beside = folders.map((folder) =>
    readdirSync(join(directory, folder))
      .filter((name) => !["index.js", "settings.json"].includes(name))
      .sort(),
  );
  expect(beside.filter((files) => files.length > 0).sort()).toEqual([
    ["docs.html.gz", "viewer.css.gz", "viewer.js.gz"],
    ["openapi.json.gz"],
  ]);
});
