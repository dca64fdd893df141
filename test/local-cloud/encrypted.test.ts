import { expect, test } from "vitest";
import { newContentKey } from "../../infra/local/content-keys.ts";
import { contentKeysOf } from "../../infra/local/merge-secrets.ts";
import { rotateKeys } from "../../infra/local/rotate-keys.ts";
import { sampleRequest } from "../../infra/local/run-scenario.ts";
import { readSecret } from "../../infra/local/secret-values.ts";
import { readStageOutputs } from "../../infra/local/stage-outputs.ts";
import type { ContentKey } from "../../shared/gateway/encryption.ts";
import { createContentCipher, encryptCreate } from "../../shared/gateway/encryption.ts";
import {
  clients,
  configIdOf,
  credentials,
  endpoints,
  eventually,
  freshReference,
  http,
  sweep,
} from "./cloud.ts";

const configId = configIdOf("encrypted");
const { state, sandbox } = await readStageOutputs(clients.cloudformation, "local", true);
const store = {
  secrets: clients.secrets,
  gatewaySecret: state.GatewaySecretName,
  sandboxSecret: sandbox?.SandboxSecretName ?? null,
};
/** As a caller who has the keys of this moment. */
const cipherOf = (keys: readonly ContentKey[]) =>
  createContentCipher({ get: async () => keys, refresh: async () => keys });
const other = { "api-key": endpoints.otherApiKey, "account-id": endpoints.otherAccountId };
const create = async (
  keys: readonly ContentKey[],
  { reference = freshReference("encrypted"), headers = credentials } = {},
) => {
  const body = await encryptCreate(sampleRequest(reference, configId), cipherOf(keys));
  return { reference, answer: await http(endpoints.api, "POST", "/enc/sync/profiles", { body, headers }) };
};
const request = async (headers = credentials) => {
  const reference = freshReference("encrypted");
  const body = sampleRequest(reference, configId);
  return { reference, answer: await http(endpoints.api, "POST", "/onboardings", { body, headers }) };
};
const ended = (reference: string, headers = credentials) =>
  eventually(
    async () => {
      await sweep();
      return http(endpoints.api, "GET", `/onboardings/${reference}`, { headers });
    },
    ({ body }) => body.status === "purged",
    60,
  );
const kindsOf = (body: { events: { kind: string }[] }) => body.events.map(({ kind }) => kind);

test("an encrypted workflow is encrypted whichever way its request came", { timeout: 90_000 }, async () => {
  const asked = [await request(), await create(endpoints.contentKeys)];
  expect(asked.map(({ answer }) => answer.status)).toEqual([202, 200]);
  for (const { reference } of asked) {
    const { body } = await ended(reference);
    expect(body).toMatchObject({ status: "purged", reviewer_action: "approved" });
    expect(kindsOf(body)).toContain("W2");
    expect(kindsOf(body)).not.toContain("W1");
  }
});

test("the same encrypted request again, under other IVs, is the same onboarding", async () => {
  const first = await create(endpoints.contentKeys);
  const again = await create(endpoints.contentKeys, { reference: first.reference });
  expect(first.answer.status).toBe(200);
  expect(again.answer).toEqual(first.answer);
});

test("a request that was created in clear is no answer to the same one encrypted", async () => {
  const plain = configIdOf("cancelled-by-caller");
  const reference = freshReference("encrypted");
  const body = sampleRequest(reference, plain);
  const encrypted = await encryptCreate(body, cipherOf(endpoints.contentKeys));
  expect((await http(endpoints.api, "POST", "/sync/profiles", { body })).status).toBe(200);
  expect(await http(endpoints.api, "POST", "/enc/sync/profiles", { body: encrypted })).toMatchObject({
    status: 422,
    body: { reason: "DUPLICATE_REFERENCE_ID" },
  });
  await http(endpoints.api, "PUT", `/profiles/${reference}/cancel?query_type=reference_id`);
});

test("keys are rotated while profiles are in flight, and all come through", {
  timeout: 180_000,
}, async () => {
  // On the account that no other test encrypts with.
  const { otherAccountId } = endpoints;
  const before = contentKeysOf(await readSecret(store.secrets, store.gatewaySecret), otherAccountId);
  const headers = other;
  const until = (moment: number) =>
    eventually(
      async () => Date.now(),
      (now) => now > moment,
    );
  const early = [await create(before, { headers }), await request(headers)];
  const pace = { switchAfterSeconds: 4, overlapSeconds: 6 };
  const [fresh, retiring] = await rotateKeys(store, otherAccountId, newContentKey(), pace);
  if (!fresh || !retiring) throw new Error("a rotation leaves both keys");
  // Until the switch, and through the overlap, whoever has but the old key is understood.
  const meanwhile = [await create(before, { headers }), await request(headers)];
  await until(fresh.encrypts_from);
  const switched = [
    await create([fresh], { headers }),
    await create(before, { headers }),
    await request(headers),
  ];
  await until(retiring.retires_at ?? 0);
  const late = [await create([fresh], { headers }), await request(headers)];
  for (const { reference, answer } of [...early, ...meanwhile, ...switched, ...late]) {
    expect([200, 202]).toContain(answer.status);
    expect((await ended(reference, headers)).body).toMatchObject({
      status: "purged",
      reviewer_action: "approved",
    });
  }
  // The retired key is refused by whoever has read the secret since.
  expect((await create(before, { headers })).answer).toEqual({
    status: 422,
    body: { error: "unprocessable_entity", reason: "DECRYPTION_FAILED" },
  });
});
