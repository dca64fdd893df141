import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { actions } from "../../functions/actions/index.ts";
import { settingsFile } from "../../functions/grants.ts";
import { type Endpoint, endpoints } from "../../shared/gateway/endpoints.ts";

const folder = new URL("../../functions/actions/", import.meta.url);
const files = readdirSync(folder)
  .filter((file) => /to(Public)?Handler\(/.test(readFileSync(new URL(file, folder), "utf8")))
  .map((file) => file.replace(/\.ts$/, ""));
const settings = mkdtempSync(join(tmpdir(), "settings-"));
writeFileSync(join(settings, settingsFile), JSON.stringify({ callers: { by: "keys" } }));
afterAll(() => rmSync(settings, { recursive: true }));
const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

test("every action is listed, and has a file of its own", () => {
  expect(
    Object.values(actions)
      .map(({ file }) => file)
      .sort(),
  ).toEqual(files.sort());
});

test.each(Object.entries(actions))(
  "%s is named like its file, its export and its line",
  async (name, { file }) => {
    expect(file).toBe(kebab(name));
    const module = await import(new URL(`${file}.ts`, folder).href);
    expect(module).toMatchObject({ [name]: { file }, handler: expect.any(Function) });
  },
);

test("nothing but the description of the API is answered without credentials", () => {
  const open = Object.entries(actions).filter(([, { serves, publishes }]) => publishes || !serves);
  expect(open.map(([name]) => name)).toEqual(["fetchApiDescription", "fetchDocs"]);
  const written = files.filter((file) =>
    /toPublicHandler|definePublicAction/.test(readFileSync(new URL(`${file}.ts`, folder), "utf8")),
  );
  expect(written.sort()).toEqual(["fetch-api-description", "fetch-docs"]);
});

test.each(Object.entries(actions).filter(([, { serves }]) => serves))(
  "%s answers 401 to a request without credentials",
  async (_name, { file }) => {
    const { handler } = await import(new URL(`${file}.ts`, folder).href);
    // No secret can be read here: whatever came before the check of the header would be a 500.
    vi.stubEnv("CALLERS_SECRET", "arn:aws:secretsmanager:eu-west-1:000000000000:secret:callers");
    vi.stubEnv("LAMBDA_TASK_ROOT", settings);
    expect(await handler({ headers: {} }, {})).toMatchObject({ statusCode: 401 });
  },
);

test("no two actions share a route", () => {
  const routes = Object.values(actions).flatMap((action) =>
    action.routes.map(({ method, path }) => `${method} ${path}`),
  );
  expect(new Set(routes).size).toBe(routes.length);
});

test.each(Object.entries(endpoints as Record<string, Endpoint>))(
  "%s has the action of its name, with its methods and path",
  (name, { method, alsoMethod, path }) => {
    const methods = [method, ...(alsoMethod ? [alsoMethod] : [])];
    expect(actions[name]?.routes).toEqual(methods.map((method) => ({ method, path })));
  },
);
