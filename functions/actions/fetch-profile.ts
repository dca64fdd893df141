import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { decryptProfile } from "../../shared/gateway/encryption.ts";
import { endpoints } from "../../shared/gateway/endpoints.ts";
import type { Claim } from "../../shared/store/claims.ts";
import { dynamoRecords, type Records } from "../../shared/store/records.ts";
import { type Call, defineAction, toHandler } from "../action.ts";
import { resource } from "../environment.ts";
import { type CipherOf, ciphersFromSecret } from "../gateway/gateways.ts";
import { type ForwardDeps, forwardDeps, forwardGrants } from "./gateway-call.ts";

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
    const claim = status_only ? null : await claimOf(call, records);
    if (claim?.mode !== "encrypted" || !claim.profile_id)
      return gateway.fetchProfile({ id, query_type, status_only });
    const { status, body } = await gateway.fetchProfileEncrypted({ id: claim.profile_id });
    return { status, body: await decryptProfile(body, cipherOf(account_id)) };
  },
});

async function claimOf(
  { account_id, id, query_type }: Call,
  records: Deps["records"],
): Promise<Claim | null> {
  const key =
    query_type === "reference_id"
      ? { account_id, reference_id: id }
      : await records.referenceOf(account_id, id);
  return key && records.claimOf(key);
}

export const handler = toHandler(fetchProfile, (log, metrics) => ({
  ...forwardDeps(log, metrics),
  cipherOf: ciphersFromSecret(),
  records: dynamoRecords(new DynamoDBClient({}), resource("records:read")),
}));
