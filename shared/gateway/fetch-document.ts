import { type LookupAddress, lookup } from "node:dns";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isPublicAddress } from "./public-address.ts";

/** Why a document was not fetched: all that is ever said of it. */
export const documentRefusals = [
  "unusable-url",
  "credentials-in-url",
  "scheme-not-allowed",
  "port-not-allowed",
  "host-not-allowed",
  "address-not-allowed",
  "redirected",
  "expired",
  "missing",
  "refused",
  "encoded",
  "unreachable",
  "broken-off",
  "too-slow",
  "too-large",
  "total-too-large",
] as const;
export type DocumentRefusal = (typeof documentRefusals)[number];

/** A file as it came. `content_type` is what its server says: a claim about bytes that anybody may have uploaded. */
export interface FetchedDocument {
  bytes: Buffer;
  content_type: string | null;
}

/** Where documents may come from. */
export interface DocumentSources {
  /** Host suffixes; empty: from nowhere. */
  hosts: readonly string[];
  /** Base URL of a sandbox gateway, whose own files are fetched wherever it runs; `null` where there is none. */
  sandboxUrl: string | null;
}

export interface DocumentLimits {
  maxBytes: number;
  /** From the look-up of the name to the last byte. */
  timeoutMs: number;
  /** Bytes that this document and others after it may still have together; counted down as they come. */
  total: { left: number };
}

/** The Internet, as far as a document's server is looked for there. A test has one of its own. */
export interface DocumentNetwork {
  lookup: LookupFunction;
  isAllowedAddress(address: string): boolean;
  /** As a URL has it: empty for the scheme's own. */
  port: string;
  /** Whom to trust instead of the public authorities. */
  ca?: string;
}

const internet: DocumentNetwork = {
  lookup: lookup as LookupFunction,
  isAllowedAddress: isPublicAddress,
  port: "",
};

/** A signed URL has one or two thousand. */
const MAX_URL_CHARACTERS = 8_192;
/** Printable ASCII without backslash; not what a parser would mend (spaces, a third slash, letters of any script). */
const plainUrl = /^[a-z][a-z\d+.-]*:\/\/(?!\/)[\x21-\x5b\x5d-\x7e]+$/i;
const authorityWithAt = /^[^/]*\/\/[^/?#]*@/;

/**
 * Fetches a file from an address that somebody else wrote (contract §4.2), without being sent where it must not go:
 * https, a listed host and its usual port, no credentials, no redirect, and every address that the name resolves to
 * is public. The connection goes to the addresses that were checked; the name is not asked for again.
 *
 * Nothing of ours is sent along. What goes wrong is a word, never thrown: errors would quote the URL, which is a
 * bearer secret.
 */
export async function fetchDocument(
  text: string,
  sources: DocumentSources,
  limits: DocumentLimits,
  network: DocumentNetwork = internet,
): Promise<FetchedDocument | DocumentRefusal> {
  const target = judgeUrl(text, sources, network.port);
  if (typeof target === "string") return target;
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(limits.timeoutMs)));
  const options: RequestOptions = {
    // A connection of its own: one that is shared may have been opened unchecked.
    agent: false,
    headers: { accept: "*/*", "accept-encoding": "identity" },
    signal,
    ...(target.isSandbox ? {} : { lookup: guardedLookup(network) }),
    ...(network.ca && { ca: network.ca }),
  };
  let response: IncomingMessage | undefined;
  try {
    response = await answerOf(target.url, options);
    return refusalOf(response, limits) ?? (await read(response, limits));
  } catch (error) {
    if (error instanceof AddressNotAllowed) return "address-not-allowed";
    if (signal.aborted) return "too-slow";
    return response ? "broken-off" : "unreachable";
  } finally {
    response?.destroy();
  }
}

function judgeUrl(
  text: string,
  { hosts, sandboxUrl }: DocumentSources,
  port: string,
): { url: URL; isSandbox: boolean } | DocumentRefusal {
  const url = text.length <= MAX_URL_CHARACTERS && plainUrl.test(text) ? URL.parse(text) : null;
  if (!url) return "unusable-url";
  if (authorityWithAt.test(text)) return "credentials-in-url";
  if (isBelow(url, sandboxUrl)) return { url, isSandbox: true };
  if (url.protocol !== "https:") return "scheme-not-allowed";
  if (url.port !== port) return "port-not-allowed";
  // No address either, however it is written: the parser has made one notation of them all.
  if (isIP(url.hostname) !== 0 || url.hostname.startsWith("[")) return "host-not-allowed";
  const listed = hosts.some((suffix) => url.hostname === suffix || url.hostname.endsWith(`.${suffix}`));
  return listed ? { url, isSandbox: false } : "host-not-allowed";
}

/** Whether a URL is one of the sandbox's own: its origin, and below its path, since origins are shared in a local cloud. */
function isBelow(url: URL, sandboxUrl: string | null): boolean {
  const base = sandboxUrl === null ? null : URL.parse(sandboxUrl);
  return (
    base !== null &&
    url.origin === base.origin &&
    url.pathname.startsWith(`${base.pathname.replace(/\/+$/, "")}/`)
  );
}

class AddressNotAllowed extends Error {
  override readonly name = "AddressNotAllowed";
}

/** Resolves a name once and gives its addresses to the socket only if all of them are allowed. */
const guardedLookup =
  ({ lookup, isAllowedAddress }: DocumentNetwork): LookupFunction =>
  (host, options, callback) =>
    lookup(host, { ...options, all: true }, (error, found) => {
      const addresses = found as LookupAddress[];
      const [first] = addresses ?? [];
      if (error) callback(error, "");
      else if (!first || !addresses.every(({ address }) => isAllowedAddress(address)))
        callback(new AddressNotAllowed(), "");
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });

/** The head of the answer; its body is still to come. */
function answerOf(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === "https:" ? httpsRequest : httpRequest;
    request(url, options, resolve)
      .on("error", reject)
      .on("close", () => reject(new Error("closed without an answer")))
      .end();
  });
}

/** What the head says against reading on. */
function refusalOf(
  { statusCode = 0, headers }: IncomingMessage,
  { maxBytes, total }: DocumentLimits,
): DocumentRefusal | null {
  if (statusCode >= 300 && statusCode < 400) return "redirected";
  if (statusCode === 403) return "expired";
  if (statusCode === 404 || statusCode === 410) return "missing";
  if (statusCode !== 200) return "refused";
  // Nobody unpacks anything here, and packed bytes are not the file.
  if ((headers["content-encoding"] ?? "identity").toLowerCase() !== "identity") return "encoded";
  const bytes = Number(headers["content-length"] ?? 0);
  if (bytes > maxBytes) return "too-large";
  return bytes > total.left ? "total-too-large" : null;
}

async function read(
  response: IncomingMessage,
  { maxBytes, total }: DocumentLimits,
): Promise<FetchedDocument | DocumentRefusal> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.byteLength;
    total.left -= chunk.byteLength;
    if (length > maxBytes) return "too-large";
    if (total.left < 0) return "total-too-large";
    chunks.push(chunk);
  }
  return { bytes: Buffer.concat(chunks), content_type: contentTypeOf(response) };
}

/** As it was said, if it is fit to be written down. */
function contentTypeOf({ headers }: IncomingMessage): string | null {
  const said = headers["content-type"] ?? "";
  return /^[\x20-\x7e]{1,200}$/.test(said) ? said : null;
}
