import { describe, expect, test } from "vitest";
import {
  DuplicateReference,
  encryptedIntakeRequestSchema,
  intakeRequestSchema,
} from "../../../functions/intake/claim.ts";
import { isPathId } from "../../../shared/gateway/client.ts";
import { workflowSchema } from "../../../shared/profile/policy.ts";
import { workflowFor } from "../../../shared/profile/workflow.ts";
import { key, onboardingInMemory, profile_id, request, START } from "../onboarding-in-memory.ts";

const other = { ...request, data: { company_name: "Other Company" } };
const stored = (request_hash: string) => `request-${request_hash}` as const;

describe("a reference", () => {
  const schemas = [intakeRequestSchema, encryptedIntakeRequestSchema];
  const taken = (reference_id: string) =>
    schemas.map(({ shape }) => shape.reference_id.safeParse(reference_id).success);

  test.each([".", ".."])("that no path can carry is refused: %s", (reference_id) => {
    expect(isPathId({ id: reference_id, query_type: "reference_id" })).toBe(false);
    expect(taken(reference_id)).toEqual([false, false]);
  });

  test.each(["...", ".a", "a..", "~", "x".repeat(128)])(
    "with or without dots is taken: %s",
    (reference_id) => {
      expect(isPathId({ id: reference_id, query_type: "reference_id" })).toBe(true);
      expect(taken(reference_id)).toEqual([true, true]);
    },
  );
});

describe("a reference that is claimed", () => {
  test("is the same claim for the same request, whatever the order of its fields", async () => {
    const { claimed, vault } = onboardingInMemory();
    const claim = await claimed();
    const { data, config, reference_id } = request;
    expect(await claimed("async", { data, config, reference_id })).toMatchObject(claim);
    expect(await vault.get(key, stored(claim.request_hash))).toEqual(request);
  });

  test("is refused to another request, which leaves no trace", async () => {
    const { claimed, vault, records } = onboardingInMemory();
    const claim = await claimed();
    await expect(claimed("async", other)).rejects.toThrow(DuplicateReference);
    expect(await records.claimOf(key)).toMatchObject(claim);
    expect([...vault.objects.values()]).toEqual([JSON.stringify(request)]);
  });

  test("gets its request back into the vault if a crash came between, and no more once the profile is there", async () => {
    const { claimed, records, vault } = onboardingInMemory();
    const claim = await claimed();
    await vault.erase(key);
    await claimed();
    expect(await vault.get(key, stored(claim.request_hash))).toEqual(request);
    await vault.erase(key);
    await records.bind(claim, profile_id, { at: START, by: "create" });
    await claimed();
    expect(vault.objects.size).toBe(0);
  });
});

describe("the same request in clear and encrypted", () => {
  test.each(["sync", "async"] as const)(
    "encrypted is refused once it was claimed in clear: %s",
    async (mode) => {
      const { claimed, records } = onboardingInMemory();
      await claimed(mode);
      await expect(claimed("encrypted")).rejects.toThrow(DuplicateReference);
      expect((await records.claimOf(key))?.mode).toBe(mode);
    },
  );

  test.each(["sync", "async"] as const)(
    "in clear has the claim of the encrypted one, which stays encrypted: %s",
    async (mode) => {
      const { claimed, records } = onboardingInMemory();
      const claim = await claimed("encrypted");
      expect(await claimed(mode)).toMatchObject(claim);
      expect((await records.claimOf(key))?.mode).toBe("encrypted");
    },
  );

  test("sync and async are the same request, and the first one's mode counts", async () => {
    const { claimed } = onboardingInMemory();
    expect((await claimed("sync")).mode).toBe("sync");
    expect((await claimed("async")).mode).toBe("sync");
  });

  test.each(["sync", "async", "encrypted"] as const)(
    "are one where the workflow encrypts: %s becomes encrypted",
    async (mode) => {
      const { claimed, deps } = onboardingInMemory();
      const encrypts = workflowSchema.parse({
        config_id: request.config.id,
        decision: { kind: "person" },
        encrypted: true,
      });
      deps.workflowOf = (config_id) => workflowFor([encrypts], config_id);
      const claim = await claimed(mode);
      expect(claim.mode).toBe("encrypted");
      for (const again of ["sync", "async", "encrypted"] as const)
        expect(await claimed(again)).toMatchObject(claim);
    },
  );
});

describe("a reference that was released", () => {
  test.each([
    ["the same request", request],
    ["a corrected one", other],
  ])("can be taken by %s, with the next attempt", async (_which, asking) => {
    const { claimed, records, vault } = onboardingInMemory();
    const first = await claimed("encrypted");
    await records.release(first, START);
    const second = await claimed("async", asking);
    expect(second).toMatchObject({ attempt: 2, released: false, mode: "async", profile_id: null });
    expect(second.execution).not.toBe(first.execution);
    expect(await records.claimOf(key)).toMatchObject(second);
    expect(await vault.get(key, stored(second.request_hash))).toEqual(asking);
  });

  test("is taken by one of two, and the other gets the same claim or a refusal", async () => {
    const { claimed, records } = onboardingInMemory();
    await records.release(await claimed(), START);
    const [one, same, different] = await Promise.allSettled([claimed(), claimed(), claimed("async", other)]);
    for (const claim of [one, same])
      expect(claim).toMatchObject({ status: "fulfilled", value: { attempt: 2, released: false } });
    expect(different).toMatchObject({ status: "rejected", reason: expect.any(DuplicateReference) });
  });
});
