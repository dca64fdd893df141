import type { ProfileRecord } from "./profile-record.ts";
import { sampleNamed } from "./samples.ts";
import type { Store } from "./store.ts";

/** What the one real payload suggests (contract §4.2). */
const LIFETIME_MS = 30 * 60_000;

/** From the sandbox's base URL, an address that opens one artifact for half an hour from `now`; a bearer secret. */
export const artifactPath = (record: ProfileRecord, name: string, now: number): string =>
  `artifacts/${record.profile_id}/${name}?expires=${now + LIFETIME_MS}&key=${record.artifact_key}`;

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
  const fresh = Number(query.get("expires")) > now;
  if (!fresh || query.get("key") !== record.artifact_key) return { status: 403 };
  const capture = record.captured?.find((one) => one.upload === name);
  const bytes = capture ? await store.upload(record.profile_id, name) : sampleNamed(name);
  return bytes ? { bytes, content_type: capture?.content_type ?? "image/png" } : { status: 404 };
}
