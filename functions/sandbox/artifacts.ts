import type { ProfileRecord } from "./profile-record.ts";

/** What the one real payload suggests (contract §4.2). */
const LIFETIME_MS = 30 * 60_000;

/** A 1 × 1 pixel, which stands for everything a scripted customer captures. */
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** A URL that opens one captured artifact for half an hour from `now`. Opaque, and a bearer secret. */
export const artifactUrl = (record: ProfileRecord, name: string, now: number): string =>
  `${record.origin}/artifacts/${record.profile_id}/${name}?expires=${now + LIFETIME_MS}&key=${record.artifact_key}`;

/** What an artifact URL shows: the image, or the status that refuses it. */
export function openArtifact(
  record: ProfileRecord | null,
  query: URLSearchParams,
  now: number,
): { png: string } | { status: 403 | 404 } {
  if (!record || record.state.captures === 0 || record.state.status === "purged") return { status: 404 };
  const fresh = Number(query.get("expires")) > now;
  return fresh && query.get("key") === record.artifact_key ? { png: PIXEL } : { status: 403 };
}
