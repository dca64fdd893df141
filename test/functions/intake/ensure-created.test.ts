import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ClaimLost, type Created, ensureCreated } from "../../../functions/intake/ensure-created.ts";
import { type Answer, refusals } from "../../../shared/gateway/answers.ts";
import type { EncryptedCreateRequest } from "../../../shared/gateway/create.ts";
import { type ContentKey, createContentCipher } from "../../../shared/gateway/encryption.ts";
import { BadRequest, Transient, Unprocessable } from "../../../shared/gateway/errors.ts";
import type { Claim } from "../../../shared/store/claims.ts";
import {
  type Answers,
  key,
  onboardingInMemory,
  profile_id,
  request,
  statusAnswer,
} from "../onboarding-in-memory.ts";

const link = { capture_expires_at: null, capture_link: "https://capture.example.com/", profile_id };
const withLink: Answer = { status: 200, body: link };
const accepted: Answer = { status: 202, body: { profile_id } };
const createOf = {
  sync: "createProfileSync",
  async: "createProfileAsync",
  encrypted: "createProfileEncrypted",
} as const;
const modes = ["sync", "async", "encrypted"] as const;
const inClear = ["sync", "async"] as const;

const refusedWith = (reason: string): Answer => ({
  status: 422,
  body: { details: {}, error: "unprocessable_entity", reason },
});
/** All three creates answer the same. */
const creating = (answer: () => Answer | Promise<Answer>): Answers => ({
  createProfileSync: answer,
  createProfileAsync: answer,
  createProfileEncrypted: answer,
});

/** A claim of this mode, and what it takes to create for it. */
async function claiming(mode: Claim["mode"], answers: Answers) {
  const world = onboardingInMemory(answers);
  const claim = await world.claimed(mode);
  const deps = { ...world.deps, gateway: world.gateway, cipher: world.cipher };
  return {
    ...world,
    claim,
    deps,
    ensure: (patienceMs = 10_000, changed: Partial<typeof deps> = {}): Promise<Created> =>
      ensureCreated({ ...deps, ...changed }, claim, patienceMs),
    /** What became of the claim, and whether the request is still in the vault. */
    async kept() {
      const now = await world.records.claimOf(key);
      const stored = await world.vault.get(key, `request-${claim.request_hash}`);
      return { released: now?.released, profile_id: now?.profile_id, request: stored !== null };
    },
  };
}
const untouched = { released: false, profile_id: null, request: true };
const released = { released: true, profile_id: null, request: false };

describe("a duplicate that the look-up does not show yet", () => {
  test.each(modes)("is a create of our own: tried again later, nothing is released: %s", async (mode) => {
    const { ensure, kept, asked } = await claiming(mode, {
      ...creating(() => refusals.duplicateReference()),
      fetchProfile: () => refusals.unknownProfile(),
    });
    await expect(ensure()).rejects.toThrow(Transient);
    expect(asked).toEqual([createOf[mode], "fetchStatus"]);
    expect(await kept()).toEqual(untouched);
  });

  test("is adopted once it does, without another create", async () => {
    let shown = false;
    const { ensure, kept, asked } = await claiming("async", {
      createProfileAsync: () => refusals.duplicateReference(),
      fetchProfile: () => (shown ? statusAnswer("pending") : refusals.unknownProfile()),
    });
    await expect(ensure()).rejects.toThrow(Transient);
    shown = true;
    expect(await ensure()).toEqual({ profile_id, link: null });
    expect(asked).toEqual(["createProfileAsync", "fetchStatus", "fetchStatus"]);
    expect(await kept()).toMatchObject({ profile_id });
  });

  test("is adopted at once if the look-up shows it", async () => {
    const { ensure } = await claiming("sync", {
      createProfileSync: () => refusals.duplicateReference(),
      fetchProfile: () => statusAnswer("capture_pending"),
    });
    expect(await ensure()).toEqual({ profile_id, link: null });
  });

  test.each([refusals.badRequest("query_type"), refusedWith("SOMETHING_ELSE")])(
    "is no refusal of the create when the look-up itself is refused: %j",
    async (answer) => {
      const { ensure, kept } = await claiming("async", {
        createProfileAsync: () => refusals.duplicateReference(),
        fetchProfile: () => answer,
      });
      await expect(ensure()).rejects.toThrow(Transient);
      expect(await kept()).toEqual(untouched);
    },
  );
});

describe("an encrypted create that is refused for a reason that nobody documents", () => {
  const keyOf = (kid: string): ContentKey => ({
    kid,
    cek: Buffer.alloc(32, kid).toString("base64"),
    encrypts_from: 0,
    retires_at: null,
  });
  /** A cipher whose keys are out of date till they are read again, and how often they were. */
  function rotated() {
    const read = { again: 0 };
    let keys = [keyOf("old")];
    const cipher = createContentCipher({
      get: async () => keys,
      async refresh() {
        read.again++;
        keys = [keyOf("new")];
        return keys;
      },
    });
    return { cipher, read };
  }
  const kidOf = (token: string): unknown =>
    JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid;

  test("is sent once more, with keys that are up to date", async () => {
    const kids: unknown[] = [];
    const { ensure, kept, asked } = await claiming("encrypted", {
      createProfileEncrypted({ body }) {
        const kid = kidOf((body as EncryptedCreateRequest).encrypted_data);
        kids.push(kid);
        return kid === "new" ? withLink : refusedWith("INVALID_KEY_ID");
      },
    });
    const { cipher, read } = rotated();
    expect(await ensure(0, { cipher })).toEqual({ profile_id, link });
    expect(kids).toEqual(["old", "new"]);
    expect(read.again).toBe(1);
    expect(asked).toEqual(["createProfileEncrypted", "createProfileEncrypted"]);
    expect(await kept()).toMatchObject({ released: false, profile_id });
  });

  test.each(["INVALID_KEY_ID", "DECRYPTION_FAILED", "fourteen chars"])(
    "and refused again is tried later, and stays claimed: %s",
    async (reason) => {
      const { ensure, kept, asked } = await claiming("encrypted", {
        createProfileEncrypted: () => refusedWith(reason),
        fetchProfile: () => refusals.unknownProfile(),
      });
      const { cipher, read } = rotated();
      await expect(ensure(0, { cipher })).rejects.toThrow(Transient);
      expect(read.again).toBe(1);
      expect(asked.filter((name) => name === "createProfileEncrypted")).toHaveLength(2);
      expect(await kept()).toEqual(untouched);
    },
  );

  test("and, with the new key, for an invalid package is over", async () => {
    const answers = [refusedWith("INVALID_KEY_ID"), refusals.unknownPackage()];
    const { ensure, kept } = await claiming("encrypted", {
      createProfileEncrypted: () => answers.shift() ?? withLink,
    });
    await expect(ensure()).rejects.toMatchObject({ name: "Unprocessable", reason: "INVALID_PACKAGE_ID" });
    expect(await kept()).toEqual(released);
  });

  test("sends nothing of the customer in clear", async () => {
    const bodies: unknown[] = [];
    const { ensure } = await claiming("encrypted", {
      createProfileEncrypted({ body }) {
        bodies.push(body);
        return bodies.length === 1 ? refusedWith("DECRYPTION_FAILED") : withLink;
      },
    });
    await ensure();
    expect(bodies).toHaveLength(2);
    expect(JSON.stringify(bodies)).not.toContain("Example Company");
    expect(JSON.stringify(request)).toContain("Example Company");
  });
});

describe("a create that is refused for good lets go of the claim and of the request", () => {
  test.each([
    ...modes.map((mode) => [mode, "INVALID_PACKAGE_ID"] as const),
    ...modes.map((mode) => [mode, "BASE64_DECODE_ERROR"] as const),
    ...inClear.map((mode) => [mode, "SOMETHING_ELSE"] as const),
    ...inClear.map((mode) => [mode, "DECRYPTION_FAILED"] as const),
  ])("%s: 422 %s", async (mode, reason) => {
    const { ensure, kept, asked } = await claiming(
      mode,
      creating(() => refusedWith(reason)),
    );
    const refusal = await ensure().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Unprocessable);
    expect(refusal).toMatchObject({ reason });
    expect(asked).toEqual([createOf[mode]]);
    expect(await kept()).toEqual(released);
  });

  test.each(modes)("%s: 400", async (mode) => {
    const { ensure, kept } = await claiming(
      mode,
      creating(() => refusals.badRequest("data.dob: expected a string")),
    );
    await expect(ensure()).rejects.toThrow(BadRequest);
    expect(await kept()).toEqual(released);
  });

  test("and of no other: nobody takes the reference in that moment, who would lose his own", async () => {
    const { ensure, vault, claimed } = await claiming(
      "async",
      creating(() => refusedWith("INVALID_PACKAGE_ID")),
    );
    const remove = vault.remove.bind(vault);
    vault.remove = async (...object) => {
      await expect(claimed()).rejects.toThrow("what the reference left is being erased");
      return remove(...object);
    };
    await expect(ensure()).rejects.toThrow(Unprocessable);
    const anew = await claimed();
    expect(anew).toMatchObject({ attempt: 2 });
    expect(await vault.get(key, `request-${anew.request_hash}`)).toEqual(request);
  });

  test("and whoever comes with that claim finds it gone", async () => {
    const { ensure, asked } = await claiming("async", {
      createProfileAsync: () => refusals.unknownPackage(),
    });
    await expect(ensure()).rejects.toThrow(Unprocessable);
    await expect(ensure()).rejects.toThrow(ClaimLost);
    expect(asked).toEqual(["createProfileAsync"]);
  });
});

describe("one profile for one claim", () => {
  test("two callers at once create once", async () => {
    const { ensure, asked } = await claiming("sync", {
      async createProfileSync() {
        // The other one comes while this one waits for its answer.
        await setImmediate();
        await setImmediate();
        return withLink;
      },
    });
    const both = await Promise.all([ensure(), ensure()]);
    expect(both.map((created) => created.profile_id)).toEqual([profile_id, profile_id]);
    expect(asked).toEqual(["createProfileSync"]);
  });

  /** A create that got through, whose function died before it could write that down or give its right back. */
  async function died() {
    const world = await claiming("sync", {
      createProfileSync: () => withLink,
      fetchProfile: () => statusAnswer("capture_pending"),
    });
    const dying = {
      ...world.records,
      bind: async () => {
        throw new Error("the function died");
      },
      unlease: async () => false,
    };
    await expect(world.ensure(0, { records: dying })).rejects.toThrow("died");
    expect(await world.records.claimOf(key)).toMatchObject({ creates: 1, profile_id: null });
    return world;
  }

  test("after a crash between the create and its note the profile is looked up and adopted", async () => {
    const { ensure, asked, clock, kept } = await died();
    // Longer than any function runs.
    clock.now += 15 * 60_000;
    expect(await ensure()).toEqual({ profile_id, link: null });
    expect(asked).toEqual(["createProfileSync", "fetchStatus"]);
    expect(await kept()).toMatchObject({ released: false, profile_id });
  });

  test("nobody asks the gateway while whoever died may still be at it", async () => {
    const { ensure, asked, kept } = await died();
    await expect(ensure(1_000)).rejects.toThrow(Transient);
    expect(asked).toEqual(["createProfileSync"]);
    expect(await kept()).toEqual(untouched);
  });

  test("a create whose answer was lost is looked up before anybody creates again", async () => {
    const answers = [refusals.internal(), accepted];
    const { ensure, asked } = await claiming("async", {
      createProfileAsync: () => answers.shift() ?? refusals.duplicateReference(),
      fetchProfile: () => refusals.unknownProfile(),
    });
    await expect(ensure()).rejects.toThrow(Transient);
    expect(await ensure()).toEqual({ profile_id, link: null });
    expect(asked).toEqual(["createProfileAsync", "fetchStatus", "fetchStatus", "createProfileAsync"]);
  });
});
