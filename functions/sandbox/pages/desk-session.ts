import { createHash } from "node:crypto";
import type { HttpRequest } from "../http.ts";
import { sameSecret } from "../same-secret.ts";
import { type Sandbox, timestamp } from "../sandbox.ts";
import type { DeskSession } from "../store.ts";

const COOKIE = "desk";
const LIFETIME_SECONDS = 8 * 3600;

/** Who sits at the desk. */
export interface SignedIn extends DeskSession {
  token: string;
  /** In every form of the session. */
  csrf: string;
}

/** The session of a request's cookie, unless it is over: in time, or with the api-key that began it. */
export async function signedIn(
  { store, clock, authenticate }: Sandbox,
  request: HttpRequest,
): Promise<SignedIn | null> {
  const token = tokenIn(request.cookie ?? "");
  const session = token === null ? null : await store.deskSession(token);
  if (token === null || !session || Date.parse(session.expires_at) <= clock.now()) return null;
  // Sessions from before it was kept have no hash, and are over.
  const { account_id, key_hash = "" } = session;
  if (!(await authenticate(key_hash, account_id))) return null;
  return { ...session, token, csrf: csrfOf(token) };
}

/** Begins a session of eight hours; gives the cookie that carries it. */
export async function signIn(
  { store, clock, ids }: Sandbox,
  request: HttpRequest,
  who: Omit<DeskSession, "expires_at">,
): Promise<string> {
  const token = ids.token();
  const expires_at = timestamp(clock.now() + LIFETIME_SECONDS * 1000);
  await store.saveDeskSession(token, { ...who, expires_at });
  return cookie(request, token, LIFETIME_SECONDS);
}

/** Ends a session; gives the cookie that takes its cookie back. */
export async function signOut(
  { store }: Sandbox,
  request: HttpRequest,
  { token }: SignedIn,
): Promise<string> {
  await store.endDeskSession(token);
  return cookie(request, "", 0);
}

export const isFromSession = ({ csrf }: SignedIn, posted: string): boolean => sameSecret(csrf, posted);

/** Made of the session's token, which no other site knows, and says nothing of it. */
const csrfOf = (token: string): string => createHash("sha256").update(`csrf of ${token}`).digest("base64url");

/**
 * No path: a browser then takes the folder of the form's address, which is the desk, whatever stands before it.
 * Both forms that set the cookie lie in that folder.
 */
const cookie = ({ origin }: HttpRequest, value: string, seconds: number): string =>
  [
    `${COOKIE}=${value}`,
    `Max-Age=${seconds}`,
    "HttpOnly",
    "SameSite=Strict",
    ...(origin.startsWith("https:") ? ["Secure"] : []),
  ].join("; ");

function tokenIn(cookies: string): string | null {
  const [, token = ""] = new RegExp(`(?:^|;) *${COOKIE}=([\\w-]+)`).exec(cookies) ?? [];
  return token === "" ? null : token;
}
