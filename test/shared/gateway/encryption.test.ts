import { inspect } from "node:util";
import * as fc from "fast-check";
import { compactDecrypt } from "jose";
import { describe, expect, test } from "vitest";
import type * as z from "zod";
import { type CreateRequest, createRequestSchema, fieldProblem } from "../../../shared/gateway/create.ts";
import {
  type ContentKey,
  createContentCipher,
  decryptCreate,
  decryptProfile,
  encryptCreate,
} from "../../../shared/gateway/encryption.ts";
import { DecryptionFailed, NoContentKey, UnreadableAnswer } from "../../../shared/gateway/errors.ts";
import type { EncryptedProfile } from "../../../shared/gateway/profile.ts";
import { fullCreateRequest } from "./full-request.ts";
import { current, hostileTokens, now, older, ownKeys, retired, secretText, valid } from "./hostile-tokens.ts";
import { readable, refused, rsaOaep, withoutKid } from "./jwe-vectors.ts";
import { seal, unseal } from "./seal.ts";

/** A cipher over these keys, with its look-ups counted. A refresh brings the `later` ones. */
function setUp(keys: readonly ContentKey[] = ownKeys, later: readonly ContentKey[] = keys) {
  const world = { now, gets: 0, refreshes: 0 };
  const cipher = createContentCipher(
    {
      get: async () => {
        world.gets++;
        return keys;
      },
      refresh: async () => {
        world.refreshes++;
        return later;
      },
    },
    () => world.now,
  );
  return { cipher, world };
}

const cekOf = ({ cek }: ContentKey) => Buffer.from(cek, "base64");
const headerOf = (token: string): unknown =>
  JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString());
const key = (kid: string, given: Partial<ContentKey> = {}): ContentKey => ({
  kid,
  cek: Buffer.alloc(32, kid).toString("base64"),
  encrypts_from: 0,
  retires_at: null,
  ...given,
});
const { cipher } = setUp();
const failure = (attempt: Promise<unknown>) =>
  attempt.then(
    () => expect.fail("was not refused"),
    (error: unknown) => error,
  );
/** Everything about a refusal that a caller could tell from another. */
const refusal = (error: unknown) => {
  const { name, message, status, body } = error as DecryptionFailed;
  return {
    class: Object(error).constructor,
    text: String(error),
    json: JSON.stringify(error),
    own: Reflect.ownKeys(Object(error)).toSorted(),
    values: { name, message, status, body },
    caused: "cause" in Object(error),
  };
};

const create = { reference_id: "r", config: { id: "c" } };
const resources = { documents: [], images: [], videos: [], text: [] };
async function encryptedProfile(
  parts: { profile_data?: unknown; resources?: unknown; tasks?: unknown } = {},
): Promise<EncryptedProfile> {
  const all = { profile_data: { created_at: "2026-01-01T00:00:00Z" }, resources, tasks: [], ...parts };
  return {
    profile_id: "p",
    reference_id: "r",
    config: { id: "c" },
    status: "completed",
    status_detail: null,
    encrypted_profile_data: await cipher.encrypt(all.profile_data),
    encrypted_resources: await cipher.encrypt(all.resources),
    encrypted_tasks: await cipher.encrypt(all.tasks),
  };
}

describe("published tokens", () => {
  test.each(readable)("$source decrypts", async ({ kid, cek, token, plaintext }) => {
    const published = key(kid, { cek });
    expect(await setUp([published]).cipher.decrypt(token)).toEqual(JSON.parse(plaintext));
    expect(unseal(token, cekOf(published))).toBe(plaintext);
  });

  test("one without a kid is refused, though the library reads it with the same options", async () => {
    const { cek, token, plaintext } = withoutKid;
    const pinned = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
    const read = await compactDecrypt(token, Buffer.from(cek, "base64"), pinned);
    expect(Buffer.from(read.plaintext).toString()).toBe(plaintext);
    const keys = ["", "undefined", "null"].map((kid) => key(kid, { cek }));
    expect(await failure(setUp(keys).cipher.decrypt(token))).toBeInstanceOf(DecryptionFailed);
  });

  test.each(refused)("$source is sound, and refused", async ({ cek, token, plaintext }) => {
    const read = await compactDecrypt(token, Buffer.from(cek, "base64"));
    expect(Buffer.from(read.plaintext).toString()).toBe(plaintext);
    const { kid = "undefined" } = headerOf(token) as { kid?: string };
    expect(await failure(setUp([key(kid, { cek })]).cipher.decrypt(token))).toBeInstanceOf(DecryptionFailed);
  });

  test("RSA-OAEP of RFC 7516 is sound, and refused even to whoever has its content key", async () => {
    const { cek, token, plaintext } = rsaOaep;
    expect(unseal(token, Buffer.from(cek, "base64"))).toBe(plaintext);
    const keys = [key("undefined", { cek })];
    expect(await failure(setUp(keys).cipher.decrypt(token))).toBeInstanceOf(DecryptionFailed);
  });
});

describe("hostile tokens", async () => {
  const hostile = await hostileTokens();
  const reference = refusal(new DecryptionFailed());

  test("are all different from each other and from the valid one, which decrypts", async () => {
    expect(await cipher.decrypt(valid)).toMatchObject({ secret: secretText });
    expect(new Set(hostile.map(([name]) => name)).size).toBe(hostile.length);
    expect(new Set([valid, ...hostile.map(([, token]) => token)]).size).toBe(hostile.length + 1);
    expect(hostile.length).toBeGreaterThan(200);
  });

  test.each(hostile)("%s: refused like every other", async (_name, token) => {
    const encrypted = await encryptedProfile();
    const tampered = (field: keyof EncryptedProfile) =>
      decryptProfile({ ...encrypted, [field]: token } as EncryptedProfile, cipher);
    const hostileToken = token as string;
    const attempts = [
      cipher.decrypt(hostileToken),
      decryptCreate({ ...create, encrypted_data: hostileToken }, cipher),
      decryptCreate({ ...create, encrypted_data: valid, encrypted_payload: hostileToken }, cipher),
      tampered("encrypted_profile_data"),
      tampered("encrypted_resources"),
      tampered("encrypted_tasks"),
    ];
    const told = [secretText, current.kid, current.cek, ...String(token).split(".")].filter(
      (text) => text.length >= 8,
    );
    for (const error of await Promise.all(attempts.map(failure))) {
      expect(refusal(error)).toEqual(reference);
      const all = inspect(error, { showHidden: true, depth: Number.POSITIVE_INFINITY });
      expect(told.filter((text) => all.includes(text))).toEqual([]);
    }
  });

  test("any one character of a token replaced, removed or added makes it one", async () => {
    const character = fc.oneof(
      fc.constantFrom(..."AQgw-_=+/. \n0"),
      fc.string({ unit: "binary", maxLength: 1 }),
    );
    const place = fc.nat({ max: valid.length });
    await fc.assert(
      fc.asyncProperty(place, fc.constantFrom(0, 1), character, async (at, removed, put) => {
        const token = valid.slice(0, at) + put + valid.slice(at + removed);
        fc.pre(token !== valid);
        expect(refusal(await failure(cipher.decrypt(token)))).toEqual(reference);
      }),
      { numRuns: 2_000 },
    );
  });

  test("any string is one", async () => {
    const part = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("base64url"));
    const header = fc
      .dictionary(fc.constantFrom("alg", "enc", "kid", "zip", "crit", "cty"), fc.jsonValue())
      .map((given) =>
        Buffer.from(JSON.stringify({ alg: "dir", enc: "A256GCM", kid: current.kid, ...given })).toString(
          "base64url",
        ),
      );
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.array(part, { maxLength: 7 }).map((parts) => parts.join(".")),
      fc
        .tuple(fc.oneof(header, part), fc.constantFrom("", "AA"), part, part, part)
        .map((parts) => parts.join(".")),
    );
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        expect(refusal(await failure(cipher.decrypt(token)))).toEqual(reference);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("a token", () => {
  test("says dir, A256GCM and the kid, and has no encrypted key", async () => {
    const token = await cipher.encrypt({ secret: secretText });
    expect(headerOf(token)).toEqual({ alg: "dir", enc: "A256GCM", kid: current.kid });
    expect(token).toMatch(/^[\w-]+\.\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/);
  });

  test("has an IV of its own, a thousand times", async () => {
    const tokens = await Promise.all(Array.from({ length: 1_000 }, () => cipher.encrypt({})));
    expect(new Set(tokens.map((token) => token.split(".")[2])).size).toBe(1_000);
  });

  test("brings any JSON back, over a second implementation too, in both directions", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const json = JSON.stringify(value);
        const token = await cipher.encrypt(value);
        expect(JSON.stringify(await cipher.decrypt(token))).toBe(json);
        expect(unseal(token, cekOf(current))).toBe(json);
        const theirs = seal({ alg: "dir", enc: "A256GCM", kid: current.kid }, json, cekOf(current));
        expect(JSON.stringify(await cipher.decrypt(theirs))).toBe(json);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["in another order", JSON.stringify({ kid: current.kid, enc: "A256GCM", alg: "dir" })],
    ["with spaces", JSON.stringify({ alg: "dir", enc: "A256GCM", kid: current.kid }, null, 2)],
    ["with escapes", `{"\\u0061lg":"\\u0064ir","enc":"A256GCM","kid":"${current.kid}"}`],
    [
      "with members that change nothing",
      JSON.stringify({ typ: "JWE", alg: "dir", enc: "A256GCM", kid: current.kid, cty: "json", note: '":"' }),
    ],
  ])("is read with its header %s", async (_how, header) => {
    expect(await cipher.decrypt(seal(header, '{"a":1}', cekOf(current)))).toEqual({ a: 1 });
  });
});

describe("keys", () => {
  const future = key("future", { encrypts_from: now + 1 });

  test("the newest in force encrypts, wherever it stands", async () => {
    const replaced = key("replaced", { encrypts_from: now - 1, retires_at: now });
    for (const keys of [
      [older, current, future, replaced, retired],
      [retired, replaced, future, current, older],
    ]) {
      const token = await setUp(keys).cipher.encrypt({});
      expect(headerOf(token)).toMatchObject({ kid: current.kid });
    }
  });

  test("one takes over at its moment and is refused from its retirement on", async () => {
    const leaving = key("leaving", { retires_at: now + 2 });
    const { cipher, world } = setUp([leaving, future]);
    const kidNow = async () => headerOf(await cipher.encrypt({}));
    expect(await kidNow()).toMatchObject({ kid: "leaving" });
    const token = await cipher.encrypt({ a: 1 });
    world.now = now + 1;
    expect(await kidNow()).toMatchObject({ kid: "future" });
    expect(await cipher.decrypt(token)).toEqual({ a: 1 });
    world.now = now + 2;
    expect(await failure(cipher.decrypt(token))).toBeInstanceOf(DecryptionFailed);
  });

  test("an older one that is not retired still decrypts, and so does one we do not encrypt with yet", async () => {
    const { cipher } = setUp([current, older, future]);
    for (const { kid, cek } of [older, future]) {
      const token = seal({ alg: "dir", enc: "A256GCM", kid }, '{"a":1}', Buffer.from(cek, "base64"));
      expect(await cipher.decrypt(token)).toEqual({ a: 1 });
    }
  });

  test("an unknown kid reads them again once, a known one never", async () => {
    const unknown = seal({ alg: "dir", enc: "A256GCM", kid: future.kid }, '{"a":1}', cekOf(future));
    const arriving = setUp([current], [current, future]);
    expect(await arriving.cipher.decrypt(unknown)).toEqual({ a: 1 });
    expect(arriving.world).toMatchObject({ gets: 1, refreshes: 1 });

    const staying = setUp([current]);
    expect(await failure(staying.cipher.decrypt(unknown))).toBeInstanceOf(DecryptionFailed);
    expect(staying.world).toMatchObject({ gets: 1, refreshes: 1 });

    const known = setUp([current]);
    await known.cipher.decrypt(valid);
    expect(await failure(known.cipher.decrypt(`${valid.slice(0, -22)}${"A".repeat(22)}`))).toBeInstanceOf(
      DecryptionFailed,
    );
    expect(known.world).toMatchObject({ gets: 2, refreshes: 0 });
  });

  test("what no key can open is refused before any is looked up", async () => {
    const { cipher, world } = setUp([current]);
    const [header = "", , ...rest] = valid.split(".");
    const says = (given: object) =>
      seal({ alg: "dir", enc: "A256GCM", kid: "k", ...given }, "{}", cekOf(current));
    for (const token of [
      ...[
        "",
        "a.b.c",
        `${valid}.`,
        `${header}..${rest[0]}`,
        [header, "AA", ...rest].join("."),
        withoutKid.token,
      ],
      ...[{ alg: "A256KW" }, { enc: "A128GCM" }, { zip: "DEF" }, { crit: ["kid"] }, { kid: 1 }].map(says),
    ])
      expect(await failure(cipher.decrypt(token))).toBeInstanceOf(DecryptionFailed);
    expect(world).toMatchObject({ gets: 0, refreshes: 0 });
  });

  test("renewed are read again", async () => {
    const { cipher, world } = setUp();
    await cipher.renew();
    expect(world).toMatchObject({ gets: 0, refreshes: 1 });
  });

  test.each([
    ["no key at all", []],
    ["a key of tomorrow", [future]],
    ["a retired key", [retired]],
  ])("with %s nothing is encrypted", async (_name, keys) => {
    const { cipher } = setUp(keys);
    const attempts = [
      cipher.encrypt({ secret: secretText }),
      encryptCreate({ ...create, data: { dob: secretText } }, cipher),
    ];
    for (const error of await Promise.all(attempts.map(failure))) {
      expect(error).toBeInstanceOf(NoContentKey);
      expect(inspect(error, { showHidden: true })).not.toContain(secretText);
    }
  });

  test("that cannot be read are no failure to decrypt", async () => {
    const broken = new Error("the secret cannot be read");
    const refuse = () => Promise.reject(broken);
    const unread = createContentCipher({ get: refuse, refresh: async () => ownKeys });
    expect(await failure(unread.encrypt({}))).toBe(broken);
    expect(await failure(unread.decrypt(valid))).toBe(broken);
    expect(await failure(encryptCreate(create, unread))).toBe(broken);
    expect(await failure(decryptCreate({ ...create, encrypted_data: valid }, unread))).toBe(broken);
    expect(await failure(decryptProfile(await encryptedProfile(), unread))).toBe(broken);
    const unrefreshed = createContentCipher({ get: async () => [], refresh: refuse });
    expect(await failure(unrefreshed.decrypt(valid))).toBe(broken);
  });
});

/** Every field that a schema lists, as a dotted path; items of arrays have their array's. */
function fieldsOf(schema: z.core.$ZodType, path: string[] = []): string[] {
  const { def } = schema._zod as unknown as { def: Record<string, unknown> & { type: string } };
  if (def.type === "object")
    return Object.entries(def["shape"] as Record<string, z.core.$ZodType>).flatMap(([field, inner]) =>
      fieldsOf(inner, [...path, field]),
    );
  const inner = (def["innerType"] ?? def["element"]) as z.core.$ZodType | undefined;
  return inner ? fieldsOf(inner, path) : [path.join(".")];
}

/** Every string and number in a value, by its path. */
function leavesOf(value: unknown, path: string[] = []): { path: string; leaf: string }[] {
  if (typeof value !== "object" || value === null) return [{ path: path.join("."), leaf: String(value) }];
  return Object.entries(value).flatMap(([field, inner]) =>
    leavesOf(inner, Array.isArray(value) ? path : [...path, field]),
  );
}

describe("an encrypted create", () => {
  const full = fullCreateRequest("reference-1", "config-1");

  test("has every field of the contract in these tests", () => {
    const used = new Set(leavesOf(full).map(({ path }) => path));
    expect(fieldsOf(createRequestSchema).filter((field) => !used.has(field))).toEqual([]);
    expect(createRequestSchema.parse(full)).toEqual(full);
  });

  test("comes back as it was", async () => {
    for (const request of [full, create, { ...create, data: {} }, { ...create, payload: {} }]) {
      const read = await decryptCreate(await encryptCreate(request, cipher), cipher);
      expect(read.data).toEqual({ data: {}, ...request });
    }
  });

  test("says nothing of the customer in clear", async () => {
    const body = await encryptCreate(full, cipher);
    const { encrypted_data, encrypted_payload = "", ...clear } = body;
    const { reference_id, group_id, config, relay_data } = full;
    expect(clear).toEqual({ reference_id, group_id, config, relay_data });
    const sent = [encrypted_data, encrypted_payload]
      .flatMap((token) => token.split("."))
      .map((part) => Buffer.from(part, "base64url").toString("latin1"));
    const everything = [JSON.stringify(clear), ...sent].join("\n");
    // Shorter ones are found in random bytes, too; types are no personal data, and `video` is in `video_call`.
    const personal = leavesOf([full.data, full.payload]).filter(
      ({ path, leaf }) => leaf.length >= 6 && !path.endsWith("type"),
    );
    expect(personal.length).toBeGreaterThan(100);
    expect(personal.filter(({ leaf }) => everything.includes(leaf))).toEqual([]);
  });

  test("always has data, and a payload only when the request does", async () => {
    const body = await encryptCreate(create, cipher);
    expect(Object.keys(body).toSorted()).toEqual(["config", "encrypted_data", "reference_id"]);
    expect(await cipher.decrypt(body.encrypted_data)).toEqual({});
  });

  test("leaves out what nobody listed", async () => {
    const request: CreateRequest = { ...create, customer: secretText, notes: [secretText] };
    expect(JSON.stringify(await encryptCreate(request, cipher))).not.toContain(secretText);
  });

  test("takes nothing of the customer that came in clear", async () => {
    const body = await encryptCreate({ ...create, data: { dob: "1900-01-01" } }, cipher);
    const read = await decryptCreate(
      { ...body, data: { dob: "tampered" }, payload: { messages: [] } },
      cipher,
    );
    expect(read.data).toEqual({ ...create, data: { dob: "1900-01-01" } });
  });

  test.each([
    ["data.dob", { data: { dob: 12_345_678 } }],
    ["data", { data: secretText }],
    ["data", { data: [secretText] }],
    ["data.addresses.0.type", { data: { addresses: [{ type: secretText }] } }],
    ["data.ind_pan_details.id_number", { data: { ind_pan_details: { id_number: [secretText] } } }],
    ["data.videos.0.type", { data: { videos: [{ type: secretText, value: secretText }] } }],
    ["payload.messages.0.value", { payload: { messages: [{ label: secretText, value: secretText }] } }],
  ])("with a wrong %s is reported by that path, never by its value", async (path, wrong) => {
    const request = { ...create, data: {}, ...wrong } as CreateRequest;
    const { error } = await decryptCreate(await encryptCreate(request, cipher), cipher);
    const problem = error ? fieldProblem(error) : "";
    expect(problem).toMatch(new RegExp(`^${path.replaceAll(".", "\\.")}: `));
    expect(problem).not.toMatch(new RegExp(`${secretText}|12345678`));
  });
});

describe("an encrypted profile", () => {
  test("is the full profile of its parts", async () => {
    const task = { task_id: "t", tasks: [{ tasks: [] }] };
    const encrypted = { ...(await encryptedProfile({ tasks: [task] })), status_detail: "auto-close" };
    expect(await decryptProfile(encrypted, cipher)).toEqual({
      profile_id: "p",
      reference_id: "r",
      config: { id: "c" },
      status: "completed",
      status_detail: "auto-close",
      reviewer_action: null,
      schema_version: "1.0.0",
      profile_data: { created_at: "2026-01-01T00:00:00Z" },
      resources,
      tasks: [task],
    });
  });

  test("takes its parts from the tokens only", async () => {
    const clear = { profile_data: {}, resources: {}, tasks: [{ task_id: "in clear" }] };
    const read = await decryptProfile({ ...(await encryptedProfile()), ...clear }, cipher);
    expect(read).toMatchObject({ resources, tasks: [] });
  });

  const nested = `${'[{"tasks":'.repeat(50_000)}[]${"}]".repeat(50_000)}`;
  test.each([
    ["without a creation time", { encrypted_profile_data: "{}" }],
    ["with another resource", { encrypted_resources: `{"documents":["${secretText}"]}` }],
    ["with a text for tasks", { encrypted_tasks: `"${secretText}"` }],
    ["with tasks nested without end", { encrypted_tasks: nested }],
  ])("%s is unreadable, and the error does not quote it", async (_name, parts) => {
    const header = { alg: "dir", enc: "A256GCM", kid: current.kid };
    const tokens = Object.entries(parts).map(([field, json]) => [field, seal(header, json, cekOf(current))]);
    const encrypted = { ...(await encryptedProfile()), ...Object.fromEntries(tokens) };
    const error = await failure(decryptProfile(encrypted, cipher));
    expect(error).toBeInstanceOf(UnreadableAnswer);
    expect(inspect(error, { showHidden: true })).not.toContain(secretText);
  });
});
