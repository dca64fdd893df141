import { devNull } from "node:os";
import { delimiter, dirname } from "node:path";

type Environment = Record<string, string | undefined>;

/** What a child needs to run at all. All else stays out: above all AWS settings, proxies and the emulator's own switches. */
const passedOn =
  /^(HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|COLORTERM|NO_COLOR|CI|TMPDIR|TEMP|TMP)$/;

/** Credentials that no AWS account knows. */
export const dummyCredentials = { accessKeyId: "test", secretAccessKey: "test" } as const;

/**
 * The environment of every child that works with the local cloud, built from scratch: no credentials, profile, endpoint
 * or metadata service of the caller's can be reached from it. The Node that runs us comes first on PATH, because the
 * emulator and the CDK CLI run functions and app with the `node` they find there.
 */
export function localEnvironment(
  caller: Environment,
  endpoint: string,
  region: string,
): Record<string, string> {
  const kept = Object.entries(caller).filter(
    (entry): entry is [string, string] => passedOn.test(entry[0]) && entry[1] !== undefined,
  );
  return {
    ...Object.fromEntries(kept),
    PATH: [dirname(process.execPath), caller["PATH"]].filter(Boolean).join(delimiter),
    AWS_ACCESS_KEY_ID: dummyCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: dummyCredentials.secretAccessKey,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
  };
}

/** The caller's environment without anything of AWS, for a child that must reach the internet (pip, through its proxies). */
export function withoutAws(caller: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(caller).filter(
      (entry): entry is [string, string] => !/^AWS_/i.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}
