import { expect, test } from "vitest";
import { withLiteralKeys, withoutContents, withoutGeneratedCode } from "../../infra/leaner-libraries.ts";

test("keys that are constants of the file become literals", () => {
  const file = 'const _e = "error";\nconst n0 = "s3";\nexport var A = [n0, { [_e]: _e }];';
  expect(withLiteralKeys(file, "schemas.js")).toBe(
    'const _e = "error";\nconst n0 = "s3";\nexport var A = [n0, { "error": _e }];',
  );
});

test("a key that is no constant of the file fails the build", () => {
  expect(() => withLiteralKeys("export var A = [{ [_e]: 1 }];", "schemas.js")).toThrow(
    "schemas.js: the key _e is no constant of the file any more",
  );
});

test("a library of schemas whose settings are elsewhere fails the build", () => {
  expect(withoutGeneratedCode("export const globalConfig = {};", "core.js")).toContain("jitless = true");
  expect(() => withoutGeneratedCode("export const settings = {};", "core.js")).toThrow(
    "core.js: it has no settings any more",
  );
});

test("what is left out keeps its exports, each of which throws", async () => {
  const file =
    "export const a = () => 1;\nexport function b() {}\nexport class C {}\nfunction d() {}\nexport { d as e };";
  const emptied = withoutContents(file, "file.js");
  const left = (await import(`data:text/javascript,${encodeURIComponent(emptied)}`)) as Record<
    string,
    () => void
  >;
  expect(Object.keys(left).sort()).toEqual(["C", "a", "b", "e"]);
  for (const each of Object.values(left)) expect(each).toThrow("left out of the bundles");
});

test("a file whose exports are written otherwise fails the build", () => {
  expect(() => withoutContents("module.exports = {};", "file.js")).toThrow(
    "file.js: it has no exports that are known any more",
  );
});
