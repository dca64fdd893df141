import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import {
  GetSecretValueCommand,
  InvalidParameterException,
  InvalidRequestException,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { CommandFailed } from "./command-failed.ts";

/**
 * The JSON of a secret; undefined when it was never set up (no value, or the random word CloudFormation puts there).
 * Throws `CommandFailed` on what was JSON once and is broken.
 */
export async function readSecret(secrets: SecretsManagerClient, name: string): Promise<unknown> {
  return (await readVersion(secrets, name)).value;
}

/** The same with the version that it is of; none where there is no value yet. */
async function readVersion(
  secrets: SecretsManagerClient,
  name: string,
): Promise<{ value: unknown; version: string | undefined }> {
  let text: string | undefined;
  let version: string | undefined;
  try {
    ({ SecretString: text, VersionId: version } = await secrets.send(
      new GetSecretValueCommand({ SecretId: name }),
    ));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  if (!text) return { value: undefined, version };
  try {
    return { value: JSON.parse(text) as unknown, version };
  } catch {
    if (!text.trimStart().startsWith("{")) return { value: undefined, version };
    throw new CommandFailed(
      `secret ${name} holds broken JSON: mend it first, setup would lose what is in it`,
    );
  }
}

/** Where a version waits to become the current one. A version without any label may be taken away. */
const PROPOSED = "ONBOARDINGPROPOSED";
const ATTEMPTS = 6;
const PAUSE_MS = 200;

/**
 * Changes a secret by a pure function of what it holds, and leaves it alone when nothing changes. What somebody else
 * writes in between is never overwritten: the function is then asked again, with that. Throws `CommandFailed` where that
 * does not end.
 */
export async function changeSecret(
  secrets: SecretsManagerClient,
  name: string,
  change: (before: unknown) => unknown,
): Promise<void> {
  let written: string | undefined;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (attempt > 1) await sleep(PAUSE_MS * attempt);
    const { value: before, version: read } = await readVersion(secrets, name);
    // An answer that got lost looks like a refusal when the request is repeated.
    if (written !== undefined && read === written) return;
    const after = change(before);
    if (isDeepStrictEqual(before, after)) return;
    const proposal = { SecretId: name, SecretString: JSON.stringify(after) };
    if (read === undefined) {
      // The first version of all becomes the current one.
      await secrets.send(new PutSecretValueCommand(proposal));
      return;
    }
    ({ VersionId: written } = await secrets.send(
      new PutSecretValueCommand({ ...proposal, VersionStages: [PROPOSED] }),
    ));
    if (await makeCurrent(secrets, name, written, read)) return;
  }
  throw new CommandFailed(`secret ${name} is being changed by somebody else: run the command again`);
}

/** False where the version that was read is the current one no more. */
async function makeCurrent(
  secrets: SecretsManagerClient,
  SecretId: string,
  MoveToVersionId: string | undefined,
  RemoveFromVersionId: string,
): Promise<boolean> {
  const move = { SecretId, VersionStage: "AWSCURRENT", MoveToVersionId, RemoveFromVersionId };
  try {
    await secrets.send(new UpdateSecretVersionStageCommand(move));
    return true;
  } catch (error) {
    if (error instanceof InvalidParameterException || error instanceof InvalidRequestException) return false;
    throw error;
  }
}
