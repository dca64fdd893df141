import { createHash, randomBytes } from "node:crypto";

/** An unguessable word of 32 random bytes. */
export function newKey(): string {
  return randomBytes(32).toString("base64url");
}

/** What is kept of such a word. */
export function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
