import { mkdir } from "node:fs/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { judgeRun } from "../../infra/local/judge-run.ts";
import { runScenario } from "../../infra/local/run-scenario.ts";
import { findChromium, launchChromium, noChromium } from "../browser/chromium.ts";
import { driveByHand } from "../browser/drive-by-hand.ts";
import { endpoints } from "./cloud.ts";

const chromium = findChromium();
if (chromium === null) process.stderr.write(`test/local-cloud/by-hand: ${noChromium}\n`);

/** Where to keep a picture of every stop; those in docs/images were taken so. */
const pictures = process.env["SCREENSHOTS"];

describe.skipIf(chromium === null)("by-hand, deployed, in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(chromium ?? "");
  });
  afterAll(() => browser?.close());

  test("from the capture page through the reviewer's desk to the purge", async () => {
    if (pictures) await mkdir(pictures, { recursive: true });
    const visitor = async (width: number) =>
      (await browser.newContext({ viewport: { width, height: 800 } })).newPage();
    const [customer, reviewer] = [await visitor(390), await visitor(1120)];
    const run = await runScenario(endpoints, "by-hand", {
      timeoutSeconds: 120,
      person: async ({ captureLink, deskUrl, caller, referenceId }) =>
        driveByHand(customer, reviewer, {
          captureLink,
          deskUrl,
          ...caller,
          referenceId,
          async look(page, stop) {
            if (pictures) await page.screenshot({ path: `${pictures}/${stop}.png`, fullPage: true });
          },
        }),
    });
    expect(judgeRun(run)).toEqual([]);
    // What was captured is gone: the link says so.
    const link = run.events.find(({ type }) => type === "CaptureLinkReady")?.detail["capture_link"];
    const closed = await customer.goto(String(link));
    expect(closed?.status()).toBe(410);
    await customer.getByRole("heading", { name: /closed/i }).waitFor();
  });
});
