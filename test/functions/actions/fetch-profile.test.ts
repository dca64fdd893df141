import { describe, expect, test } from "vitest";
import { fetchProfile } from "../../../functions/actions/fetch-profile.ts";
import { type Answer, refusals } from "../../../shared/gateway/answers.ts";
import { createContentCipher } from "../../../shared/gateway/encryption.ts";
import { DecryptionFailed, NotFound, Transient } from "../../../shared/gateway/errors.ts";
import {
  callOf,
  fullProfile,
  key,
  onboardingInMemory,
  profile_id,
  statusAnswer,
} from "../onboarding-in-memory.ts";

const profile = fullProfile("completed", "approved");
const inClear: Answer = { status: 200, body: profile };

/**
 * A gateway that has the profile in clear and encrypted, and notes by which id E18 was asked. Not `bound`: the answer to
 * the create got lost, and we do not know the profile yet.
 */
async function fetching(mode: "sync" | "encrypted", { bound = true }: { bound?: boolean } = {}) {
  const idsAsked: string[] = [];
  const world = onboardingInMemory({
    fetchProfile: ({ status_only }) => (status_only ? statusAnswer("completed", "approved") : inClear),
    async fetchProfileEncrypted({ id }) {
      idsAsked.push(id);
      const { profile_data, resources, tasks, ...clear } = profile;
      const body = {
        ...clear,
        encrypted_profile_data: await world.cipher.encrypt(profile_data),
        encrypted_resources: await world.cipher.encrypt(resources),
        encrypted_tasks: await world.cipher.encrypt(tasks),
      };
      return { status: 200, body };
    },
  });
  await (bound ? world.created(mode) : world.claimed(mode));
  return { ...world, idsAsked };
}

const ways = [
  ["profile_id", { id: profile_id }],
  ["profile_id, in so many words", { id: profile_id, query_type: "profile_id" }],
  ["reference_id", { id: key.reference_id, query_type: "reference_id" }],
] as const;

describe("an onboarding that is encrypted", () => {
  test.each(ways)("is asked for by E18 only, and answered decrypted: by %s", async (_way, call) => {
    const { deps, asked, idsAsked } = await fetching("encrypted");
    expect(await fetchProfile.run(callOf(call), deps)).toEqual({ status: 200, body: profile });
    expect(asked).toEqual(["fetchProfileEncrypted"]);
    expect(idsAsked).toEqual([profile_id]);
  });

  test.each([
    ...ways,
    ["reference_id, in another spelling", { id: key.reference_id.toUpperCase(), query_type: "reference_id" }],
  ] as const)("is so as well while we do not know its profile: by %s", async (_way, call) => {
    const { deps, asked, idsAsked } = await fetching("encrypted", { bound: false });
    expect(await fetchProfile.run(callOf(call), deps)).toEqual({ status: 200, body: profile });
    expect(asked).toEqual(["fetchStatus", "fetchProfileEncrypted"]);
    expect(idsAsked).toEqual([profile_id]);
  });

  test.each([
    ["profile_id", { id: profile_id.replaceAll("-", "") }],
    ["profile_id, in so many words", { id: `{${profile_id}}`, query_type: "profile_id" }],
    ["reference_id", { id: key.reference_id.toUpperCase(), query_type: "reference_id" }],
  ] as const)("is so as well by another spelling of its %s", async (_way, call) => {
    const { deps, asked, idsAsked } = await fetching("encrypted");
    expect(await fetchProfile.run(callOf(call), deps)).toEqual({ status: 200, body: profile });
    expect(asked).toEqual(["fetchStatus", "fetchProfileEncrypted"]);
    expect(idsAsked).toEqual([profile_id]);
  });

  test.each([
    ["it is bound", true, { id: `{${profile_id}}` }],
    ["it is not bound yet", false, { id: key.reference_id, query_type: "reference_id" }],
  ] as const)("is so as well where the gateway spells its reference anew: %s", async (_when, bound, call) => {
    const { deps, gateway, asked } = await fetching("encrypted", { bound });
    const { fetchStatus } = gateway;
    gateway.fetchStatus = async (input) => ({ ...(await fetchStatus(input)), reference_id: "ORDER-7" });
    await fetchProfile.run(callOf(call), deps);
    expect(asked).toEqual(["fetchStatus", "fetchProfileEncrypted"]);
  });

  test("that is claimed and created while it is asked for is not asked for in clear either", async () => {
    const { deps, asked, records } = await fetching("encrypted", { bound: false });
    let looks = 0;
    const claimOf: typeof records.claimOf = async (of) => (looks++ === 0 ? null : records.claimOf(of));
    const call = callOf({ id: key.reference_id, query_type: "reference_id" });
    await fetchProfile.run(call, { ...deps, records: { ...records, claimOf } });
    expect(asked).toEqual(["fetchStatus", "fetchProfileEncrypted"]);
  });

  test.each([
    ["does not know it (yet)", refusals.unknownProfile(), NotFound],
    ["has no answer", refusals.internal(), Transient],
  ])("is not asked for where the gateway %s", async (_which, answer, fault) => {
    const { deps, asked, claimed } = onboardingInMemory({ fetchProfile: () => answer });
    await claimed("encrypted");
    const call = callOf({ id: key.reference_id, query_type: "reference_id" });
    await expect(fetchProfile.run(call, deps)).rejects.toThrow(fault);
    expect(asked).toEqual(["fetchStatus"]);
  });

  test("is not asked for in clear either when its answer cannot be decrypted", async () => {
    const { deps, asked } = await fetching("encrypted");
    deps.cipherOf = () => createContentCipher({ get: async () => [], refresh: async () => [] });
    await expect(fetchProfile.run(callOf({}), deps)).rejects.toThrow(DecryptionFailed);
    expect(asked).toEqual(["fetchProfileEncrypted"]);
  });

  test("is none for another account, whose own gateway is asked", async () => {
    const { deps, asked, gateway } = await fetching("encrypted");
    const accounts: string[] = [];
    deps.gatewayOf = async (account_id) => {
      accounts.push(account_id);
      return gateway;
    };
    for (const [, call] of ways)
      expect(await fetchProfile.run(callOf({ ...call, account_id: "other/2" }), deps)).toEqual(inClear);
    expect(asked).toEqual(ways.flatMap(() => ["fetchStatus", "fetchProfile"]));
    expect(accounts).toEqual(["other/2", "other/2", "other/2"]);
  });
});

test.each(["sync", "encrypted"] as const)(
  "the status alone is asked by E5, without a look into our records: %s",
  async (mode) => {
    const { deps, asked } = await fetching(mode);
    const unread = async () => expect.fail("the records were read");
    const records = { claimOf: unread, referenceOf: unread };
    for (const [, call] of ways)
      expect(await fetchProfile.run(callOf({ ...call, status_only: true }), { ...deps, records })).toEqual(
        statusAnswer("completed", "approved"),
      );
    expect(asked).toEqual(["fetchStatus", "fetchStatus", "fetchStatus"]);
  },
);

test.each(ways)("an onboarding in clear is forwarded as it is asked for: by %s", async (_way, call) => {
  const { deps, asked } = await fetching("sync");
  expect(await fetchProfile.run(callOf(call), deps)).toEqual(inClear);
  expect(asked).toEqual(["fetchProfile"]);
});

test.each(ways)(
  "a profile that we do not know is forwarded as it is asked for: by %s",
  async (_way, call) => {
    const inputs: object[] = [];
    const { deps, asked } = onboardingInMemory({
      fetchProfile(input) {
        inputs.push(input);
        return input.status_only ? statusAnswer("completed", "approved") : inClear;
      },
    });
    expect(await fetchProfile.run(callOf(call), deps)).toEqual(inClear);
    expect(asked).toEqual(["fetchStatus", "fetchProfile"]);
    expect(inputs).toMatchObject([call, call]);
  },
);

test.each(ways)("a profile that the gateway does not know is its 404, by %s", async (_way, call) => {
  const { deps, asked } = onboardingInMemory({ fetchProfile: () => refusals.unknownProfile() });
  await expect(fetchProfile.run(callOf(call), deps)).rejects.toThrow(NotFound);
  expect(asked).toEqual(["fetchStatus"]);
});
