import { refusals } from "../../shared/gateway/answers.ts";
import { type EncryptedCreateRequest, fieldProblem } from "../../shared/gateway/create.ts";
import { decryptCreate } from "../../shared/gateway/encryption.ts";
import { endpoints } from "../../shared/gateway/endpoints.ts";
import { defineAction, toHandler } from "../action.ts";
import { encryptedIntakeRequestSchema } from "../intake/claim.ts";
import { type CreateDeps, createDeps, createGrants } from "../intake/create-at-once.ts";
import { createWithLink } from "../intake/create-with-link.ts";

/**
 * E17: as E1 with everything about the customer encrypted (contract §9), on the way to us and on the way to the
 * gateway. The tokens are read here, so that the same request is known again under a fresh IV or another key.
 */
export const createProfileEncrypted = defineAction<CreateDeps>({
  file: "create-profile-encrypted",
  serves: { ...endpoints.createProfileEncrypted, body: encryptedIntakeRequestSchema },
  grants: createGrants,
  async run(call, deps) {
    const request = await decryptCreate(call.body as EncryptedCreateRequest, deps.cipherOf(call.account_id));
    return request.success
      ? createWithLink(deps, call, request.data, "encrypted")
      : refusals.badRequest(fieldProblem(request.error));
  },
});

export const handler = toHandler(createProfileEncrypted, createDeps);
