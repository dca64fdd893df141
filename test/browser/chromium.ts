import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome"];

/** What tests say that need a browser, on a machine without one. */
export const noChromium =
  "skipped for want of a Chromium: install one (on Debian the package chromium), or name it in CHROMIUM_PATH";

/** The path of a Chromium on this machine: `CHROMIUM_PATH`, or where systems put it; `null` if there is none. */
export function findChromium(environment: Record<string, string | undefined> = process.env): string | null {
  const named = environment["CHROMIUM_PATH"];
  if (named) return named;
  const folders = ["/usr/bin", ...(environment["PATH"] ?? "").split(delimiter)];
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Without its sandbox when run by root, who may not have one: it opens nothing but our own pages. */
export const launchChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
