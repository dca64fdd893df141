import { describe, expect, test } from "vitest";
import { goldenRoles, rolesNow } from "./golden-roles.ts";
import { type Roles, readRoles } from "./roles.ts";
import { templates } from "./stage-app.ts";

const now = rolesNow();
const jwt = { issuer: "https://login.example.com/", audience: ["onboarding"], accountClaim: "account" };

/** What a star stands for, and why there is no name in its place: all that may have one. */
const starred: [allowed: RegExp, reason: string][] = [
  [
    /^s3:(Get|Put|Delete)Object vault\/\*(\/reason-\*)?$/,
    "Objects have generated names, so that the grant is on all objects of this one bucket.",
  ],
  [
    /^states:(DescribeExecution|GetExecutionHistory) executions\/\*$/,
    "Executions are named after what they drive: the grant is on all executions of this one state machine.",
  ],
  [
    /^logs:(CreateLogDelivery|DeleteLogDelivery|DescribeLogGroups|DescribeResourcePolicies|GetLogDelivery|ListLogDeliveries|PutResourcePolicy|UpdateLogDelivery) \*$/,
    "Log delivery has no permissions for single resources.",
  ],
];

const linesOf = (roles: Roles): { name: string; action: string; resource: string }[] =>
  Object.entries(roles).flatMap(([stack, all]) =>
    Object.entries(all).flatMap(([role, { "may be assumed by": _, ...allowed }]) =>
      Object.entries(allowed).flatMap(([action, resources]) =>
        resources.split(", ").map((resource) => ({ name: `${stack} ${role}`, action, resource })),
      ),
    ),
  );

describe("every role may do what the golden list says, and nothing else (`npm run roles` accepts a change)", () => {
  test("in a stage with a sandbox", () => {
    expect(now).toEqual(goldenRoles());
  });

  test.each([
    ["keys", {}],
    ["tokens", { jwt }],
  ])("in one like production, with %s", (_, change) => {
    const { sandbox: _sandbox, ...orchestrator } = goldenRoles();
    expect(readRoles(templates("prod", change))).toEqual(orchestrator);
  });
});

test("no role has a star but where there is a reason for it", () => {
  const stars = linesOf(now).filter(({ action, resource }) => /[*?]/.test(action + resource));
  const unexplained = stars.filter(
    ({ action, resource }) => !starred.some(([allowed]) => allowed.test(`${action} ${resource}`)),
  );
  expect(unexplained).toEqual([]);
  for (const [allowed, reason] of starred) {
    expect(reason.length).toBeGreaterThan(30);
    expect(stars.some(({ action, resource }) => allowed.test(`${action} ${resource}`))).toBe(true);
  }
});

test("roles are assumed by the service that they are for", () => {
  for (const [role, { "may be assumed by": by }] of Object.values(now).flatMap((all) => Object.entries(all)))
    expect(by, role).toBe(role.startsWith("StateMachine") ? "states.amazonaws.com" : "lambda.amazonaws.com");
});

/** Whoever reads this list reads the whole of the vault's and the secrets' readers. */
test("personal data and keys have few readers", () => {
  const who = (action: string, resource: RegExp) =>
    linesOf(now)
      .filter((line) => line.action === action && resource.test(line.resource))
      .map(({ name }) => name);
  expect(who("s3:GetObject", /vault\/\*$/)).toEqual([
    "onboarding OpenCapture",
    "onboarding Sweep",
    "api CreateProfileSync",
    "api CreateProfileAsync",
    "api CreateProfileEncrypted",
  ]);
  expect(who("s3:GetObject", /reason/)).toEqual(["api FetchOnboarding"]);
  // The census looks at the dates of all keys, and asks nobody anything with them.
  expect(who("secretsmanager:GetSecretValue", /Webhooks/)).toEqual(["onboarding Watch", "webhooks Ingest"]);
  for (const name of ["onboarding Sweep", "onboarding Intake", "webhooks Ingest", "api StartOnboarding"])
    expect(who("secretsmanager:GetSecretValue", /Gateway/)).not.toContain(name);
});

test("a key works for a service in our name; the stream's reader is the one exception", () => {
  const direct = linesOf(now).filter(
    ({ action, resource }) => action.startsWith("kms:") && !resource.includes("(via "),
  );
  expect(direct).toEqual([{ name: "onboarding Resume", action: "kms:Decrypt", resource: "key" }]);
});
