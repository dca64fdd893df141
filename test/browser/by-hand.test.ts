import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACCOUNT } from "../functions/sandbox/virtual-sandbox.ts";
import { findChromium, launchChromium, noChromium } from "./chromium.ts";
import { type ByHand, driveByHand, holdCall, signIn } from "./drive-by-hand.ts";
import { type ServedSandbox, serveSandbox } from "./sandbox-server.ts";

const chromium = findChromium();
if (chromium === null) process.stderr.write(`test/browser: ${noChromium}\n`);

/** Nothing on the page is wider than the page. */
async function lookAtWidth(page: Page, stop: string): Promise<void> {
  const [scrolled, visible] = (await page.evaluate(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  )) as [number, number];
  expect(scrolled, `${stop} scrolls sideways`).toBeLessThanOrEqual(visible);
}

/** Also, axe finds nothing that keeps anybody out; axe itself is a script. */
async function lookAt(page: Page, stop: string): Promise<void> {
  await lookAtWidth(page, stop);
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate("axe.run()")) as axe.AxeResults;
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  expect(found, stop).toEqual([]);
}

describe.skipIf(chromium === null)("a person at the browser", () => {
  const credentials = { "api-key": `key of ${ACCOUNT}`, "account-id": ACCOUNT };
  let browser: Browser;
  let served: ServedSandbox;
  /** What the pages' own policy refused them. */
  const refused: string[] = [];

  beforeAll(async () => {
    served = await serveSandbox();
    browser = await launchChromium(chromium ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  async function visitor(options: BrowserContextOptions): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage();
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) refused.push(message.text());
    });
    return page;
  }

  async function created(referenceId: string, look: ByHand["look"]) {
    const answer = await fetch(`${served.url}/sync/profiles`, {
      method: "POST",
      headers: credentials,
      body: JSON.stringify({
        reference_id: referenceId,
        config: { id: "package-by-hand" },
        data: { name: { first_name: "Asha" } },
      }),
    });
    const { capture_link = "", profile_id } = (await answer.json()) as Record<string, string>;
    const given: ByHand = {
      captureLink: capture_link,
      deskUrl: `${served.url}/desk`,
      accountId: ACCOUNT,
      apiKey: credentials["api-key"],
      referenceId,
      ...(look && { look }),
    };
    const profile = async () =>
      (await fetch(`${served.url}/profiles/${profile_id}`, { headers: credentials })).json();
    return { given, profile };
  }

  test.each([
    { width: 360, colorScheme: "light", javaScriptEnabled: true },
    { width: 1280, colorScheme: "dark", javaScriptEnabled: true },
    { width: 1280, colorScheme: "light", javaScriptEnabled: false },
  ] as const)(
    "captures, reviews, captures again and approves: $width wide, $colorScheme, scripts $javaScriptEnabled",
    async ({ width, colorScheme, javaScriptEnabled }) => {
      const look = javaScriptEnabled ? lookAt : lookAtWidth;
      const { given, profile } = await created(`by hand ${width} ${colorScheme} <b>`, look);
      const options = { viewport: { width, height: 800 }, colorScheme, javaScriptEnabled };
      await driveByHand(await visitor(options), await visitor(options), given);
      expect(await profile()).toMatchObject({
        status: "completed",
        reviewer_action: "approved",
        profile_data: {
          performed_by: [{ action: "recapture" }, { action: "review", email: "reviewer@example.com" }],
        },
      });
      expect(refused).toEqual([]);
    },
  );

  test("talks to an agent", async () => {
    const { given, profile } = await created("by call", lookAt);
    const options = { viewport: { width: 360, height: 800 } };
    const [customer, agent] = [await visitor(options), await visitor(options)];
    await signIn(agent, given);
    await holdCall(customer, agent, given);
    expect(await profile()).toMatchObject({
      profile_data: { performed_by: [{ action: "video_call", email: "reviewer@example.com" }] },
    });
    expect(refused).toEqual([]);
  });
});
