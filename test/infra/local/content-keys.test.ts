import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { newContentKey, rotated } from "../../../infra/local/content-keys.ts";
import { createContentCipher, encryptingKey } from "../../../shared/gateway/encryption.ts";
import { contentKeySchema, type StoredContentKey } from "../../../shared/store/secrets.ts";

const pace = { switchAfterSeconds: 600, overlapSeconds: 3_600 };
const NOW = Date.parse("2026-01-05T09:00:00.000Z");
const inSeconds = (seconds: number) => NOW + seconds * 1000;
const key = (kid: string) => ({ kid, cek: randomBytes(32).toString("base64") });

describe("a rotation of content keys", () => {
  const [first] = rotated([], key("first"), NOW, pace) as [StoredContentKey];
  const second = rotated([first], key("second"), NOW, pace);

  test("the first key encrypts at once and stays", () => {
    expect(first).toMatchObject({ kid: "first", encrypts_from: NOW, retires_at: null });
  });

  test("a new key comes first, takes over after the switch, and the one before retires after the overlap", () => {
    expect(second).toEqual([
      { ...second[0], kid: "second", encrypts_from: inSeconds(600), retires_at: null },
      { ...first, retires_at: inSeconds(600 + 3_600) },
    ]);
    expect(encryptingKey(second, inSeconds(599))?.kid).toBe("first");
    expect(encryptingKey(second, inSeconds(600))?.kid).toBe("second");
    expect(encryptingKey(second, inSeconds(999_999))?.kid).toBe("second");
  });

  test("tokens of before are read until the overlap ends, and not after", async () => {
    const cipherAt = (keys: readonly StoredContentKey[], at: number) =>
      createContentCipher({ get: async () => keys, refresh: async () => keys }, () => at);
    const token = await cipherAt([first], NOW).encrypt("from before");
    for (const seconds of [0, 600, 4_199])
      expect(await cipherAt(second, inSeconds(seconds)).decrypt(token)).toBe("from before");
    await expect(cipherAt(second, inSeconds(4_200)).decrypt(token)).rejects.toThrow("cannot be decrypted");
  });

  test("a second rotation leaves an earlier retirement alone, and drops what is retired", () => {
    const third = rotated(second, key("third"), inSeconds(1_000), pace);
    expect(third.map(({ kid, retires_at }) => [kid, retires_at])).toEqual([
      ["third", null],
      ["second", inSeconds(1_000 + 600 + 3_600)],
      ["first", inSeconds(600 + 3_600)],
    ]);
    expect(rotated(second, key("third"), inSeconds(4_200), pace).map(({ kid }) => kid)).toEqual([
      "third",
      "second",
    ]);
  });

  test("a kid that is taken is refused", () => {
    expect(() => rotated([first], key("first"), NOW, pace)).toThrow("a key of this kid already");
  });

  test.each([
    ["too short"],
    [randomBytes(16).toString("base64")],
    [randomBytes(33).toString("base64")],
    [""],
  ])("a key of another length is refused and not quoted: %j", (cek) => {
    expect(() => rotated([], { kid: "k", cek }, NOW, pace)).toThrow(
      /^the key is not usable: must be 32 bytes in Base64$/,
    );
  });

  test("keys that are made here are random and whole", () => {
    const made = Array.from({ length: 50 }, newContentKey);
    expect(new Set(made.flatMap(({ kid, cek }) => [kid, cek])).size).toBe(100);
    for (const each of made)
      expect(contentKeySchema.safeParse({ ...each, encrypts_from: 0, retires_at: null }).success).toBe(true);
  });
});
