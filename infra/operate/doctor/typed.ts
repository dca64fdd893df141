import type { Stage } from "../../config.ts";

/** A stage as far as commands for it depend on it. */
export type StageToMend = Pick<Stage, "name" | "gatewayAccounts">;

/** What to type to mend a stage. The local cloud is brought up to date by the command that raises it. */
export function typed({ name, gatewayAccounts }: StageToMend) {
  const run = (command: string, option = "") => `\`npm run ${command} --stage ${name}${option}\``;
  const raise = name === "local" ? "`npm run up`" : null;
  /** The name that the settings have for an account. */
  const nameOf = (account: string) =>
    Object.entries(gatewayAccounts).find(
      ([key, { accountId }]) => key === account || accountId === account,
    )?.[0];
  return {
    bootstrap: raise ?? `\`npx cdk bootstrap -c stage=${name}\``,
    deploy: raise ?? run("deploy --"),
    /** All of the stage, or one account by its name or id, where the settings know it. */
    setup(account?: string): string {
      const known = account === undefined ? undefined : nameOf(account);
      return raise ?? run("setup --", known && ` --account ${known}`);
    },
    revokeCallers: (account: string) => run("callers -- revoke", ` --account ${account} --keep-newest`),
    rotateWebhooks: (account: string) => run("webhooks -- rotate", ` --account ${account}`),
    rotateKeys: (account: string) => run("keys -- rotate", ` --account ${account}`),
  };
}
