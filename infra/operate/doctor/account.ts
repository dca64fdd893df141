import { type CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetCallerIdentityCommand, type STSClient } from "@aws-sdk/client-sts";
import type { Stage } from "../../config.ts";
import { type Finding, good, type Learnt, learn, unknown, wrong } from "./finding.ts";
import { type StageToMend, typed } from "./typed.ts";

/** Whose credentials these are, and where they work. */
export type Identity = Learnt<{ account: string; region: string }>;

export const learnIdentity = (sts: STSClient): Promise<Identity> =>
  learn(async () => {
    const { Account: account = "" } = await sts.send(new GetCallerIdentityCommand({}));
    return { account, region: await sts.config.region() };
  });

/** Credentials of the account that the stage names. All else is asked with them, so nothing else counts before they are right. */
export function judgeIdentity(stage: Pick<Stage, "name" | "account">, identity: Identity): Finding {
  const check = "credentials";
  if ("because" in identity)
    return wrong(
      check,
      identity.because,
      identity.fix ?? "set AWS_PROFILE and AWS_REGION, as for the AWS CLI",
    );
  const { account, region } = identity.value;
  if (stage.account && stage.account !== account)
    return wrong(
      check,
      `account ${account} is not the one that stages.${stage.name}.account names`,
      "use credentials of that account",
    );
  return good(check, `account ${account}, ${region}`);
}

/** The version of the CDK's own stack in the account; `null`: it is not there. */
export type Bootstrap = Learnt<number | null>;

export const learnBootstrap = (cloudformation: CloudFormationClient): Promise<Bootstrap> =>
  learn(async () => {
    try {
      const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: "CDKToolkit" }));
      const version = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === "BootstrapVersion");
      return Number(version?.OutputValue ?? 0);
    } catch (error) {
      if (/does not exist/i.test(String(error))) return null;
      throw error;
    }
  });

/** `needed` is what the stacks ask for, or why that is not known. */
export function judgeBootstrap(stage: StageToMend, version: Bootstrap, needed: Learnt<number>): Finding {
  const check = "cdk bootstrap";
  const { bootstrap: fix } = typed(stage);
  if ("because" in version) return unknown(check, `could not check: ${version.because}`, version.fix);
  if (version.value === null) return wrong(check, "the account has no stack CDKToolkit here", fix);
  if ("value" in needed && version.value < needed.value)
    return wrong(check, `version ${version.value}, but the stacks need ${needed.value}`, fix);
  return good(check, `version ${version.value}`);
}
