import { linkOpens } from "../../shared/profile/lifecycle.ts";
import { look } from "./advance.ts";
import { openArtifact } from "./artifacts.ts";
import { type HttpAnswer, type HttpRequest, page } from "./http.ts";
import type { Sandbox } from "./sandbox.ts";

/** What a customer's browser opens without credentials: the capture link and artifacts. `null` for other paths. */
export async function customerPage(
  sandbox: Sandbox,
  { method, path, query }: HttpRequest,
): Promise<HttpAnswer | null> {
  if (method !== "GET") return null;
  if (path === "/captures") return capturePage(sandbox, query.get("t") ?? "");
  const artifact = /^\/artifacts\/([^/]+)\/[^/]+$/.exec(path);
  return artifact?.[1] ? artifactPage(sandbox, artifact[1], query) : null;
}

async function capturePage(sandbox: Sandbox, token: string): Promise<HttpAnswer> {
  const profileId = token === "" ? null : await sandbox.store.findByLink(token);
  const record = profileId === null ? null : await look(sandbox, profileId);
  if (!record) return page(404, "Unknown link", "<p>Nothing is to be done here.</p>");
  const { status } = record.state;
  if (!linkOpens(status)) return page(410, "This link is closed", "<p>Nothing more is to be done here.</p>");
  const task =
    status === "recapture_pending"
      ? "Please capture your selfie and your document once more."
      : "Please capture your selfie and your document.";
  return page(200, "Your onboarding", `<p>${task}</p><p>In this sandbox a scripted customer does.</p>`);
}

async function artifactPage(
  sandbox: Sandbox,
  profileId: string,
  query: URLSearchParams,
): Promise<HttpAnswer> {
  const opened = openArtifact(await sandbox.store.read(profileId), query, sandbox.clock.now());
  if (!("png" in opened)) return page(opened.status, "Not available", "<p>The address has expired.</p>");
  const headers = { "content-type": "image/png", "cache-control": "no-store" };
  return { status: 200, headers, body: opened.png, isBase64Encoded: true };
}
