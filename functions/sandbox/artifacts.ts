import { createHmac } from "node:crypto";
import type { ProfileRecord } from "./profile-record.ts";
import { sameSecret } from "./same-secret.ts";
import { sampleNamed } from "./samples.ts";
import type { Store } from "./store.ts";

/** What the one real payload suggests (contract §4.2). */
const LIFETIME_MS = 30 * 60_000;

/** From the sandbox's base URL, an address that opens one artifact for half an hour from `now`; a bearer secret. */
export function artifactPath(record: ProfileRecord, name: string, now: number): string {
  const expires = String(now + LIFETIME_MS);
  return `artifacts/${record.profile_id}/${name}?expires=${expires}&key=${keyOf(record, name, expires)}`;
}

/** The same as a URL for callers. Opaque. */
export const artifactUrl = (record: ProfileRecord, name: string, now: number): string =>
  `${record.origin}/${artifactPath(record, name, now)}`;

/** What an artifact URL shows, or the status that refuses it. */
export async function openArtifact(
  store: Pick<Store, "upload">,
  record: ProfileRecord | null,
  name: string,
  query: URLSearchParams,
  now: number,
): Promise<{ bytes: Buffer; content_type: string } | { status: 403 | 404 }> {
  if (!record || record.state.status === "purged") return { status: 404 };
  const expires = query.get("expires") ?? "";
  const fresh = /^\d+$/.test(expires) && Number(expires) > now;
  if (!fresh || !sameSecret(keyOf(record, name, expires), query.get("key") ?? "")) return { status: 403 };
  const capture = record.captured?.find((one) => one.upload === name);
  const bytes = capture ? await store.upload(record.profile_id, name) : sampleNamed(name);
  return bytes ? { bytes, content_type: capture?.content_type ?? "image/png" } : { status: 404 };
}

/** Opens this artifact until then, and nothing else. No two pairs read the same: `expires` has no space in it. */
const keyOf = ({ artifact_key }: ProfileRecord, name: string, expires: string): string =>
  createHmac("sha256", artifact_key).update(`${expires} ${name}`).digest("base64url");
