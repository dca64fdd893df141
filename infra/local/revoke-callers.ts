import { ask } from "./ask.ts";
import { chosenAccount, NO_ACCOUNT } from "./chosen-account.ts";
import { CommandFailed } from "./command-failed.ts";
import { callerKeys, withoutCallerKeys } from "./merge-secrets.ts";
import { changeSecret, readSecret } from "./secret-values.ts";
import { findTarget, type StageTarget } from "./stage-target.ts";

/** What a person needs to tell keys apart: the beginning of the hash of which the secret has the whole. */
const SHOWN_CHARACTERS = 12;

/** Takes an account's keys, or all but the newest, out of the stage. Returns the hashes that are gone. */
export async function revokeCallers(
  { secrets, callersSecret }: Pick<StageTarget, "secrets" | "callersSecret">,
  accountId: string,
  { keepNewest }: { keepNewest: boolean },
): Promise<string[]> {
  const keys = callerKeys(await readSecret(secrets, callersSecret)).get(accountId) ?? [];
  const revoked = keepNewest ? keys.slice(1) : keys;
  // By their hashes: what a setup adds in between stays.
  await changeSecret(secrets, callersSecret, (before) => withoutCallerKeys(before, accountId, revoked));
  return revoked;
}

/** `npm run callers -- revoke`. Asks for the account's id before it leaves an account without a key, unless `yes`. */
export async function revokeStageCallers(
  stage: string,
  { account, keepNewest, yes }: { account: string; keepNewest: boolean; yes: boolean },
): Promise<void> {
  const target = await findTarget(stage);
  const known = callerKeys(await readSecret(target.secrets, target.callersSecret));
  const accountId = chosenAccount([...known.keys()], account);
  if (!keepNewest && !yes) {
    const answer = await ask(
      `Revoke every key of ${accountId}, so that nobody can call in its name? Type its id to go on: `,
      "use --keep-newest, or --yes",
    );
    if (answer !== accountId) throw new CommandFailed("that is not the account's id: nothing was revoked");
  }
  const { length } = await revokeCallers(target, accountId, { keepNewest });
  if (length === 0) console.log(`Stage ${stage}, account ${accountId}: there was nothing to revoke.`);
  else
    console.log(
      `Stage ${stage}, account ${accountId}: ${counted(length)} revoked; refused within five minutes.`,
    );
}

/** `npm run callers -- list`: every account's keys by how their hashes begin, newest first. */
export async function listStageCallers(stage: string): Promise<void> {
  const { secrets, callersSecret } = await findTarget(stage);
  const accounts = callerKeys(await readSecret(secrets, callersSecret));
  if (accounts.size === 0) throw new CommandFailed(NO_ACCOUNT);
  for (const [accountId, keys] of accounts) {
    console.log(`account ${accountId}${keys.length === 0 ? ": no key" : ""}`);
    for (const [index, hash] of keys.entries())
      console.log(`  SHA-256 ${hash.slice(0, SHOWN_CHARACTERS)}…${index === 0 ? "  newest" : ""}`);
  }
}

const counted = (keys: number): string => `${keys} key${keys === 1 ? " is" : "s are"}`;
