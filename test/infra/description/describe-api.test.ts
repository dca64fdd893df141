import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect, test } from "vitest";
import type * as z from "zod";
import { actions } from "../../../functions/actions/index.ts";
import { describeApi } from "../../../infra/description/describe-api.ts";
import { type RefusalName, refusals } from "../../../shared/gateway/answers.ts";
import { webhooks } from "../../../shared/gateway/webhooks.ts";

interface Content {
  "application/json"?: { schema: unknown; examples: Record<string, { value: unknown }> };
}
interface Operation {
  operationId: string;
  summary: string;
  security?: unknown[];
  parameters?: { name: string; in: string; description?: string; schema: Record<string, unknown> }[];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, { post: Operation }>;
  security: unknown;
  components: { schemas: Record<string, { properties: Record<string, unknown> }> };
}

const described = describeApi();
const document = described as unknown as Document;
const text = JSON.stringify(described);

const operationAt = (method: string, path: string): Operation => {
  const operation = document.paths[path]?.[method.toLowerCase()];
  if (!operation) throw new Error(`${method} ${path} is not described`);
  return operation;
};
const examplesOf = (content: Content | undefined): [name: string, value: unknown][] =>
  Object.entries(content?.["application/json"]?.examples ?? {}).map(([name, { value }]) => [name, value]);

const problemsOf = async (source: string) => {
  const config = await createConfig({
    extends: ["recommended"],
    // There is no licence to name: package.json says UNLICENSED.
    rules: { "info-license": "off" },
  });
  const problems = await lintFromString({ source, absoluteRef: "openapi.json", config });
  return problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer]);
};

describe("the linter", () => {
  test("finds nothing", async () => {
    expect(await problemsOf(text)).toEqual([]);
  });

  test("would find an example that its schema does not allow", async () => {
    const wrong = text.replaceAll('"message":"No API key found in request"', '"message":7');
    expect((await problemsOf(wrong)).map(([ruleId]) => ruleId)).toContain("no-invalid-media-type-examples");
  });
});

const endpoints = Object.entries(actions).flatMap(([name, { serves, routes }]) =>
  serves && serves.path !== "$default" ? [{ name, serves, routes }] : [],
);
const publications = Object.entries(actions).flatMap(([name, { publishes }]) =>
  publishes ? [{ name, path: publishes.files[0].path }] : [],
);

test("describes the routes of all actions and no other", () => {
  const there = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const wanted = endpoints.flatMap(({ routes }) => routes.map(({ method, path }) => `${method} ${path}`));
  expect(there.sort()).toEqual([...wanted, ...publications.map(({ path }) => `GET ${path}`)].sort());
});

test("a second method is an operation of its own", () => {
  expect(operationAt("PUT", "/profiles/{id}/cancel").operationId).toBe("cancelProfile");
  expect(operationAt("POST", "/profiles/{id}/cancel").operationId).toBe("cancelProfileByPost");
});

test("credentials are asked for everywhere but in what anybody may read", () => {
  expect(document.security).toEqual([{ "api-key": [], "account-id": [] }]);
  const open = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .filter(({ security }) => security)
    .map(({ operationId }) => operationId);
  expect(open).toEqual(["fetchApiDescription", "fetchDocs"]);
});

describe.each(endpoints)("$name", ({ name, serves }) => {
  const operation = operationAt(serves.method, serves.path);
  const success = operation.responses[serves.success.status]?.content;

  test("is named and summed up like its endpoint", () => {
    expect(operation).toMatchObject({ operationId: name, summary: serves.summary });
  });

  test("says what it is asked with", () => {
    const parameters = Object.fromEntries((operation.parameters ?? []).map((one) => [one.name, one]));
    const inPath = [...serves.path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    expect(Object.keys(parameters)).toEqual([
      ...inPath,
      ...(serves.queryTypes.length > 0 ? ["query_type"] : []),
      ...(serves.statusOnly ? ["status_only"] : []),
      ...Object.keys(serves.query?.shape ?? {}),
    ]);
    if (serves.queryTypes.length > 0)
      expect(parameters["query_type"]?.schema["enum"]).toEqual(serves.queryTypes);
    expect(operation.requestBody !== undefined).toBe(serves.body !== null);
  });

  test("says of each parameter of its own what it is and what it may be", () => {
    for (const [name, schema] of Object.entries(serves.query?.shape ?? {})) {
      const { description, schema: shown } =
        (operation.parameters ?? []).find((one) => one.name === name) ?? {};
      expect(description, name).toMatch(/\w/);
      for (const value of (shown?.["enum"] ?? []) as string[])
        expect((schema as z.ZodType).safeParse(value).success).toBe(true);
    }
  });

  test("shows every refusal and fault that its endpoint documents, with its body", () => {
    const size: RefusalName[] = serves.body ? ["tooLarge"] : [];
    for (const refusal of [...serves.refusals, ...size, serves.fault]) {
      const answer = refusals[refusal] as (...args: unknown[]) => { status: number; body: object };
      const { status, body } = answer(...told[refusal]);
      const shown = Object.fromEntries(examplesOf(operation.responses[status]?.content))[refusal];
      expect(shown, refusal).toEqual(
        refusal === "badRequest" ? { ...body, reason: expect.stringMatching(/\w/) } : body,
      );
    }
  });

  test("its examples are what it takes and answers", () => {
    for (const [, value] of examplesOf(operation.requestBody?.content))
      expect(serves.body?.safeParse(value).error).toBeUndefined();
    expect(examplesOf(success).length).toBeGreaterThan(0);
    for (const [, value] of examplesOf(success))
      expect(serves.success.body.safeParse(value).error).toBeUndefined();
  });
});

const ids = { reference_id: "order-1042", profile_id: "00000000-0000-4000-8000-000000001042" };
const told: Record<RefusalName, unknown[]> = {
  ...(Object.fromEntries(Object.keys(refusals).map((name) => [name, []])) as unknown as Record<
    RefusalName,
    unknown[]
  >),
  badRequest: [""],
  wrongState: ["recapture_pending"],
  notNow: ["it is under legal hold: release it first"],
  cancelNotAllowed: [ids, "in_progress"],
  alreadyCancelled: [ids, "cancelled"],
  purgeNotAllowed: [ids, "in_progress", null],
  internalAction: [ids, "completed"],
  internalPurge: [ids, "completed", null],
};

describe("a stage with tokens", () => {
  const withTokens = describeApi({
    issuer: "https://login.example.com/",
    audience: ["onboarding", "onboarding-test"],
    accountClaim: "https://example.com/account",
  });
  const { security, components, paths } = withTokens as unknown as Document & {
    components: { securitySchemes: object; responses: Record<string, unknown> };
  };

  test("has the one scheme of its tokens, and no word of keys but that they are not read", async () => {
    expect(await problemsOf(JSON.stringify(withTokens))).toEqual([]);
    expect(security).toEqual([{ token: [] }]);
    expect(components.securitySchemes).toEqual({
      token: {
        type: "http",
        scheme: "bearer",
        bearerFormat: "JWT",
        description:
          "Issued by https://login.example.com/ for onboarding or onboarding-test; its claim `https://example.com/account` names the account.",
      },
    });
    const { info, ...rest } = withTokens as Record<string, { description: string }>;
    expect(info?.description).toContain("are not read here");
    expect(JSON.stringify(rest)).not.toMatch(/api-key|account-id|No API key/);
  });

  test("is open where a stage with keys is", () => {
    const openIn = (of: Document["paths"]) =>
      Object.entries(of).filter(([, methods]) => Object.values(methods).some(({ security: own }) => own));
    expect(openIn(paths).map(([path]) => path)).toEqual(openIn(document.paths).map(([path]) => path));
  });

  test("is refused without a token in AWS's words, and with an unknown account in the contract's", () => {
    expect(components.responses["unauthorized"]).toMatchObject({
      content: { "application/json": { examples: { unauthorized: { value: { message: "Unauthorized" } } } } },
    });
    for (const { serves } of endpoints) {
      const { responses } = paths[serves.path]?.[serves.method.toLowerCase()] ?? {};
      expect(responses?.["401"]).toEqual({ $ref: "#/components/responses/unauthorized" });
      const refused = Object.fromEntries(examplesOf(responses?.["403"]?.content));
      expect(refused).toEqual({ badCredentials: refusals.badCredentials().body });
    }
  });

  test("is otherwise described like any other", () => {
    const operations = (of: Document["paths"]) =>
      Object.values(of).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    expect(operations(paths)).toEqual(operations(document.paths));
    expect(JSON.stringify(document)).not.toMatch(/bearer|JWT|Unauthorized/);
  });
});

test("a refused query is refused in the words of the endpoint", () => {
  const reasonAt = (method: string, path: string) =>
    examplesOf(operationAt(method, path).responses["400"]?.content).map(
      ([, value]) => (value as { reason?: string }).reason,
    );
  expect(reasonAt("GET", "/profiles/{id}")).toEqual(["query_type must be profile_id or reference_id"]);
  expect(reasonAt("GET", "/v2/call_metrics")).toEqual(["query: no parameters are accepted"]);
  expect(reasonAt("PUT", "/profiles/{id}/config")).toContain("config: is required");
});

test("what varies in a refusal is no constant of its schema", () => {
  const { WrongState, PurgeNotAllowed } = document.components.schemas;
  expect(WrongState?.properties).toEqual({
    error: { const: "unprocessable_entity" },
    reason: { type: "string" },
  });
  expect(PurgeNotAllowed?.properties["purged_at"]).toEqual({ type: ["null", "string"] });
});

test("both forms of a fetched profile have an example", () => {
  const { content } = operationAt("GET", "/profiles/{id}").responses["200"] ?? {};
  expect(examplesOf(content).map(([name]) => name)).toEqual(["FullProfile", "ProfileStatusAnswer"]);
});

test("tasks hold tasks", () => {
  expect(document.components.schemas["Task"]?.properties["tasks"]).toEqual({
    type: "array",
    items: { $ref: "#/components/schemas/Task" },
  });
});

test("a reference is described as the intake takes it", () => {
  expect(document.components.schemas["IntakeRequest"]?.properties["reference_id"]).toMatchObject({
    pattern: "^(?!\\.{1,2}$)[A-Za-z0-9._~@+=-]{1,128}$",
  });
});

test.each(Object.entries(webhooks))("the webhook %s has an example of its body", (kind, { body }) => {
  const { operationId, security, requestBody } = document.webhooks[kind]?.post ?? {};
  expect({ operationId, security }).toEqual({ operationId: kind, security: [] });
  const examples = examplesOf(requestBody?.content);
  expect(examples).toHaveLength(1);
  for (const [, value] of examples) expect(body.safeParse(value).error).toBeUndefined();
});

test("examples are of nobody", () => {
  const hosts = [...text.matchAll(/(?:https?:\/\/|@)([a-z0-9-]+(?:\.[a-z0-9-]+)+)/g)].map(([, host]) => host);
  expect(hosts.length).toBeGreaterThan(2);
  for (const host of hosts) expect(host).toMatch(/(^|\.)(example\.com|console\.aws\.amazon\.com)$/);
});

test("two descriptions are the same", () => {
  expect(JSON.stringify(describeApi())).toBe(text);
});
