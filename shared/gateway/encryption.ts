import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from "jose";
import type * as z from "zod";
import { checkBody } from "./check-body.ts";
import type { CreateRequest, EncryptedCreateRequest } from "./create.ts";
import { createRequestSchema } from "./create.ts";
import { DecryptionFailed, NoContentKey, UnreadableAnswer } from "./errors.ts";
import { isTooDeep, jsonProblem, parseJson } from "./json.ts";
import { type EncryptedProfile, type FullProfile, fullProfileSchema } from "./profile.ts";

/** A content-encryption key that an account shares with the gateway (contract §9). Times are epoch milliseconds. */
export interface ContentKey {
  /** The `key_id` that came with the key. */
  kid: string;
  /** 32 bytes, Base64, as delivered. */
  cek: string;
  /** From then on this side encrypts with it, until a later one takes over. */
  encrypts_from: number;
  /** From then on its tokens are refused; `null`: not retired. */
  retires_at: number | null;
}

/** The keys of one account. */
export interface ContentKeys {
  get(): Promise<readonly ContentKey[]>;
  /** Reads them again, because a token names one that is not there. */
  refresh(): Promise<readonly ContentKey[]>;
}

/** Turns JSON values into compact JWEs and back. */
export interface ContentCipher {
  /** Throws `NoContentKey`. */
  encrypt(value: unknown): Promise<string>;
  /** Throws `DecryptionFailed`, and nothing else, for whatever is not a token of this account. */
  decrypt(token: string): Promise<unknown>;
  /** Reads the keys again, because the gateway may have refused one that is out of date. */
  renew(): Promise<void>;
}

const ALG = "dir";
const ENC = "A256GCM";
/** Members that would change how a token is read. */
const refusedMembers = ["zip", "crit", "b64"];
/** In characters; several times what the three members need. */
const MAX_HEADER_LENGTH = 2_048;

/**
 * JWE in compact serialisation, `dir` with `A256GCM` and nothing else (contract §9). The key is the one of exactly
 * the token's `kid` in this account; compressed tokens and critical extensions are refused.
 *
 * @example
 * const cipher = createContentCipher({ get: async () => keys, refresh: async () => keys });
 * await cipher.decrypt(await cipher.encrypt({ dob: "1990-01-01" }));
 */
export function createContentCipher(keys: ContentKeys, now: () => number = Date.now): ContentCipher {
  const find = (known: readonly ContentKey[], kid: string) =>
    known.find((key) => key.kid === kid && (key.retires_at === null || key.retires_at > now()));
  return {
    async encrypt(value) {
      const key = encryptingKey(await keys.get(), now());
      if (!key) throw new NoContentKey("the account has no content key in force");
      // The library draws a fresh random IV for every token.
      return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(value)))
        .setProtectedHeader({ alg: ALG, enc: ENC, kid: key.kid })
        .encrypt(Buffer.from(key.cek, "base64"));
    },

    async decrypt(token) {
      const kid = kidOf(token);
      const key = find(await keys.get(), kid) ?? find(await keys.refresh(), kid);
      const value = key && (await open(token, key));
      if (!value) throw new DecryptionFailed();
      return value.json;
    },

    async renew() {
      await keys.refresh();
    },
  };
}

/** The JSON value of a token under this key; `null` when it is not one. The library's error goes no further. */
async function open(token: string, { cek }: ContentKey): Promise<{ json: unknown } | null> {
  try {
    const { plaintext } = await compactDecrypt(token, Buffer.from(cek, "base64"), {
      keyManagementAlgorithms: [ALG],
      contentEncryptionAlgorithms: [ENC],
    });
    const parsed = parseJson(plaintext);
    return parsed && { json: parsed.value };
  } catch {
    return null;
  }
}

/** The newest key that is in force; the one to encrypt with. */
export const encryptingKey = (keys: readonly ContentKey[], now: number): ContentKey | undefined =>
  keys
    .filter(
      ({ encrypts_from, retires_at }) => encrypts_from <= now && (retires_at === null || retires_at > now),
    )
    .sort((one, other) => other.encrypts_from - one.encrypts_from)[0];

/** The `kid` of a token that says what the contract says and nothing more. */
function kidOf(token: string): string {
  const header = headerOf(token);
  if (
    header?.["alg"] !== ALG ||
    header["enc"] !== ENC ||
    typeof header["kid"] !== "string" ||
    refusedMembers.some((member) => member in header)
  )
    throw new DecryptionFailed();
  return header["kid"];
}

/** The protected header of five parts, each in its one canonical encoding; `null` for everything else. */
function headerOf(token: unknown): Record<string, unknown> | null {
  if (typeof token !== "string") return null;
  const parts = token.split(".", 6);
  const [encoded = "", encryptedKey] = parts;
  if (parts.length !== 5 || encryptedKey !== "" || encoded.length > MAX_HEADER_LENGTH) return null;
  if (parts.some((part) => Buffer.from(part, "base64url").toString("base64url") !== part)) return null;
  try {
    const header = decodeProtectedHeader(token);
    return namesEachOnce(Buffer.from(encoded, "base64url").toString(), header) ? header : null;
  } catch {
    return null;
  }
}

/** Whether a flat header has no name twice: `JSON.parse` keeps the last of them, where others keep the first. */
function namesEachOnce(json: string, header: object): boolean {
  const strings = json.match(/"(?:[^"\\]|\\.)*"\s*:?/g) ?? [];
  return strings.filter((text) => text.endsWith(":")).length === Object.keys(header).length;
}

/** E17's body of a create request: what §9.1 lists in clear, and everything about the customer encrypted. */
export async function encryptCreate(
  { reference_id, group_id, config, data, payload, relay_data }: CreateRequest,
  cipher: ContentCipher,
): Promise<EncryptedCreateRequest> {
  return {
    reference_id,
    ...(group_id !== undefined && { group_id }),
    config: {
      id: config.id,
      ...(config.overrides !== undefined && { overrides: config.overrides }),
      ...(config.reference_profile_id !== undefined && { reference_profile_id: config.reference_profile_id }),
    },
    encrypted_data: await cipher.encrypt(data ?? {}),
    ...(payload !== undefined && { encrypted_payload: await cipher.encrypt(payload) }),
    ...(relay_data !== undefined && { relay_data }),
  };
}

const decryptedRequestSchema = createRequestSchema.superRefine((request, issues) => {
  const problem = jsonProblem(request);
  if (problem) issues.addIssue({ code: "custom", message: problem });
});

/** The create request in E17's body. What was encrypted is checked like a plain request. Throws `DecryptionFailed`. */
export async function decryptCreate(
  // `data` and `payload` in clear are no part of E17's body: they would get past the encryption.
  { encrypted_data, encrypted_payload, data: _data, payload: _payload, ...clear }: EncryptedCreateRequest,
  cipher: ContentCipher,
): Promise<z.ZodSafeParseResult<CreateRequest>> {
  return checkBody(decryptedRequestSchema, {
    ...clear,
    data: await cipher.decrypt(encrypted_data),
    ...(encrypted_payload !== undefined && { payload: await cipher.decrypt(encrypted_payload) }),
  });
}

/** The full profile (§4.1) in E18's answer. Throws `DecryptionFailed`, or `UnreadableAnswer` for another shape. */
export async function decryptProfile(
  { encrypted_profile_data, encrypted_resources, encrypted_tasks, ...clear }: EncryptedProfile,
  cipher: ContentCipher,
): Promise<FullProfile> {
  const [profile_data, resources, tasks] = await Promise.all(
    [encrypted_profile_data, encrypted_resources, encrypted_tasks].map((token) => cipher.decrypt(token)),
  );
  try {
    if ([profile_data, resources, tasks].some(isTooDeep)) throw new RangeError("nested too deeply");
    return fullProfileSchema.parse({
      schema_version: "1.0.0",
      reviewer_action: null,
      ...clear,
      profile_data,
      resources,
      tasks,
    });
  } catch {
    // Zod quotes values: its error goes no further.
    throw new UnreadableAnswer("the gateway's answer has an unexpected shape", 200);
  }
}
