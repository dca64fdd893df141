import { handle } from "../../../../functions/sandbox/gateway.ts";
import { ACCOUNT, type VirtualSandbox } from "../virtual-sandbox.ts";

const BASE = "https://sandbox.example.com/base";

export interface Visited {
  status: number;
  headers: Record<string, string>;
  /** Without the sandbox's base; empty unless the answer sends the visitor on. */
  location: string;
  body: string;
  bytes: Buffer;
}

type Fields = Record<string, string | string[] | Blob>;

/** A browser without scripts, as far as the pages are concerned: it keeps the cookie, and posts forms either way. */
export class Visitor {
  readonly world: VirtualSandbox;
  cookies: string[] = [];
  cookie: string | undefined;
  site: string | undefined = "same-origin";

  constructor(world: VirtualSandbox) {
    this.world = world;
  }

  get(target: string): Promise<Visited> {
    return this.ask("GET", target, new Response());
  }

  /** `multipart/form-data` if a field is a file, else urlencoded. */
  post(target: string, fields: Fields): Promise<Visited> {
    const form = Object.values(fields).some((value) => value instanceof Blob)
      ? new FormData()
      : new URLSearchParams();
    for (const [name, value] of Object.entries(fields))
      for (const one of Array.isArray(value) ? value : [value]) form.append(name, one as string);
    return this.ask("POST", target, new Response(form));
  }

  async ask(method: string, target: string, sent: Response): Promise<Visited> {
    const url = new URL(target.replace(/^\//, ""), `${BASE}/`);
    const bytes = Buffer.from(await sent.arrayBuffer());
    const answer = await handle(this.world.sandbox, {
      method,
      path: decodeURIComponent(url.pathname.slice(new URL(BASE).pathname.length)),
      query: url.searchParams,
      apiKey: undefined,
      accountId: undefined,
      body: bytes.toString("utf8"),
      bytes,
      contentType: sent.headers.get("content-type") ?? undefined,
      cookie: this.cookie,
      site: this.site,
      origin: BASE,
    });
    for (const cookie of answer.cookies ?? []) {
      this.cookies.push(cookie);
      this.cookie = cookie.slice(0, cookie.indexOf(";"));
    }
    const { status, headers, isBase64Encoded, body } = answer;
    const location = headers["location"];
    return {
      status,
      headers,
      location: location === undefined ? "" : new URL(location, url).href.slice(BASE.length),
      body: isBase64Encoded ? "" : body,
      bytes: Buffer.from(body, isBase64Encoded ? "base64" : "utf8"),
    };
  }

  async signIn(account = ACCOUNT, reviewer = "reviewer@example.com"): Promise<Visited> {
    return this.post("/desk/sign-in", { account, key: `key of ${account}`, reviewer });
  }

  /** Posts a form of the desk with the token that its page carries. */
  async press(target: string, fields: Fields): Promise<Visited> {
    return this.post(target, { csrf: csrfIn((await this.get(target)).body), ...fields });
  }
}

export const csrfIn = (body: string): string => /name="csrf" value="([^"]+)"/.exec(body)?.[1] ?? "";

/** The link of a profile, without the sandbox's base. */
export async function linkOf(world: VirtualSandbox, profileId: string): Promise<string> {
  const { body } = await world.http("GET", `/profiles/${profileId}/capture`);
  const { pathname, search } = new URL(body.capture_link);
  return pathname + search;
}

/** A profile that nobody plays, with its link. */
export async function byHand(world: VirtualSandbox, more: Record<string, unknown> = {}) {
  const { profile_id, reference_id } = await world.create("by-hand", more, "sync");
  return { profile_id, reference_id, link: await linkOf(world, profile_id) };
}

/** A file that begins as its type does. */
export const fileOf = (type: keyof typeof beginnings, bytes = 100): Blob => {
  const content = Buffer.alloc(bytes, 7);
  content.set(beginnings[type]);
  return new Blob([content], { type });
};

const beginnings = {
  "image/png": Buffer.from("89504e470d0a1a0a", "hex"),
  "image/jpeg": Buffer.from("ffd8ffe0", "hex"),
  "image/webp": Buffer.from("RIFF\0\0\0\0WEBPVP8 ", "latin1"),
  "video/mp4": Buffer.from("\0\0\0\x18ftypisom", "latin1"),
  "video/webm": Buffer.concat([
    Buffer.from("1a45dfa3", "hex"),
    Buffer.from("\x9fB\x86\x81\x01B\x82\x84webm", "latin1"),
  ]),
  "image/heic": Buffer.from("\0\0\0\x18ftypheic", "latin1"),
  "image/svg+xml": Buffer.from("<svg onload='x'>"),
};

export const selfie = "nil.selfie.nil.1.nil";
export const document = "nil.ind_pan.nil.1.front";
export const video = "nil.nil.self.1.nil";

/** Takes a sample of each item. */
export async function sampleAll(visitor: Visitor, link: string, items = [selfie, document, video]) {
  for (const item of items) await visitor.post(link, { act: "sample", item });
}
