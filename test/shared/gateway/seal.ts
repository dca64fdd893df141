import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/**
 * Compact JWEs of `dir` with `A256GCM`, by the letter of RFC 7516 §5 and on `node:crypto` alone: a second
 * implementation that ours is held to, and one that seals whatever header, plaintext and IV a test asks for.
 */
export function seal(
  header: object | string | Buffer,
  plaintext: string | Buffer,
  cek: Buffer,
  iv: Buffer = randomBytes(12),
): string {
  const raw = typeof header === "string" || Buffer.isBuffer(header) ? header : JSON.stringify(header);
  const aad = Buffer.from(raw).toString("base64url");
  const gcm = createCipheriv("aes-256-gcm", cek, iv).setAAD(Buffer.from(aad, "ascii"));
  const ciphertext = Buffer.concat([gcm.update(plaintext), gcm.final()]);
  return [aad, "", ...[iv, ciphertext, gcm.getAuthTag()].map((part) => part.toString("base64url"))].join(".");
}

/** The plaintext of a token, whatever its header says; throws when the tag does not fit. */
export function unseal(token: string, cek: Buffer): string {
  const [aad = "", , ...rest] = token.split(".");
  const [iv, ciphertext, tag] = rest.map((part) => Buffer.from(part, "base64url"));
  if (!iv || !ciphertext || !tag) throw new Error("a compact JWE has five parts");
  const gcm = createDecipheriv("aes-256-gcm", cek, iv, { authTagLength: 16 })
    .setAAD(Buffer.from(aad, "ascii"))
    .setAuthTag(tag);
  return Buffer.concat([gcm.update(ciphertext), gcm.final()]).toString("utf8");
}
