import { isDeepStrictEqual } from "node:util";
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { CommandFailed } from "./command-failed.ts";

/**
 * The JSON of a secret; undefined when it was never set up (no value, or the random word CloudFormation puts there).
 * Throws `CommandFailed` on what was JSON once and is broken.
 */
export async function readSecret(secrets: SecretsManagerClient, name: string): Promise<unknown> {
  let text: string | undefined;
  try {
    text = (await secrets.send(new GetSecretValueCommand({ SecretId: name }))).SecretString;
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  if (!text) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    if (!text.trimStart().startsWith("{")) return undefined;
    throw new CommandFailed(
      `secret ${name} holds broken JSON: mend it first, setup would lose what is in it`,
    );
  }
}

/** Changes a secret by a pure function of what it holds, and leaves it alone when nothing changes. */
export async function changeSecret(
  secrets: SecretsManagerClient,
  name: string,
  change: (before: unknown) => unknown,
): Promise<void> {
  const before = await readSecret(secrets, name);
  const after = change(before);
  if (isDeepStrictEqual(before, after)) return;
  await secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString: JSON.stringify(after) }));
}
