import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Gateway } from "../../shared/gateway/client.ts";
import { decryptProfile } from "../../shared/gateway/encryption.ts";
import { endpoints } from "../../shared/gateway/endpoints.ts";
import type { Claim } from "../../shared/store/claims.ts";
import { dynamoRecords, type Records } from "../../shared/store/records.ts";
import { type Call, defineAction, toHandler } from "../action.ts";
import { resource } from "../environment.ts";
import { type CipherOf, ciphersFromSecret } from "../gateway/gateways.ts";
import { type ForwardDeps, forwardDeps, forwardGrants, knownOnboarding } from "./gateway-call.ts";

interface Deps extends ForwardDeps {
  records: Pick<Records, "claimOf" | "referenceOf">;
  cipherOf: CipherOf;
}

/**
 * E3, E4, E5: the profile, or its status only. Of an onboarding that is encrypted the gateway is asked by E18: it is
 * never asked to send a customer's data in clear.
 */
export const fetchProfile = defineAction<Deps>({
  file: "fetch-profile",
  serves: endpoints.fetchProfile,
  grants: [...forwardGrants, "records:read"],
  async run(call, { gatewayOf, cipherOf, records }) {
    const { account_id, id, query_type, status_only } = call;
    const gateway = await gatewayOf(account_id);
    const encrypted = status_only ? null : await encryptedProfileOf(call, gateway, records);
    if (encrypted === null) return gateway.fetchProfile({ id, query_type, status_only });
    const { status, body } = await gateway.fetchProfileEncrypted({ id: encrypted });
    return { status, body: await decryptProfile(body, cipherOf(account_id)) };
  },
});

/**
 * The `profile_id` of what must not be asked for in clear; `null` for what may be. Where no claim has the profile that
 * is asked for, it may still be one of ours: by another spelling of its id, or by a create whose answer got lost. Then
 * the gateway says first which it is, without anything of the customer (E5); throws what it refuses or fails that with.
 */
async function encryptedProfileOf(
  call: Call,
  gateway: Gateway,
  records: Deps["records"],
): Promise<string | null> {
  const { account_id, id, query_type } = call;
  const key = await knownOnboarding(call, records);
  const claim = key && (await records.claimOf(key));
  if (claim?.profile_id) return isEncrypted(claim) ? claim.profile_id : null;
  const { profile_id, reference_id } = await gateway.fetchStatus({ id, query_type });
  // Read when the profile is there, and so after it was claimed.
  const bound = await records.referenceOf(account_id, profile_id);
  const told = await records.claimOf(bound ?? { account_id, reference_id });
  return isEncrypted(claim) || isEncrypted(told) ? profile_id : null;
}

const isEncrypted = (claim: Claim | null): boolean => claim?.mode === "encrypted";

export const handler = toHandler(fetchProfile, (log, metrics) => ({
  ...forwardDeps(log, metrics),
  cipherOf: ciphersFromSecret(),
  records: dynamoRecords(new DynamoDBClient({}), resource("records:read")),
}));
