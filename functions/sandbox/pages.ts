import { openArtifact } from "./artifacts.ts";
import type { HttpAnswer, HttpRequest } from "./http.ts";
import { capture } from "./pages/capture.ts";
import { desk } from "./pages/desk.ts";
import { file, shortPage } from "./pages/layout.ts";
import type { Sandbox } from "./sandbox.ts";

/** What people open in a browser: the capture link, artifacts and the reviewer's desk. `null` for other paths. */
export async function pages(sandbox: Sandbox, request: HttpRequest): Promise<HttpAnswer | null> {
  const { method, path } = request;
  if (method !== "GET" && method !== "POST") return null;
  const open = opened(sandbox, request, path);
  if (!open) return null;
  if (method === "POST" && !isOurs(request))
    return shortPage(403, "Not from here", "This form was sent by another site.");
  try {
    return await open();
  } catch (thrown) {
    sandbox.log({ what: "page failed", kind: thrown instanceof Error ? thrown.name : "unknown" });
    return shortPage(500, "Something went wrong", "Nothing was lost. Please try again.");
  }
}

/** Whether a form comes from a page of ours; browsers that do not say are taken at their cookies' word. */
const isOurs = ({ site }: HttpRequest): boolean =>
  site === undefined || site === "same-origin" || site === "none";

function opened(sandbox: Sandbox, request: HttpRequest, path: string): (() => Promise<HttpAnswer>) | null {
  if (path === "/captures") return () => capture(sandbox, request);
  if (path === "/desk" || path.startsWith("/desk/")) return () => desk(sandbox, request);
  const artifact = /^\/artifacts\/([^/]+)\/([^/]+)$/.exec(path);
  return artifact && request.method === "GET" ? () => artifactOf(sandbox, request, artifact) : null;
}

async function artifactOf(
  { store, clock }: Sandbox,
  { query }: HttpRequest,
  [, profileId = "", name = ""]: RegExpExecArray,
): Promise<HttpAnswer> {
  const answer = await openArtifact(store, await store.read(profileId), name, query, clock.now());
  return "bytes" in answer
    ? file(answer.bytes, answer.content_type)
    : shortPage(answer.status, "Not available", "The address has expired.");
}
