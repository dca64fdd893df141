import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { actions } from "../../functions/actions/index.ts";
import { type Endpoint, endpoints } from "../../shared/gateway/endpoints.ts";
import { contractCases } from "../local-cloud/contract-cases.ts";

const folder = new URL("../../functions/actions/", import.meta.url);
const files = readdirSync(folder)
  .filter((file) => readFileSync(new URL(file, folder), "utf8").includes("toHandler("))
  .map((file) => file.replace(/\.ts$/, ""));
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

test("no two actions share a route", () => {
  const routes = Object.values(actions).flatMap((action) =>
    action.routes.map(({ method, path }) => `${method} ${path}`),
  );
  expect(new Set(routes).size).toBe(routes.length);
});

describe.each(Object.entries(endpoints as Record<string, Endpoint>))("%s", (name, endpoint) => {
  test("has the action of its name, with its methods and path", () => {
    const methods = [endpoint.method, ...(endpoint.alsoMethod ? [endpoint.alsoMethod] : [])];
    expect(actions[name]?.routes).toEqual(methods.map((method) => ({ method, path: endpoint.path })));
  });

  test("is held to the contract against the sandbox and our API", () => {
    const statuses = contractCases.filter((one) => one.endpoint === name).map(({ status }) => status);
    expect(statuses).toContain(401);
    expect(statuses.length).toBeGreaterThan(5);
  });
});
