import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { actions } from "../../functions/actions/index.ts";
import type { Settings } from "../../functions/environment.ts";
import type { Stage } from "../../infra/config.ts";
import { orchestratorSettings } from "../../infra/orchestrator-function.ts";
import { stageApp, templates } from "./stage-app.ts";

const jwt = {
  issuer: "https://login.example.com/",
  audience: ["onboarding", "onboarding-test"],
  accountClaim: "account",
};

interface Resource {
  Properties: Record<string, unknown>;
  DependsOn?: string[];
}
const found = (template: Template | undefined, type: string): [id: string, resource: Resource][] =>
  Object.entries((template?.findResources(type) ?? {}) as Record<string, Resource>);
const routesIn = (template: Template | undefined): [id: string, resource: Resource][] =>
  found(template, "AWS::ApiGatewayV2::Route");
const open = Object.values(actions).flatMap(({ publishes, routes }) =>
  publishes ? routes.map(({ path }) => `GET ${path}`) : [],
);

test("what anybody may read is the description of the API", () => {
  expect(open).toEqual(["GET /openapi.json", "GET /docs", "GET /docs/viewer.js", "GET /docs/viewer.css"]);
});

/** The settings file that is deployed beside each function of the orchestrator. */
function deployedSettings(change: Partial<Stage>): Settings[] {
  const { directory } = stageApp("prod", change).app.synth();
  return readdirSync(directory)
    .filter((name) => name.startsWith("asset."))
    .map((folder) => JSON.parse(readFileSync(join(directory, folder, "settings.json"), "utf8")) as Settings);
}

describe("a stage with tokens", () => {
  const all = templates("prod", { jwt });
  const api = all["api"];

  test("asks for a token on every route but the open ones, the unknown ones too", () => {
    const [[id, { Properties }] = ["", { Properties: {} }], ...others] = found(
      api,
      "AWS::ApiGatewayV2::Authorizer",
    );
    expect(others).toEqual([]);
    expect(Properties).toMatchObject({
      AuthorizerType: "JWT",
      IdentitySource: ["$request.header.Authorization"],
      JwtConfiguration: { Issuer: jwt.issuer, Audience: jwt.audience },
    });
    const routes = routesIn(api).map(([, route]) => route.Properties);
    expect(routes.map(({ RouteKey }) => RouteKey)).toContain("$default");
    for (const { RouteKey, AuthorizationType, AuthorizerId } of routes)
      expect({ RouteKey, AuthorizationType, AuthorizerId }).toEqual(
        open.includes(RouteKey as string)
          ? { RouteKey, AuthorizationType: "NONE", AuthorizerId: undefined }
          : { RouteKey, AuthorizationType: "JWT", AuthorizerId: { Ref: id } },
      );
  });

  test("asks nothing of webhooks: their URL is the secret", () => {
    expect(found(all["webhooks"], "AWS::ApiGatewayV2::Authorizer")).toEqual([]);
    for (const [, { Properties }] of routesIn(all["webhooks"]))
      expect(Properties["AuthorizationType"]).toBe("NONE");
  });

  test("has functions that take the account from the claim and from nowhere else", () => {
    const settings = deployedSettings({ jwt });
    expect(settings.length).toBeGreaterThan(20);
    for (const { callers } of settings) expect(callers).toEqual({ by: "claim", claim: "account" });
  });
});

describe("a stage with keys", () => {
  const all = templates("prod");

  test("has no authorizer that could hand a claim on", () => {
    for (const template of Object.values(all)) {
      expect(found(template, "AWS::ApiGatewayV2::Authorizer")).toEqual([]);
      for (const [, { Properties }] of routesIn(template))
        expect(Properties["AuthorizationType"]).toBe("NONE");
    }
  });

  test("has functions that ask for keys and for nothing else", () => {
    for (const { callers } of deployedSettings({})) expect(callers).toEqual({ by: "keys" });
  });
});

test("a stage has one way or the other", () => {
  const { stage } = stageApp("prod", { jwt });
  const settingsOf = (of: Stage) => JSON.parse(orchestratorSettings(of)) as Settings;
  const { jwt: _jwt, ...withKeys } = stage;
  expect(settingsOf(stage).callers).toEqual({ by: "claim", claim: "account" });
  expect(settingsOf(withKeys).callers).toEqual({ by: "keys" });
});

describe("limits", () => {
  const throttle = {
    reads: { perSecond: 31, burst: 32 },
    changes: { perSecond: 21, burst: 22 },
    creates: { perSecond: 11, burst: 12 },
    descriptions: { perSecond: 1, burst: 2 },
    counts: { perSecond: 51, burst: 52 },
    webhooks: { perSecond: 41, burst: 42 },
  };
  const all = templates("local", { throttle });
  const stageOf = (part: string): Resource => {
    const [[, stage] = ["", { Properties: {} }]] = found(all[part], "AWS::ApiGatewayV2::Stage");
    return stage;
  };
  const settings = ({ perSecond, burst }: { perSecond: number; burst: number }) => ({
    ThrottlingRateLimit: perSecond,
    ThrottlingBurstLimit: burst,
  });

  const creates = ["/sync/profiles", "/async/profiles", "/enc/sync/profiles", "/onboardings"].map(
    (path) => `POST ${path}`,
  );
  const limitOf = (route: string) => {
    if (open.includes(route)) return throttle.descriptions;
    if (creates.includes(route)) return throttle.creates;
    if (route === "GET /onboarding-counts") return throttle.counts;
    return route.startsWith("GET ") ? throttle.reads : throttle.changes;
  };

  test("every route has that of its kind", () => {
    const keys = routesIn(all["api"]).map(([, { Properties }]) => Properties["RouteKey"] as string);
    const { RouteSettings } = stageOf("api").Properties;
    expect(keys).toEqual(expect.arrayContaining([...creates, ...open]));
    expect(RouteSettings).toEqual(
      Object.fromEntries(
        keys.filter((key) => key !== "$default").map((key) => [key, settings(limitOf(key))]),
      ),
    );
  });

  test("what no route takes has that of changes", () => {
    expect(stageOf("api").Properties["DefaultRouteSettings"]).toEqual(settings(throttle.changes));
  });

  test("webhooks have their own, in an API of their own", () => {
    const { DefaultRouteSettings, RouteSettings } = stageOf("webhooks").Properties;
    expect(DefaultRouteSettings).toEqual(settings(throttle.webhooks));
    expect(RouteSettings).toEqual({ "POST /webhooks/{slot}/{token}": settings(throttle.webhooks) });
  });

  test("a stage is made after the routes that it names", () => {
    for (const part of ["api", "webhooks"]) {
      const named = routesIn(all[part]).filter(([, { Properties }]) => Properties["RouteKey"] !== "$default");
      expect(named.length).toBeGreaterThan(0);
      expect(stageOf(part).DependsOn).toEqual(expect.arrayContaining(named.map(([id]) => id)));
    }
  });

  test("by default creates have less than other changes, these less than reads, what is open less, and counts least", () => {
    const { reads, changes, creates: create, descriptions, counts } = stageApp("prod").stage.throttle;
    for (const word of ["perSecond", "burst"] as const) {
      expect(counts[word]).toBeLessThan(descriptions[word]);
      expect(descriptions[word]).toBeLessThan(create[word]);
      expect(create[word]).toBeLessThan(changes[word]);
      expect(changes[word]).toBeLessThan(reads[word]);
    }
  });
});
