import type { AwsCredentialIdentity } from "@smithy/types";

/**
 * Takes the place of `@aws-sdk/credential-provider-node` in every bundle. Lambda hands a function its role's
 * credentials in the environment and in no other way, so the SDK's chain of profiles, SSO, processes and
 * metadata services would be a quarter of the bundle for nothing. They last longer than the function
 * instance, so they have no expiration here either.
 */
export const defaultProvider = () => async (): Promise<AwsCredentialIdentity> => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new Error("no credentials in the environment of this function");
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
  };
};
