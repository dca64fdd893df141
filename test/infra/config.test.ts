import { describe, expect, test } from "vitest";
import cdk from "../../cdk.json" with { type: "json" };
import { parseStage } from "../../infra/config.ts";

const jwt = { issuer: "https://login.example.com/", audience: ["onboarding"], accountClaim: "account" };

const messageOf = (name: unknown, stages: unknown): string => {
  try {
    parseStage(name, stages);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was accepted");
};

test.each(Object.keys(cdk.context.stages))("the stage %s of cdk.json is valid", (name) => {
  expect(parseStage(name, cdk.context.stages).name).toBe(name);
});

test("an empty stage keeps its data, and has no sandbox", () => {
  const stage = parseStage("prod", { prod: {} });
  expect(stage).toMatchObject({ name: "prod", retainData: true, captureHosts: ["idfy.com"], workflows: {} });
  expect(stage.sandbox).toBeUndefined();
  expect(stage.jwt).toBeUndefined();
});

describe("errors name every wrong field and never a value", () => {
  const secret = "very-secret";
  const gatewayUrl = "https://gateway.example.com";
  const queue = { priority: 1, label: secret, operators: 1 };
  test.each([
    ["stages.s.account", { account: secret }],
    ["stages.s.logRetentionDays", { logRetentionDays: secret }],
    ["stages.s.alarmEmails.0", { alarmEmails: [secret] }],
    ["stages.s.runbookUrl: must be an address or a path", { runbookUrl: `${secret}#part` }],
    ["stages.s.maxKeyAgeDays", { maxKeyAgeDays: 0 }],
    ["stages.s.sandbox.purgePolicy", { sandbox: { purgePolicy: secret } }],
    ["stages.s.sandbox.videoQueues", { sandbox: { videoQueues: [] } }],
    ["stages.s.sandbox.videoQueues", { sandbox: { videoQueues: [queue, queue] } }],
    ["stages.s.sandbox.videoQueues.0.operators", { sandbox: { videoQueues: [{ ...queue, operators: -1 }] } }],
    ["stages.s.workflows.x.decision", { workflows: { x: { config_id: "c", decision: secret } } }],
    ["stages.s.documentHosts.0", { documentHosts: [secret] }],
    ["stages.s.retainData", { retainData: secret }],
    ["stages.s.jwt.issuer", { jwt: { ...jwt, issuer: secret } }],
    ["stages.s.jwt.audience", { jwt: { ...jwt, audience: [] } }],
    ["stages.s.jwt.accountClaim", { jwt: { issuer: jwt.issuer, audience: jwt.audience } }],
    ["stages.s.jwt", { jwt: { ...jwt, keys: secret } }],
    ["stages.s.throttle.creates.perSecond", { throttle: { creates: { perSecond: 0 } } }],
    ["stages.s.throttle.reads.burst", { throttle: { reads: { burst: 5001 } } }],
    ["stages.s.throttle.webhooks.perSecond", { throttle: { webhooks: { perSecond: secret } } }],
    ["stages.s.throttle", { throttle: { sandbox: {} } }],
    ["stages.s.webhookSourceRanges.1: an address range", { webhookSourceRanges: ["10.0.0.0/8", secret] }],
    ["stages.s.retention: there is no such setting", { retention: secret }],
    ["stages.s.expectedPerDay", { expectedPerDay: secret }],
    ["stages.s.gatewayAccounts.main.accountId", { gatewayAccounts: { main: { baseUrl: gatewayUrl } } }],
    ["stages.s.gatewayAccounts.main.baseUrl", { gatewayAccounts: { main: { accountId: "a/1" } } }],
    [
      "stages.s.gatewayAccounts.main.baseUrl",
      { gatewayAccounts: { main: { accountId: "a/1", baseUrl: `http://${secret}` } } },
    ],
    [
      "stages.s.gatewayAccounts.main.baseUrl: the sandbox",
      { sandbox: {}, gatewayAccounts: { main: { accountId: "a/1", baseUrl: gatewayUrl } } },
    ],
    [
      "stages.s.gatewayAccounts.main.webhookKind",
      { gatewayAccounts: { main: { accountId: "a/1", baseUrl: gatewayUrl, webhookKind: "W3" } } },
    ],
    [
      "stages.s.gatewayAccounts.main.apiKey: there is no such setting",
      { gatewayAccounts: { main: { accountId: "a/1", baseUrl: gatewayUrl, apiKey: secret } } },
    ],
    [
      "stages.s.gatewayAccounts.other.accountId: account main has the same",
      {
        gatewayAccounts: {
          main: { accountId: secret, baseUrl: gatewayUrl },
          other: { accountId: secret, baseUrl: gatewayUrl },
        },
      },
    ],
    [
      "stages.s.workflows.x.decision.items.task_keys",
      {
        workflows: {
          x: {
            config_id: "c",
            decision: { kind: "recapture", reason: { code: "c", reason: "r" }, items: { task_keys: secret } },
          },
        },
      },
    ],
  ])("%s", (field, stage) => {
    const message = messageOf("s", { s: stage });
    expect(message).toContain(`${field}`);
    expect(message).not.toContain(secret);
  });

  test("all of them at once", () => {
    const message = messageOf("s", { s: { retainData: 1, account: "1" } });
    expect(message).toMatch(/stages\.s\.account: .*; stages\.s\.retainData: /);
  });
});

describe("tokens", () => {
  const withJwt = (change: object) => ({ s: { jwt: { ...jwt, ...change } } });

  test.each([
    "http://login.example.com/",
    "login.example.com",
    "https://user@login.example.com/",
    "https://login.example.com/?tenant=1",
    "https://login.example.com/#here",
    "https://login.example.com/?",
  ])("the issuer %s is refused", (issuer) => {
    expect(messageOf("s", withJwt({ issuer }))).toContain("stages.s.jwt.issuer");
  });

  test.each([
    "https://login.example.com/",
    "https://login.example.com",
    "https://login.example.com/realms/a",
  ])("the issuer %s is taken as it is", (issuer) => {
    expect(parseStage("s", withJwt({ issuer })).jwt?.issuer).toBe(issuer);
  });

  test.each(["aud", "iss", "exp", "scope", "", "a b", "$.account"])(
    "the claim %j names no account",
    (accountClaim) => {
      expect(messageOf("s", withJwt({ accountClaim }))).toContain("stages.s.jwt.accountClaim");
    },
  );

  test.each(["sub", "client_id", "account", "https://example.com/account", "custom:account-id"])(
    "the claim %s may name the account",
    (accountClaim) => {
      expect(parseStage("s", withJwt({ accountClaim })).jwt?.accountClaim).toBe(accountClaim);
    },
  );
});

test("a limit that is left out has its default, half a limit too", () => {
  expect(parseStage("s", { s: { throttle: { creates: { perSecond: 5 } } } }).throttle).toEqual({
    reads: { perSecond: 200, burst: 400 },
    changes: { perSecond: 100, burst: 200 },
    creates: { perSecond: 5, burst: 100 },
    counts: { perSecond: 2, burst: 5 },
    descriptions: { perSecond: 10, burst: 20 },
    webhooks: { perSecond: 500, burst: 1000 },
  });
});

describe("documents come", () => {
  const hostsOf = (documentHosts?: string[]) => parseStage("s", { s: { documentHosts } }).documentHosts;

  test("from nowhere unless a stage lists hosts", () => {
    expect(hostsOf()).toEqual([]);
    const names = ["idfy.com", "files-1.eu.example.com", "bucket.s3.ap-south-1.amazonaws.com"];
    expect(hostsOf(names)).toEqual(names);
  });

  test.each([
    "",
    "com",
    "localhost",
    "Example.com",
    ".example.com",
    "*.example.com",
    "example.com.",
    "example..com",
    "-a.example.com",
    "https://example.com",
    "example.com/files",
    "example.com:443",
    "user@example.com",
    "127.0.0.1",
    "10.1",
    "[::1]",
    "exämple.com",
    "a.example.com\n",
  ])("not from %j, which is no name of a host", (host) => {
    expect(messageOf("s", { s: { documentHosts: [host] } })).toContain("stages.s.documentHosts.0: must be");
  });
});

test("an unknown stage, a bad name, no stages", () => {
  expect(messageOf("other", { local: {}, prod: {} })).toBe(
    'cdk.json has no stage "other"; it has local, prod',
  );
  expect(messageOf(undefined, { local: {} })).toBe("name the stage: -c stage=NAME, one of local");
  expect(messageOf("Bad Name", { local: {} })).toContain("name the stage");
  expect(messageOf("constructor", { local: {} })).toBe('cdk.json has no stage "constructor"; it has local');
  expect(messageOf("local", undefined)).toBe("cdk.json: context.stages must be an object of stages");
});

test("a stage may have several accounts at its gateway, or at its sandbox", () => {
  const accounts = {
    retail: { accountId: "1/retail", baseUrl: "https://gateway.example.com" },
    business: { accountId: "1/business", baseUrl: "https://gateway.example.com/v2" },
  };
  expect(parseStage("s", { s: { gatewayAccounts: accounts } }).gatewayAccounts).toEqual(accounts);
  const main = { accountId: "sandbox/1", webhookKind: "W3" };
  expect(parseStage("s", { s: { sandbox: {}, gatewayAccounts: { main } } }).gatewayAccounts).toEqual({
    main,
  });
});

describe("rules", () => {
  const workflow = (when: string) => ({
    config_id: "c",
    decision: {
      kind: "rules",
      rules: [
        { name: "one", when: "true", act: { kind: "person" } },
        { name: "two", when, act: { kind: "approve" } },
      ],
    },
  });
  const stage = (when: string) => ({ s: { workflows: { loan: workflow(when) } } });
  const at = "stages.s.workflows.loan.decision.rules.1.when";

  test("that are right are deployed as they are", () => {
    expect(parseStage("s", stage("all_verified && round < 2")).workflows["loan"]?.decision).toMatchObject({
      rules: [{ name: "one" }, { name: "two", when: "all_verified && round < 2" }],
    });
  });

  test.each([
    ["names no fact", "al_verified", "unknown fact: al_verified"],
    ["compares a number with a word", "round < 'two'", "no such overload: int < string"],
    ["is no yes or no", "rejected", "yields list<string>"],
    ["is no expression", "all_verified &&", "unexpected token"],
    ["takes a pattern", "verified.exists(key, key.matches('a'))", "matches is not for rules"],
  ])("are refused by key when one %s", (_, when, problem) => {
    expect(messageOf("s", stage(when))).toContain(`cdk.json: ${at}: ${problem}`);
  });
});

test("two workflows of one config_id are refused", () => {
  const workflow = { config_id: "c", decision: { kind: "approve" } };
  expect(messageOf("s", { s: { workflows: { one: workflow, two: workflow } } })).toBe(
    "cdk.json: stages.s.workflows.two.config_id: workflow one has the same",
  );
});
