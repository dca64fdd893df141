import { decryptProfile } from "../../shared/gateway/encryption.ts";
import type { FullProfile } from "../../shared/gateway/profile.ts";
import type { ProfileRecord } from "../../shared/store/profile-record.ts";
import type { CipherOf, GatewayOf } from "./gateways.ts";

export interface FetchResultDeps {
  gatewayOf: GatewayOf;
  cipherOf: CipherOf;
}

/** The full profile (contract §4.1): by E3, or by E18 where nothing of the customer is asked in clear. */
export async function fetchResult(
  { account_id, profile_id: id, encrypted }: Pick<ProfileRecord, "account_id" | "profile_id" | "encrypted">,
  { gatewayOf, cipherOf }: FetchResultDeps,
): Promise<FullProfile> {
  const gateway = await gatewayOf(account_id);
  return encrypted
    ? decryptProfile((await gateway.fetchProfileEncrypted({ id })).body, cipherOf(account_id))
    : ((await gateway.fetchProfile({ id })).body as FullProfile);
}
