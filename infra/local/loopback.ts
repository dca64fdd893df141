import { CommandFailed } from "./command-failed.ts";

/**
 * Is this URL's host this machine? 127.0.0.0/8, ::1 and `localhost` only: no name that could resolve elsewhere, and no
 * user part, whose only use here would be to disguise the host.
 */
export function isLoopback(url: string): boolean {
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username || parsed.password) return false;
  const { hostname } = parsed;
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** The endpoint as an origin. Throws `CommandFailed` when it is not loopback: nothing local may reach real AWS. */
export function requireLoopback(endpoint: string): string {
  if (!isLoopback(endpoint))
    throw new CommandFailed(
      "AWS_ENDPOINT_URL is not on this machine (127.0.0.0/8, ::1 or localhost): unset it, or use `npm run deploy -- --stage NAME` for AWS",
    );
  return new URL(endpoint).origin;
}
