import { createHash } from "node:crypto";
import type { DocumentRefusal } from "../../shared/gateway/fetch-document.ts";
import type { FullProfile } from "../../shared/gateway/profile.ts";
import type { OnboardingKey } from "../../shared/store/keys.ts";
import type { Vault, VaultFile } from "../../shared/store/vault.ts";
import type { FetchFile } from "./gateways.ts";

const MAX_FILES = 50;
const MAX_FILE_BYTES = 10 * 1024 * 1024;
const MAX_TOTAL_BYTES = 40 * 1024 * 1024;
const FILE_TIMEOUT_MS = 10_000;
/** For all of them together. */
export const COPY_TIMEOUT_MS = 40_000;
/** What a look at the gateway may take: with less left, nobody asks it for fresh URLs. */
const REFETCH_MS = 20_000;
const AT_ONCE = 4;

const collections = ["documents", "images", "videos"] as const;

/** Of a file that was not copied, the word that says why: it breaks a rule, could not be had, or was one too many. */
export type NotCopied = DocumentRefusal | "no-url" | "too-many" | "out-of-time";

/** One file that a result points to, and the object of the vault that is its copy. */
export type FileEntry = { ref_id: string; collection: (typeof collections)[number] } & (
  | {
      object: VaultFile;
      bytes: number;
      /** Hex. */
      sha256: string;
      /** What the storage said; the bytes may be anything. */
      content_type: string | null;
    }
  | { not_copied: NotCopied }
);

export interface CopyDeps {
  vault: Pick<Vault, "putFile">;
  fetchFile: FetchFile;
  now: () => number;
  /** The same result with fresh URLs. */
  refetch(): Promise<Pick<FullProfile, "resources">>;
}

/**
 * Copies the files of a result into the vault by `until` (contract §4.2) and answers what became of each, in the
 * result's order. A file that cannot be had is a word in the answer; URLs that have expired lead to one further look
 * at the gateway. Throws when our own vault fails, once nothing is under way any more.
 */
export async function copyFiles(
  key: OnboardingKey,
  result: Pick<FullProfile, "resources">,
  until: number,
  { vault, fetchFile, now, refetch }: CopyDeps,
): Promise<FileEntry[]> {
  const total = { left: MAX_TOTAL_BYTES };
  const entries: FileEntry[] = [];

  async function copy({ ref_id, collection, url }: PointedFile, index: number): Promise<FileEntry> {
    const not = (not_copied: NotCopied): FileEntry => ({ ref_id, collection, not_copied });
    if (url === null) return not("no-url");
    if (index >= MAX_FILES) return not("too-many");
    const left = until - now();
    if (left <= 0) return not("out-of-time");
    const limits = { maxBytes: MAX_FILE_BYTES, timeoutMs: Math.min(FILE_TIMEOUT_MS, left), total };
    const fetched = await fetchFile(key.account_id, url, limits);
    if (typeof fetched === "string") return not(fetched);
    const { bytes, content_type } = fetched;
    const object: VaultFile = `files/${index + 1}`;
    await vault.putFile(key, object, bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { ref_id, collection, object, bytes: bytes.byteLength, sha256, content_type };
  }

  const files = filesOf(result);
  await inTurns(files.entries(), async ([index, file]) => {
    entries[index] = await copy(file, index);
  });

  const expired = [...files.entries()].filter(([index]) => isExpired(entries[index]));
  if (expired.length > 0 && until - now() >= REFETCH_MS) {
    const fresh = await refetch().then(filesOf, () => []);
    await inTurns(expired.values(), async ([index, file]) => {
      const renewed = fresh.find(({ place }) => place === file.place);
      if (renewed) entries[index] = await copy(renewed, index);
    });
  }
  return entries;
}

interface PointedFile {
  ref_id: string;
  collection: (typeof collections)[number];
  /** Tells it from others of its `ref_id`, and finds it again in another answer. */
  place: string;
  url: string | null;
}

/** Everything in a result that may point to a file. Texts do not. */
function filesOf({ resources }: Pick<FullProfile, "resources">): PointedFile[] {
  return collections.flatMap((collection) => {
    const seen = new Map<string, number>();
    return resources[collection].map(({ ref_id, value }) => {
      const nth = (seen.get(ref_id) ?? 0) + 1;
      seen.set(ref_id, nth);
      return {
        ref_id,
        collection,
        place: `${collection} ${nth} ${ref_id}`,
        url: typeof value === "string" ? value : null,
      };
    });
  });
}

const isExpired = (entry: FileEntry | undefined): boolean =>
  entry !== undefined && "not_copied" in entry && entry.not_copied === "expired";

/**
 * A few at a time. Throws the first fault only when all have ended: a function that is frozen in the middle of a copy
 * would finish it whenever it is thawed, even after a purge.
 */
async function inTurns<Item>(items: Iterator<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  let fault: { error: unknown } | undefined;
  const worker = async () => {
    for (let turn = items.next(); !turn.done && !fault; turn = items.next())
      await work(turn.value).catch((error: unknown) => {
        fault ??= { error };
      });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (fault) throw fault.error;
}
