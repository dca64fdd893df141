import { describe, expect, test } from "vitest";
import { judgeBootstrap, judgeIdentity } from "../../../../infra/operate/doctor/account.ts";
import { lineOf } from "../../../../infra/operate/doctor/finding.ts";

const prod = { name: "prod", gatewayAccounts: {} };
const identity = { value: { account: "111122223333", region: "ap-south-1" } };

describe("credentials", () => {
  test("of the stage's account, or of any where it names none, are well", () => {
    expect(lineOf(judgeIdentity({ name: "prod" }, identity))).toBe(
      "✓ credentials: account 111122223333, ap-south-1",
    );
    expect(judgeIdentity({ name: "prod", account: "111122223333" }, identity).result).toBe("good");
  });

  test("of another account are not", () => {
    expect(lineOf(judgeIdentity({ name: "prod", account: "999999999999" }, identity))).toBe(
      "✗ credentials: account 111122223333 is not the one that stages.prod.account names: use credentials of that account",
    );
  });

  test("that nothing is known to be wrong with are told in the SDK's words, with what to set", () => {
    expect(lineOf(judgeIdentity({ name: "prod" }, { because: "no credentials" }))).toBe(
      "✗ credentials: no credentials: set AWS_PROFILE and AWS_REGION, as for the AWS CLI",
    );
  });
});

describe("cdk bootstrap", () => {
  test("of the version that the stacks need is well", () => {
    expect(lineOf(judgeBootstrap(prod, { value: 25 }, { value: 6 }))).toBe("✓ cdk bootstrap: version 25");
    expect(judgeBootstrap(prod, { value: 25 }, { because: "no synth" }).result).toBe("good");
  });

  test("that is missing or too old says what to type", () => {
    expect(lineOf(judgeBootstrap(prod, { value: null }, { value: 6 }))).toBe(
      "✗ cdk bootstrap: the account has no stack CDKToolkit here: `npx cdk bootstrap -c stage=prod`",
    );
    expect(lineOf(judgeBootstrap(prod, { value: 5 }, { value: 6 }))).toBe(
      "✗ cdk bootstrap: version 5, but the stacks need 6: `npx cdk bootstrap -c stage=prod`",
    );
    expect(judgeBootstrap({ ...prod, name: "local" }, { value: null }, { value: 6 }).fix).toBe(
      "`npm run up`",
    );
  });

  test("that nobody may look at is not checked", () => {
    expect(lineOf(judgeBootstrap(prod, { because: "not authorized" }, { value: 6 }))).toBe(
      "? cdk bootstrap: could not check: not authorized",
    );
  });
});
